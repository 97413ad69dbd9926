/** The list of people, and what is done for several of them at once. */
import { Situation } from "@guichet/client/v1";

import { field, formNamed, onSubmit, typed } from "../form.js";
import { guichet } from "../guichet.js";
import { announce, element, part, say, text } from "../page.js";
import { type Attempt, card, type Card } from "./card.js";
import { isWaiting, sendToAll } from "./mailing.js";
import { institutions, showProgress } from "./progress.js";
import { makeSheet, printList, printSheets, type Sheet } from "./sheets.js";

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
  onSubmit(formNamed("find"), () => listPeople(attempt));
  part("#more").addEventListener("click", () => void attempt(() => append(attempt)));
  const all = part<HTMLInputElement>("#select-all");
  all.addEventListener("change", () => {
    for (const { choice } of cards) choice.checked = all.checked;
  });
  forSelected("#send-selected", attempt, (chosen) => sendSelected(chosen, attempt));
  forSelected("#sheets-selected", attempt, async (chosen) => printSheets(await makeSheets(chosen)));
  forSelected("#list-selected", attempt, async (chosen) => printList(await makeSheets(chosen)));
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
  pageToken = reply.nextPageToken;
  const changed = async () => {
    await showProgress();
    await listPeople(attempt);
  };
  const shown = reply.people.flatMap((person) => card(person, attempt, changed) ?? []);
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

async function sendSelected(chosen: readonly Card[], attempt: Attempt): Promise<void> {
  const people = chosen.map(({ account }) => account).filter((account) => isWaiting(account) && account.email !== "");
  const refusals = await sendToAll(people.map((account) => ({ account, email: account.email })));
  const done = refusals.filter((reason) => reason === "").length;
  await showProgress();
  await listPeople(attempt);
  announce(text("page-desk-batch", { done, refused: chosen.length - done }));
}

async function makeSheets(chosen: readonly Card[]): Promise<Sheet[]> {
  const sheets: Sheet[] = [];
  for (const { account } of chosen) sheets.push(await makeSheet(account));
  return sheets;
}
