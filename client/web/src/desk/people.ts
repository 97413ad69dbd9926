/** The list of people, and what is done for several of them at once. */
import { type Account, AccountState, Situation } from "@guichet/client/v1";

import { field, formNamed, onSubmit, typed } from "../form.js";
import { guichet } from "../guichet.js";
import { element, part, say, text } from "../page.js";
import { withSession } from "../signed_in.js";
import { type Attempt, card, type Card } from "./card.js";
import { stillOpen } from "./closing.js";
import { isWaiting, refusalOf, sendToAll, UNANSWERED } from "./mailing.js";
import { institutions, showProgress } from "./progress.js";
import { makeSheet, printList, printSheets, type Sheet } from "./sheets.js";
import { asked, leftOut, tell as tellVerdicts, type Verdict } from "./verdicts.js";

const PAGE_SIZE = 25;

/** What keeps people from signing in. */
const STUCK = [Situation.NOT_MIGRATED, Situation.NO_ADDRESS, Situation.UNDELIVERED, Situation.MAILED];

const KNOWN: Readonly<Record<string, Situation[]>> = {
  stuck: STUCK,
  ...Object.fromEntries(STUCK.map((situation) => [Situation[situation], [situation]])),
  ACTIVE: [Situation.ACTIVE],
  DISABLED: [Situation.DISABLED],
};

let cards: Card[] = [];
let pageToken = "";

/** Brings the list to life. */
export async function openPeople(attempt: Attempt): Promise<void> {
  const choices = institutions().map(({ id, name }) => element("option", { value: id }, name));
  part("#institution").replaceChildren(element("option", { value: "" }, text("page-desk-everywhere")), ...choices);
  onSubmit(formNamed("find"), () => withSession(() => listPeople(attempt)));
  part("#more").addEventListener("click", () => void attempt(() => append(attempt)));
  const all = part<HTMLInputElement>("#select-all");
  all.addEventListener("change", () => {
    for (const { choice } of cards) choice.checked = all.checked;
  });
  forSelected("#send-selected", attempt, (chosen) => sendSelected(chosen, attempt));
  forSelected("#sheets-selected", attempt, (chosen) => printSelected(chosen, attempt, printSheets));
  forSelected("#list-selected", attempt, (chosen) => printSelected(chosen, attempt, printList));
  await listPeople(attempt);
}

/** Shows who is meant by what somebody typed, whatever their situation. */
export async function findPerson(identifier: string, attempt: Attempt): Promise<void> {
  const form = formNamed("find");
  field(form, "search").value = identifier;
  part<HTMLSelectElement>("#institution").value = "";
  part<HTMLSelectElement>("#situation").value = "";
  await listPeople(attempt);
  field(form, "search").focus();
}

/** Draws the list anew. */
export async function listPeople(attempt: Attempt): Promise<void> {
  cards = [];
  pageToken = "";
  const shown = await fetchPage(attempt);
  part("#people").replaceChildren(...shown.map(({ item }) => item));
  part<HTMLInputElement>("#select-all").checked = false;
  tell();
}

async function append(attempt: Attempt): Promise<void> {
  const shown = await fetchPage(attempt);
  part("#people").append(...shown.map(({ item }) => item));
  tell();
}

async function fetchPage(attempt: Attempt): Promise<Card[]> {
  const asked = typed(formNamed("find"));
  const reply = await guichet.institution.listPeople({
    search: asked("search"),
    institutionId: asked("institution"),
    situations: KNOWN[asked("situation")] ?? [],
    pageSize: PAGE_SIZE,
    pageToken,
  });
  await stillOpen();
  pageToken = reply.nextPageToken;
  const shown = reply.people.flatMap((person) => card(person, attempt, () => refresh(attempt)) ?? []);
  cards.push(...shown);
  return shown;
}

function tell(): void {
  const isEmpty = cards.length === 0;
  part("#found").textContent = isEmpty ? text("page-desk-none") : text("page-desk-found", { count: cards.length });
  for (const id of ["#all", "#selected"]) part(id).hidden = isEmpty;
  part("#more").hidden = pageToken === "";
}

function forSelected(id: string, attempt: Attempt, work: (chosen: readonly Card[]) => Promise<void>): void {
  part(id).addEventListener("click", () => {
    const chosen = cards.filter(({ choice }) => choice.checked);
    void attempt(async () => (chosen.length === 0 ? say(text("page-desk-nobody")) : work(chosen)));
  });
}

async function refresh(attempt: Attempt): Promise<void> {
  await showProgress();
  await listPeople(attempt);
}

async function sendSelected(chosen: readonly Card[], attempt: Attempt): Promise<void> {
  const able = chosen.filter(({ account }) => whyNoMail(account) === "");
  const rest = chosen.filter((one) => !able.includes(one));
  const { verdicts, failure } = await sendToAll(able.map(({ account }) => ({ account, email: account.email })));
  const told = [
    ...able.map(({ account }, index) => asked(account, verdicts[index] ?? UNANSWERED)),
    ...rest.map(({ account }) => leftOut(account, whyNoMail(account))),
  ];
  // Where the list can't be drawn anew either, the next press must know who is migrated.
  for (const [index, one] of able.entries()) {
    if (verdicts[index] === "") one.account = { ...one.account, state: AccountState.PENDING };
  }
  await refreshAndTell(attempt, "page-desk-batch", told, failure);
}

/** Why the server is not even asked to mail somebody a link for a first password; empty where it is. */
function whyNoMail(account: Account): string {
  if (!isWaiting(account)) return text("page-desk-row-settled");
  return account.email === "" ? text("page-desk-no-address") : "";
}

/** What was made is printed whatever happens later: the codes before them are dead. */
async function printSelected(
  chosen: readonly Card[],
  attempt: Attempt,
  print: (sheets: readonly Sheet[]) => void,
): Promise<void> {
  const { sheets, verdicts, failure } = await makeSheets(chosen.map(({ account }) => account));
  await stillOpen();
  if (sheets.length > 0) print(sheets);
  await refreshAndTell(attempt, "page-desk-batch-codes", verdicts, failure);
}

/** What became of it is told even where the list can't be drawn anew: what broke off the one breaks off the other. */
async function refreshAndTell(
  attempt: Attempt,
  key: string,
  verdicts: readonly Verdict[],
  failure: unknown,
): Promise<void> {
  let ended = failure;
  try {
    await withSession(() => refresh(attempt));
  } catch (thrown) {
    ended ??= thrown;
  }
  tellVerdicts(key, verdicts, ended);
}

/** Makes them one after the other. `failure` is what ended that early, where it is no verdict on a person. */
async function makeSheets(
  people: readonly Account[],
): Promise<{ sheets: Sheet[]; verdicts: Verdict[]; failure?: unknown }> {
  const sheets: Sheet[] = [];
  const verdicts: Verdict[] = [];
  for (const account of people) {
    if (account.state === AccountState.DISABLED) {
      verdicts.push(leftOut(account, text("page-desk-outcome-DISABLED")));
      continue;
    }
    await stillOpen();
    try {
      const refusal = await refusalOf(async () => sheets.push(await makeSheet(account)));
      verdicts.push(asked(account, refusal));
    } catch (failure) {
      return { sheets, verdicts, failure };
    }
  }
  return { sheets, verdicts };
}
