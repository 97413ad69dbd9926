/** The password is changed. */
import { depart } from "../departure.js";
import { part } from "../page.js";

const place = part("#redirect");
place.hidden = false;
depart(place, part<HTMLAnchorElement>("#target").href);
