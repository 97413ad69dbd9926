/** What the link of a mail carries. */
import { field } from "./form.js";
import { announce, part, text } from "./page.js";

/** Account and code. */
export interface Link {
  readonly userId: string;
  readonly code: string;
}

/**
 * Takes the link over from the form that the server made of it, and the code out of the address bar, where it could be
 * read, copied and sent on. The tab remembers it: a page that is loaded again must not call a good link dead.
 */
export function takeLink(form: HTMLFormElement): Link {
  const opened = { userId: field(form, "userId").value, code: field(form, "code").value };
  const link = opened.code === "" ? (rememberedLink() ?? opened) : opened;
  history.replaceState({ link }, "", location.pathname);
  return link;
}

/** The link that this tab was opened with. */
export function rememberedLink(): Link | undefined {
  return (history.state as { link?: Link } | null)?.link;
}

/** Once it is used up. */
export function forgetLink(): void {
  history.replaceState(null, "", location.pathname);
}

/** Says what the one click has done, in the words that the server handed over with the form, which is of no use any more. */
export function clicked(form: HTMLFormElement, values: Readonly<Record<string, string>> = {}): void {
  forgetLink();
  part("#what").remove();
  form.remove();
  announce(text(form.dataset["done"] ?? "", values));
}

/** The address of the page that judges it. */
export function addressOf(link: Link): string {
  return `${location.pathname}?${new URLSearchParams({ ...link })}`;
}
