/** What the link of a mail carries. */
import { field } from "./form.js";

/** Account and code, from the form that the server made of the link. */
export interface Link {
  readonly userId: string;
  readonly code: string;
}

/** Takes the link over, and the code out of the address bar, where it could be read, copied and kept. */
export function takeLink(form: HTMLFormElement): Link {
  history.replaceState(null, "", location.pathname);
  return { userId: field(form, "userId").value, code: field(form, "code").value };
}
