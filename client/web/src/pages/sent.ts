/** A mail is on its way. */
import { offerAgain } from "../request.js";

if (document.querySelector('form[data-form="again"]')) offerAgain();
