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

/** What is asked for, but for the page. */
type Query = Parameters<typeof guichet.institution.listPeople>[0];

/** The people that stand on the page. */
interface List {
  readonly cards: readonly Card[];
  /** What was asked for: the form may ask for something else by now. */
  readonly query: Query;
  /** Where more of them begin; empty where there are no more. */
  readonly next: string;
}

let list: List = { cards: [], query: {}, next: "" };

/** Brings the list to life. */
export async function openPeople(attempt: Attempt): Promise<void> {
  const choices = institutions().map(({ id, name }) => element("option", { value: id }, name));
  part("#institution").replaceChildren(element("option", { value: "" }, text("page-desk-everywhere")), ...choices);
  onSubmit(formNamed("find"), () => withSession(() => listPeople(attempt)));
  part("#more").addEventListener("click", () => void attempt(() => append(attempt)));
  const all = part<HTMLInputElement>("#select-all");
  all.addEventListener("change", () => {
    for (const { choice } of list.cards) choice.checked = all.checked;
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

/** Draws the list anew; where that is refused, the one before stands as it was. */
export async function listPeople(attempt: Attempt): Promise<void> {
  const asked = typed(formNamed("find"));
  const query: Query = {
    search: asked("search"),
    institutionId: asked("institution"),
    situations: KNOWN[asked("situation")] ?? [],
    pageSize: PAGE_SIZE,
  };
  list = await fetchPage(attempt, query, "");
  part("#people").replaceChildren(...list.cards.map(({ item }) => item));
  part<HTMLInputElement>("#select-all").checked = false;
  tell();
}

async function append(attempt: Attempt): Promise<void> {
  const before = list;
  const { cards, query, next } = await fetchPage(attempt, before.query, before.next);
  // The form may have had another list drawn meanwhile.
  if (list !== before) return;
  list = { cards: [...before.cards, ...cards], query, next };
  part("#people").append(...cards.map(({ item }) => item));
  tell();
}

/** A page of a list. Nothing of what stands there is changed. */
async function fetchPage(attempt: Attempt, query: Query, pageToken: string): Promise<List> {
  const { people, nextPageToken } = await guichet.institution.listPeople({ ...query, pageToken });
  await stillOpen();
  const cards = people.flatMap((person) => card(person, attempt, () => refresh(attempt)) ?? []);
  return { cards, query, next: nextPageToken };
}

function tell(): void {
  const { cards, next } = list;
  const isEmpty = cards.length === 0;
  part("#found").textContent = isEmpty ? text("page-desk-none") : text("page-desk-found", { count: cards.length });
  for (const id of ["#all", "#selected"]) part(id).hidden = isEmpty;
  part("#more").hidden = next === "";
}

function forSelected(id: string, attempt: Attempt, work: (chosen: readonly Card[]) => Promise<void>): void {
  part(id).addEventListener("click", () => {
    const chosen = list.cards.filter(({ choice }) => choice.checked);
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
  const { verdicts, failure } = await sendToAll(able.map(({ account }) => ({ account, email: known(account) })));
  const told = [
    ...able.map(({ account }, index) => asked(account, verdicts[index] ?? UNANSWERED)),
    ...rest.map(({ account }) => leftOut(account, whyNoMail(account))),
  ];
  noteMigrated(chosen, told);
  await refreshAndTell(attempt, "page-desk-batch", told, failure);
}

/** Nobody has typed an address: it may have been corrected since the list was drawn, and the server knows it. */
function known({ state, email }: Account): string {
  return state === AccountState.LEGACY ? email : "";
}

/** Where the list can't be drawn anew either, the next press must know who is migrated. */
function noteMigrated(chosen: readonly Card[], verdicts: readonly Verdict[]): void {
  const done = new Set(verdicts.filter(({ outcome }) => outcome === "done").map(({ account }) => account.id));
  for (const one of chosen) {
    const { id, state } = one.account;
    const isMigrated = state === AccountState.LEGACY && done.has(id);
    if (isMigrated) one.account = { ...one.account, state: AccountState.PENDING };
  }
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
  noteMigrated(chosen, verdicts);
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
