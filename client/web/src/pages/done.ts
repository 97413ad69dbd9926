/** The password is changed. */
import { depart } from "../departure.js";
import { part } from "../page.js";

depart(part("#redirect"), part<HTMLAnchorElement>("#target").href);
