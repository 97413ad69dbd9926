/** Migrating people with a file of their addresses. */
import { type Account, AccountState } from "@guichet/client/v1";

import { decode, read } from "../csv.js";
import { blame, field, formNamed, onSubmit } from "../form.js";
import { element, part, text } from "../page.js";
import { withSession } from "../signed_in.js";
import { stillOpen } from "./closing.js";
import { type Addressee, isWaiting, type Refusal, sendToAll, UNANSWERED, why } from "./mailing.js";
import { search } from "./search.js";

/** Who got a mail from a file that broke off, and where: the file, handed over again, sends them no second one. */
const begun = new Map<string, string>();

/** Who is meant by a line. */
interface Match {
  readonly accounts: readonly Account[];
  /** Whether all who might be meant have been looked at. */
  readonly isWhole: boolean;
}

/** A line of the file. */
interface Line {
  readonly row: number;
  readonly who: string;
  readonly email: string;
}

/** Whom a line means, and that nobody else is meant. */
interface Found extends Addressee {
  readonly line: Line;
}

/** Brings the form to life; `done` is called when mails have been sent. */
export function takeAddresses(done: () => Promise<void>): void {
  const form = formNamed("addresses");
  const input = field(form, "file");
  const submit = async () => {
    const max = Number(form.dataset["maxLines"]);
    const [file] = input.files ?? [];
    const { head, lines } = linesOf(file ? await decode(file) : "");
    if (lines.length === 0 || lines.length > max) {
      blame(input, text("page-desk-file-wrong", { max }));
      return input.focus();
    }
    const { outcomes, failure } = await carryOut(lines);
    await stillOpen();
    form.reset();
    const told = [...head.map((line) => tell(line, text("page-desk-row-head"))), ...outcomes];
    part("#outcomes").replaceChildren(...told.map((outcome) => element("li", {}, outcome)));
    await done();
    if (failure !== undefined) throw failure;
  };
  onSubmit(form, () => withSession(submit));
}

/** The lines that have an address. Of a first one without, its names of columns are meant, or so it seems. */
function linesOf(content: string): { head: Line[]; lines: Line[] } {
  const lines = read(content).map(([who = "", email = ""], index) => ({ row: index + 1, who, email }));
  const isHead = !lines[0]?.email.includes("@");
  const head = lines.splice(0, isHead ? 1 : 0);
  return { head, lines: lines.every(({ who, email }) => who !== "" && email !== "") ? lines : [] };
}

/** What became of each line. `failure` is what ended it after some had been sent. */
async function carryOut(lines: readonly Line[]): Promise<{ outcomes: string[]; failure: unknown }> {
  const outcomes = new Map<Line, string>();
  const meant = new Map<Line, Match>();
  for (const line of lines) meant.set(line, await find(line.who));
  const found: Found[] = [];
  for (const [line, match] of meant) {
    const [account] = match.accounts;
    if (isAmbiguous(match, meant)) outcomes.set(line, text("page-desk-row-ambiguous"));
    else if (!account) outcomes.set(line, text("page-desk-row-unknown"));
    else if (!isWaiting(account)) outcomes.set(line, text("page-desk-row-settled"));
    else found.push({ account, email: line.email, line });
  }
  const failure = await sendOn(found, outcomes);
  return { outcomes: lines.map((line) => tell(line, outcomes.get(line) ?? "")), failure };
}

/** Sends to whom a run that broke off has not sent, and writes down what became of it; tells what ended it early. */
async function sendOn(found: readonly Found[], outcomes: Map<Line, string>): Promise<unknown> {
  const rest = found.filter((one) => !wasSent(one));
  const { verdicts, failure } = await sendToAll(rest);
  for (const { line } of found) outcomes.set(line, sent(line, ""));
  for (const [index, { account, email, line }] of rest.entries()) {
    const refusal = verdicts[index] ?? UNANSWERED;
    outcomes.set(line, sent(line, refusal));
    if (refusal === "") begun.set(account.id, email);
  }
  if (failure === undefined) for (const { account } of found) begun.delete(account.id);
  return failure;
}

/** Whether that run sent there, and the account is as it left it. */
function wasSent({ account, email }: Found): boolean {
  const isThere = account.state === AccountState.PENDING && account.email.toLowerCase() === email.toLowerCase();
  return isThere && begun.get(account.id) === email;
}

function sent({ email }: Line, refusal: Refusal): string {
  if (refusal === "") return text("page-desk-done-send", { email });
  return refusal === UNANSWERED ? why(refusal) : text("page-desk-row-refused", { reason: why(refusal) });
}

function tell({ row, who }: Line, outcome: string): string {
  return text("page-desk-row", { row, who, outcome });
}

/** Of two addresses for one person, one is wrong: a mail to either may hand the account to somebody else. */
function isAmbiguous({ accounts, isWhole }: Match, meant: ReadonlyMap<Line, Match>): boolean {
  if (!isWhole || accounts.length > 1) return true;
  const ids = [...meant.values()].flatMap((match) => match.accounts.map(({ id }) => id));
  return accounts.some((account) => ids.filter((id) => id === account.id).length > 1);
}

/** Who has exactly this username or this id in the old system: two people, where one has it as the other's id. */
async function find(who: string): Promise<Match> {
  const accounts = new Map<string, Account>();
  let isWhole = false;
  for await (const { people, nextPageToken } of search(who)) {
    for (const { account } of people) {
      if (account && isNamed(account, who)) accounts.set(account.id, account);
    }
    isWhole = nextPageToken === "";
  }
  return { accounts: [...accounts.values()], isWhole };
}

function isNamed({ username, externalId }: Account, who: string): boolean {
  return externalId === who || username.toLowerCase() === who.toLowerCase();
}
