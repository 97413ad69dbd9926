/** What became of something that was asked for several people at once. */
import type { Account } from "@guichet/client/v1";

import { announce, say, text } from "../page.js";
import { name } from "./sheets.js";

/** What became of it for one of them. */
export interface Verdict {
  readonly account: Account;
  /** Who is left out was no matter for the server. */
  readonly outcome: "done" | "refused" | "left";
  /** In words; empty where it is done. */
  readonly why: string;
}

/** The server's verdict; it refused where there is a `why`. */
export function asked(account: Account, why: string): Verdict {
  return { account, outcome: why === "" ? "done" : "refused", why };
}

/** Our own: there was no sense in asking. */
export function leftOut(account: Account, why: string): Verdict {
  return { account, outcome: "left", why };
}

/** Says how many were helped with what `key` tells, and who was not, by name. */
export function tell(key: string, verdicts: readonly Verdict[]): void {
  const count = (wanted: Verdict["outcome"]) => verdicts.filter(({ outcome }) => outcome === wanted).length;
  const done = count("done");
  const others = verdicts.filter(({ outcome }) => outcome !== "done");
  const lines = others.map(({ account, why }) => text("page-desk-verdict", { name: name(account), why }));
  const told = [text(key, { done, refused: count("refused"), left: count("left") }), ...lines].join("\n");
  if (done > 0) announce(told);
  else say(told);
}
