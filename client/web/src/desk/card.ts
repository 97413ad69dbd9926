/** One person of the list, and what can be done for them. */
import { type Account, type ListPeopleResponse_Person as Person, AccountState, MessageState, Situation } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { announce, element, moment, text } from "../page.js";
import { milliseconds } from "../time.js";
import { stillOpen } from "./closing.js";
import { showHistory } from "./history.js";
import { isWaiting } from "./mailing.js";
import { showProgress } from "./progress.js";
import { search } from "./search.js";
import { content, makeSheet, name, printSheets } from "./sheets.js";

/** Does what a button is for, tells what goes wrong. */
export type Attempt = (work: () => Promise<void>) => Promise<void>;

/** A card, and its person. */
export interface Card {
  readonly item: HTMLElement;
  readonly choice: HTMLInputElement;
  /** As the server told of them last. */
  account: Account;
}

/** What the parts of a card work with. */
interface Tools {
  readonly made: Card;
  readonly attempt: Attempt;
  /** Draws all people anew. */
  readonly changed: () => Promise<void>;
  /** Where the card shows what was asked for. */
  readonly place: HTMLElement;
  readonly situation: HTMLElement;
  /** Gives the address a meaning. */
  readonly submit: HTMLElement;
}

let addresses = 0;

/** Draws a person; `changed` is called when their situation is another. */
export function card(person: Person, attempt: Attempt, changed: () => Promise<void>): Card | undefined {
  const { account } = person;
  if (!account) return undefined;
  const choice = element("input", { type: "checkbox" });
  const title = element("h3", {}, element("label", { class: "choice" }, choice, ` ${name(account)}`));
  const known = [account.username, account.externalId, account.email || text("page-desk-no-address")];
  const place = element("div", { "aria-live": "polite" });
  const situation = element("p", {}, told(person));
  const item = element("li", {}, title, element("p", {}, known.filter((word) => word !== "").join(" · ")), situation);
  const made = { item, choice, account };
  const tools = { made, attempt, changed, place, situation, submit: element("button", {}, intended(account)) };
  if (person.situation === Situation.DISABLED) item.append(enabling(tools));
  else item.append(addressForm(tools), buttons(person, tools));
  item.append(place);
  return made;
}

function told({ situation, messageState, messageTime, answer }: Person): HTMLElement {
  const told = element("span", {}, element("strong", {}, text(`page-desk-${Situation[situation]}`)));
  if (messageTime) {
    // Of what went well a mail server says nothing that helps.
    const word = messageState === MessageState.SENT ? "" : answer;
    const state = [text(`page-desk-mail-${MessageState[messageState]}`), word].filter((part) => part !== "");
    const time = moment(milliseconds(messageTime));
    told.append(element("br"), text("page-desk-mail", { time, state: state.join(" – ") }));
  }
  return told;
}

/** Draws anew what is told of the person. What the card shows stays, and the keyboard where it is. */
async function renew({ made, situation, submit }: Tools): Promise<void> {
  const { id, username } = made.account;
  await showProgress();
  for await (const { people } of search(username)) {
    const person = people.find(({ account }) => account?.id === id);
    if (!person?.account) continue;
    made.account = person.account;
    showAddress(made);
    situation.replaceChildren(told(person));
    submit.textContent = intended(person.account);
    return;
  }
}

/** What somebody has typed stays. */
function showAddress({ item, account }: Card): void {
  const input = item.querySelector<HTMLInputElement>("input[type=email]");
  if (!input || input.value !== input.defaultValue) return;
  input.defaultValue = account.email;
  input.value = account.email;
}

function addressForm({ made, attempt, changed, submit }: Tools): HTMLElement {
  const id = `address-${++addresses}`;
  const { account } = made;
  const input = element("input", { id, type: "email", required: "", autocomplete: "off", value: account.email });
  const form = element(
    "form",
    {},
    element("p", { class: "field" }, element("label", { for: id }, `${text("page-desk-email")}, ${name(account)}`), input),
    element("p", { class: "actions" }, submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const { account } = made;
      const email = input.value.trim();
      await send(account, email);
      await changed();
      announce(text(isWaiting(account) ? "page-desk-done-send" : "page-desk-done-change", { email }));
    });
  });
  return form;
}

/** What the address is given for. */
function intended({ state }: Account): string {
  if (state === AccountState.LEGACY) return text("page-desk-migrate");
  return text(state === AccountState.PENDING ? "page-desk-send" : "page-desk-change");
}

async function send({ id: accountId, state }: Account, email: string): Promise<void> {
  if (state === AccountState.LEGACY) await guichet.account.migrateAccount({ accountId, email });
  else if (state !== AccountState.PENDING) await guichet.account.requestEmailChange({ accountId, newEmail: email });
  else await guichet.account.sendActivation({ accountId, email });
}

function enabling(tools: Tools): HTMLElement {
  const { made, changed } = tools;
  const enable = button("page-desk-enable", tools, async () => {
    await guichet.account.enableAccount({ accountId: made.account.id });
    await changed();
    announce(text("page-desk-done-enable", { name: name(made.account) }));
  });
  return element("p", { class: "actions" }, enable);
}

function buttons(person: Person, tools: Tools): HTMLElement {
  const { account } = tools.made;
  const all = [
    button("page-desk-code", tools, () => showCode(tools)),
    button("page-desk-history", tools, () => showHistory(account, tools.place)),
  ];
  if (!isWaiting(account) && account.email !== "") all.unshift(button("page-desk-link", tools, () => mailLink(tools)));
  if (account.state === AccountState.ACTIVE) all.push(button("page-desk-unlock", tools, () => unlock(account)));
  if (person.totpEnrolled) all.push(button("page-desk-factor", tools, () => removeFactor(tools)));
  return element("p", { class: "actions" }, ...all);
}

function button(key: string, { made, attempt }: Tools, work: () => Promise<void>): HTMLButtonElement {
  const label = text(key);
  const spoken = `${label}: ${name(made.account)}`;
  const button = element("button", { type: "button", class: "quiet", "aria-label": spoken }, label);
  button.addEventListener("click", () => void attempt(work));
  return button;
}

/** A code vouches for the person, so that an old account is migrated by it. */
async function showCode(tools: Tools): Promise<void> {
  const sheet = await makeSheet(tools.made.account);
  const print = element("button", { type: "button", class: "quiet" }, text("page-desk-print"));
  print.addEventListener("click", () => printSheets([sheet]));
  tools.place.replaceChildren(...content(sheet), element("p", { class: "actions" }, print));
  await renew(tools);
}

async function mailLink({ made, changed }: Tools): Promise<void> {
  const { username, email } = made.account;
  await guichet.reset.requestReset({ identifier: { case: "username", value: username } });
  await changed();
  announce(text("page-desk-done-send", { email }));
}

async function unlock(account: Account): Promise<void> {
  await guichet.account.unlockAccount({ accountId: account.id });
  await stillOpen();
  announce(text("page-desk-done-unlock", { name: name(account) }));
}

async function removeFactor({ made, changed }: Tools): Promise<void> {
  const { account } = made;
  if (!confirm(text("page-desk-factor-sure", { name: name(account) }))) return;
  await guichet.auth.removeTotp({ accountId: account.id });
  await changed();
  announce(text("page-desk-done-factor", { name: name(account) }));
}
