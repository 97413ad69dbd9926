/** Migrating people with a file of their addresses. */
import type { Account } from "@guichet/client/v1";

import { decode, read } from "../csv.js";
import { blame, field, formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { element, part, text } from "../page.js";
import { withSession } from "../signed_in.js";
import { type Addressee, isWaiting, sendToAll, why } from "./mailing.js";

/** A line of the file. */
interface Line {
  readonly row: number;
  readonly who: string;
  readonly email: string;
}

/** Brings the form to life; `done` is called when mails have been sent. */
export function takeAddresses(done: () => Promise<void>): void {
  const form = formNamed("addresses");
  const input = field(form, "file");
  const submit = async () => {
    const max = Number(form.dataset["maxLines"]);
    const [file] = input.files ?? [];
    const lines = file ? linesOf(await decode(file)) : [];
    if (lines.length === 0 || lines.length > max) {
      blame(input, text("page-desk-file-wrong", { max }));
      return input.focus();
    }
    const outcomes = await carryOut(lines);
    form.reset();
    part("#outcomes").replaceChildren(...outcomes.map((outcome) => element("li", {}, outcome)));
    await done();
  };
  onSubmit(form, () => withSession(submit));
}

/** The lines that have an address; of a first line without one, its names of columns are meant. */
function linesOf(content: string): Line[] {
  const lines = read(content).map(([who = "", email = ""], index) => ({ row: index + 1, who, email }));
  const isHead = !lines[0]?.email.includes("@");
  const rest = isHead ? lines.slice(1) : lines;
  return rest.every(({ who, email }) => who !== "" && email !== "") ? rest : [];
}

async function carryOut(lines: readonly Line[]): Promise<string[]> {
  const outcomes = new Map<Line, string>();
  const found: (Addressee & { line: Line })[] = [];
  for (const line of lines) {
    const account = await find(line.who);
    if (!account) outcomes.set(line, text("page-desk-row-unknown"));
    else if (!isWaiting(account)) outcomes.set(line, text("page-desk-row-settled"));
    else found.push({ account, email: line.email, line });
  }
  const refusals = await sendToAll(found);
  for (const [index, { line }] of found.entries()) {
    const reason = refusals[index] ?? "";
    const done = text("page-desk-done-send", { email: line.email });
    outcomes.set(line, reason === "" ? done : text("page-desk-row-refused", { reason: why(reason) }));
  }
  return lines.map((line) =>
    text("page-desk-row", { row: line.row, who: line.who, outcome: outcomes.get(line) ?? "" }),
  );
}

/** Who has exactly this username or this id in the old system. */
async function find(who: string): Promise<Account | undefined> {
  const { people } = await guichet.institution.listPeople({ search: who, pageSize: 1_000 });
  const accounts = people.flatMap(({ account }) => account ?? []);
  const named = accounts.find(({ externalId }) => externalId === who);
  return named ?? accounts.find(({ username }) => username.toLowerCase() === who.toLowerCase());
}
