/** What became of something that was asked for several people at once. */
import { GuichetError } from "@guichet/client";
import type { Account } from "@guichet/client/v1";

import { sentence } from "../form.js";
import { announce, say, text } from "../page.js";
import { type Refusal, UNANSWERED, why } from "./mailing.js";
import { name } from "./sheets.js";

/** What became of it for one of them. */
export interface Verdict {
  readonly account: Account;
  /** Who is left out was no matter for the server; where it gave no answer, either may be true. */
  readonly outcome: "done" | "refused" | "left" | "unanswered";
  /** In words; empty where it is done. */
  readonly why: string;
}

/** The server's verdict. */
export function asked(account: Account, refusal: Refusal): Verdict {
  if (refusal === "") return { account, outcome: "done", why: "" };
  return { account, outcome: refusal === UNANSWERED ? "unanswered" : "refused", why: why(refusal) };
}

/** Our own: there was no sense in asking. */
export function leftOut(account: Account, why: string): Verdict {
  return { account, outcome: "left", why };
}

/** Says how many were helped with what `key` tells, and who was not, by name; first of all what ended it early. */
export function tell(key: string, verdicts: readonly Verdict[], failure?: unknown): void {
  const count = (wanted: Verdict["outcome"]) => verdicts.filter(({ outcome }) => outcome === wanted).length;
  const done = count("done");
  const others = verdicts.filter(({ outcome }) => outcome !== "done");
  const lines = others.map(({ account, why }) => text("page-desk-verdict", { name: name(account), why }));
  const told = [text(key, { done, refused: count("refused"), left: count("left") }), ...lines].join("\n");
  if (failure !== undefined) say(`${sentence(GuichetError.from(failure))}\n${told}`);
  else if (done > 0) announce(told);
  else say(told);
}
