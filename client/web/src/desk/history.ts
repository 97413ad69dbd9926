/** "I never got the mail": what became of each request of a person. */
import { type Account, type ResetDecision, ResetOutcome } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { element, moment, text } from "../page.js";
import { milliseconds } from "../time.js";

/** Draws the last requests, newest first. */
export async function showHistory(account: Account, place: HTMLElement): Promise<void> {
  const { requests } = await guichet.reset.listResetRequests({ accountId: account.id, pageSize: 10 });
  const told = requests.flatMap(({ identifier, createTime, decisions }) =>
    decisions
      .filter(({ accountId }) => accountId === account.id)
      .map((decision) => {
        const time = moment(milliseconds(createTime));
        return text("page-desk-request", { time, identifier, outcome: outcome(decision) });
      }),
  );
  const lines = told.length > 0 ? told : [text("page-desk-history-none")];
  place.replaceChildren(element("ul", {}, ...lines.map((line) => element("li", {}, line))));
}

function outcome({ outcome, answer, openTime, completeTime }: ResetDecision): string {
  const parts = [text(`page-desk-outcome-${ResetOutcome[outcome]}`), answer];
  if (openTime) parts.push(text("page-desk-opened", { time: moment(milliseconds(openTime)) }));
  if (completeTime) parts.push(text("page-desk-completed", { time: moment(milliseconds(completeTime)) }));
  return parts.filter((part) => part !== "").join(" – ");
}
