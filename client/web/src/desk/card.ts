/** One person of the list, and what can be done for them. */
import { type Account, type ListPeopleResponse_Person as Person, AccountState, MessageState, Situation } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { announce, element, moment, text } from "../page.js";
import { milliseconds } from "../time.js";
import { showHistory } from "./history.js";
import { isWaiting } from "./mailing.js";
import { content, makeSheet, name, printSheets } from "./sheets.js";

/** Does what a button is for, tells what goes wrong. */
export type Attempt = (work: () => Promise<void>) => Promise<void>;

/** A card, and its person. */
export interface Card {
  readonly item: HTMLElement;
  readonly account: Account;
  readonly choice: HTMLInputElement;
}

let made = 0;

/** Draws a person; `changed` is called when their situation is another. */
export function card(person: Person, attempt: Attempt, changed: () => Promise<void>): Card | undefined {
  const { account } = person;
  if (!account) return undefined;
  const choice = element("input", { type: "checkbox" });
  const title = element("h3", {}, element("label", { class: "choice" }, choice, ` ${name(account)}`));
  const known = [account.username, account.externalId, account.email || text("page-desk-no-address")];
  const place = element("div", { "aria-live": "polite" });
  const item = element(
    "li",
    {},
    title,
    element("p", {}, known.filter((word) => word !== "").join(" · ")),
    element("p", {}, situation(person)),
  );
  if (person.situation !== Situation.DISABLED) {
    item.append(addressForm(account, attempt, changed), ...buttons(person, account, place, attempt, changed));
  }
  item.append(place);
  return { item, account, choice };
}

function situation({ situation, messageState, messageTime, answer }: Person): HTMLElement {
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

function addressForm(account: Account, attempt: Attempt, changed: () => Promise<void>): HTMLElement {
  const id = `address-${++made}`;
  const input = element("input", { id, type: "email", required: "", autocomplete: "off", value: account.email });
  const form = element(
    "form",
    {},
    element("p", { class: "field" }, element("label", { for: id }, `${text("page-desk-email")}, ${name(account)}`), input),
    element("p", { class: "actions" }, element("button", {}, text(`page-desk-${intent(account)}`))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const email = input.value.trim();
      await send(account, email);
      await changed();
      announce(text(isWaiting(account) ? "page-desk-done-send" : "page-desk-done-change", { email }));
    });
  });
  return form;
}

/** What the address is given for. */
function intent({ state }: Account): string {
  if (state === AccountState.LEGACY) return "migrate";
  return state === AccountState.PENDING ? "send" : "change";
}

async function send({ id: accountId, state }: Account, email: string): Promise<void> {
  if (state === AccountState.LEGACY) await guichet.account.migrateAccount({ accountId, email });
  else if (state !== AccountState.PENDING) await guichet.account.requestEmailChange({ accountId, newEmail: email });
  else await guichet.account.sendActivation({ accountId, email });
}

function buttons(
  person: Person,
  account: Account,
  place: HTMLElement,
  attempt: Attempt,
  changed: () => Promise<void>,
): HTMLElement[] {
  const all = [
    button("page-desk-code", account, attempt, async () => {
      const sheet = await makeSheet(account);
      const print = element("button", { type: "button", class: "quiet" }, text("page-desk-print"));
      print.addEventListener("click", () => printSheets([sheet]));
      place.replaceChildren(...content(sheet), element("p", { class: "actions" }, print));
    }),
    button("page-desk-history", account, attempt, () => showHistory(account, place)),
  ];
  if (!isWaiting(account) && account.email !== "") {
    const mail = async () => {
      const identifier = { case: "username", value: account.username } as const;
      await guichet.reset.requestReset({ identifier });
      await changed();
      announce(text("page-desk-done-send", { email: account.email }));
    };
    all.unshift(button("page-desk-link", account, attempt, mail));
  }
  if (person.totpEnrolled) {
    const remove = async () => {
      if (!confirm(text("page-desk-factor-sure", { name: name(account) }))) return;
      await guichet.auth.removeTotp({ accountId: account.id });
      await changed();
      announce(text("page-desk-done-factor", { name: name(account) }));
    };
    all.push(button("page-desk-factor", account, attempt, remove));
  }
  return [element("p", { class: "actions" }, ...all)];
}

function button(key: string, account: Account, attempt: Attempt, work: () => Promise<void>): HTMLButtonElement {
  const label = text(key);
  const made = element("button", { type: "button", class: "quiet", "aria-label": `${label}: ${name(account)}` }, label);
  made.addEventListener("click", () => void attempt(work));
  return made;
}
