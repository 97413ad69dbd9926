/** Having mails sent to people, whatever their situation. */
import { GuichetError } from "@guichet/client";
import { type Account, AccountState } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { text } from "../page.js";
import { stillOpen } from "./closing.js";

/** Migrates people at once: as many as a call takes. */
const BATCH = 100;

/** Somebody, and the address for the mail; where it is empty, the one that the account has by then. */
export interface Addressee {
  readonly account: Account;
  readonly email: string;
}

/** Why nothing was sent to somebody; empty where a mail is on its way. */
export type Refusal = string;

/** Where the server gave no verdict, nobody may believe that a mail is on its way. */
export const UNANSWERED: Refusal = "UNANSWERED";

/** What became of mails that were asked for together. */
export interface Mailing {
  /** One for each person, in their order. */
  readonly verdicts: readonly Refusal[];
  /** What ended it early, where it is no verdict on a person. */
  readonly failure?: unknown;
}

/** Whether a mail with a link for a first password is what the person needs. */
export function isWaiting({ state }: Account): boolean {
  return state === AccountState.LEGACY || state === AccountState.PENDING;
}

/** Sends each the mail with the link for a password, migrating who is not yet. */
export async function sendToAll(people: readonly Addressee[]): Promise<Mailing> {
  const verdicts = people.map(() => UNANSWERED);
  try {
    await migrate(people, verdicts);
    for (const [index, { account, email }] of people.entries()) {
      if (account.state === AccountState.LEGACY) continue;
      await stillOpen();
      verdicts[index] = await refusalOf(() => guichet.account.sendActivation({ accountId: account.id, email }));
    }
    return { verdicts };
  } catch (failure) {
    return { verdicts, failure };
  }
}

/** Migrates those of the old system, and writes down what became of it. */
async function migrate(people: readonly Addressee[], verdicts: Refusal[]): Promise<void> {
  const legacy = [...people.entries()].filter(([, { account }]) => account.state === AccountState.LEGACY);
  for (let start = 0; start < legacy.length; start += BATCH) {
    await stillOpen();
    const batch = legacy.slice(start, start + BATCH);
    const requests = batch.map(([, { account, email }]) => ({ accountId: account.id, email }));
    const { results } = await guichet.account.batchMigrateAccounts({ requests });
    for (const [row, [index, { account }]] of batch.entries()) {
      const result = results[row];
      if (result?.accountId === account.id) verdicts[index] = result.reason;
    }
  }
}

/** Why a call was refused; what is no verdict on the person is thrown. */
export async function refusalOf(call: () => Promise<unknown>): Promise<Refusal> {
  try {
    await call();
    return "";
  } catch (thrown) {
    const error = GuichetError.from(thrown);
    const isVerdict = ["STATE", "NOT_FOUND", "FORBIDDEN", "INVALID_FIELDS"].includes(error.reason ?? "");
    if (!isVerdict) throw error;
    return error.reason ?? "";
  }
}

/** A refusal in words; the bare reason where nobody has foreseen it. */
export function why(reason: Refusal): string {
  return text(`page-desk-why-${reason}`) || reason;
}
