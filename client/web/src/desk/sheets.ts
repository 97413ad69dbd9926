/** Sheets of paper for people whom no mail reaches: a code, where to type it, and what to do then. */
import type { Account, IssueResetCodeResponse } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { element, moment, part, text } from "../page.js";
import { square } from "../square.js";
import { milliseconds } from "../time.js";

/** A sheet lies in a pigeon-hole for some days: the longest that a code may live. */
const LIFE_SECONDS = 14n * 24n * 3_600n;

/** A person and the code made for them. */
export interface Sheet {
  readonly account: Account;
  readonly code: IssueResetCodeResponse;
}

/** Makes a code for somebody; one that was made before is dead from now on. */
export async function makeSheet(account: Account): Promise<Sheet> {
  const code = await guichet.reset.issueResetCode({ accountId: account.id, ttl: { seconds: LIFE_SECONDS } });
  return { account, code };
}

/** Prints one page for each. */
export function printSheets(sheets: readonly Sheet[]): void {
  print(sheets.map((sheet) => element("article", { class: "sheet" }, ...content(sheet))));
}

/** Prints them one below the other. */
export function printList(sheets: readonly Sheet[]): void {
  const rows = sheets.map(({ account, code }) => {
    const words = [name(account), account.username, code.code, code.link].map((word) => element("td", {}, word));
    return element("tr", {}, ...words, element("td", {}, square(code.link)));
  });
  print([element("table", { class: "codes" }, element("tbody", {}, ...rows))]);
}

/** What a person is called. */
export function name(account: Account): string {
  return account.displayName || account.username;
}

/** What stands on a sheet. */
export function content({ account, code }: Sheet): HTMLElement[] {
  const strong = (value: string) => element("strong", {}, value);
  const step = (key: string, value: string) => element("li", {}, text(key), element("br"), strong(value));
  const application = part("#desk").dataset["application"] ?? "";
  const until = moment(milliseconds(code.expireTime));
  return [
    element("h3", {}, `${application} – ${text("page-desk-sheet")}`),
    element("p", {}, name(account)),
    square(code.link),
    element(
      "ol",
      {},
      step("page-desk-sheet-open", code.link),
      step("page-desk-sheet-code", code.code),
      step("page-desk-sheet-email", account.email || account.username),
      step("page-desk-sheet-choose", account.username),
    ),
    element("p", {}, text("page-desk-sheet-until", { time: until })),
  ];
}

/** Leaves no code behind for whoever has the computer next. After printing they stay: paper jams. */
export function forgetSheets(): void {
  part("#sheets").replaceChildren();
}

function print(sheets: readonly HTMLElement[]): void {
  part("#sheets").replaceChildren(...sheets);
  window.print();
}
