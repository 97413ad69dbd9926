/** "I never got the mail": what became of requests. */
import { type Account, MessageState, type ResetDecision, ResetOutcome, type ResetRequest } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { element, moment, part, text } from "../page.js";
import { milliseconds } from "../time.js";

/** How many of the latest requests are shown. */
const SHOWN = 10;

/** Draws a person's last requests, newest first. */
export async function showHistory(account: Account, place: HTMLElement): Promise<void> {
  const { requests } = await guichet.reset.listResetRequests({ accountId: account.id, pageSize: SHOWN });
  const told = requests.flatMap((request) =>
    request.decisions.filter(({ accountId }) => accountId === account.id).map((decision) => sentence(request, decision)),
  );
  const lines = told.length > 0 ? told : [text("page-desk-history-none")];
  place.replaceChildren(element("ul", {}, ...lines.map((line) => element("li", {}, line))));
}

/** Draws the last requests of all the people in reach; `find` shows who one is about. */
export async function showRequests(find: (identifier: string) => void): Promise<void> {
  const { requests } = await guichet.reset.listResetRequests({ pageSize: SHOWN });
  const items = requests.flatMap((request) =>
    request.decisions.map((decision) => {
      const item = element("li", {}, sentence(request, decision));
      if (decision.accountId !== "") item.append(" ", finder(request.identifier, find));
      return item;
    }),
  );
  part("#requests").replaceChildren(...(items.length > 0 ? items : [element("li", {}, text("page-desk-history-none"))]));
}

function finder(identifier: string, find: (identifier: string) => void): HTMLElement {
  const label = text("page-desk-show");
  const attributes = { type: "button", class: "quiet", "aria-label": `${label}: ${identifier}` };
  const button = element("button", attributes, label);
  button.addEventListener("click", () => find(identifier));
  return button;
}

function sentence({ identifier, createTime }: ResetRequest, decision: ResetDecision): string {
  const time = moment(milliseconds(createTime));
  return text("page-desk-request", { time, identifier, outcome: outcome(decision) });
}

function outcome(decision: ResetDecision): string {
  const { outcome, messageState, answer, openTime, completeTime } = decision;
  const isWaiting = outcome === ResetOutcome.MAILED && messageState === MessageState.QUEUED;
  const parts = [text(`page-desk-outcome-${state(decision)}`)];
  // Of what went well a mail server says nothing that helps.
  if (isWaiting || outcome === ResetOutcome.REFUSED || outcome === ResetOutcome.BOUNCED) parts.push(answer);
  if (openTime) parts.push(text("page-desk-opened", { time: moment(milliseconds(openTime)) }));
  if (completeTime) parts.push(text("page-desk-completed", { time: moment(milliseconds(completeTime)) }));
  return parts.filter((part) => part !== "").join(" – ");
}

/** The outcome; of a mail that was made, where it is as well, as long as the server knows that. */
function state({ outcome, messageState }: ResetDecision): string {
  const isKnown = messageState === MessageState.QUEUED || messageState === MessageState.SENT;
  const made = outcome === ResetOutcome.MAILED && isKnown ? `-${MessageState[messageState]}` : "";
  return ResetOutcome[outcome] + made;
}
