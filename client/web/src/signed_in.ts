/** Pages that there is nothing to see on without a session. */
import { GuichetError } from "@guichet/client";

import { sentence } from "./form.js";
import { say } from "./page.js";

const SIGN_IN = "/Account/Login";

const LOST: readonly (string | undefined)[] = ["TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_REUSED"];

let isLeaving = false;

/** Takes the person to the sign-in page, once. */
export function leave(): void {
  if (!isLeaving) location.replace(SIGN_IN);
  isLeaving = true;
}

/** Does what a button is for, and tells what goes wrong; without a session there is only the way to the sign-in page. */
export async function attempt(work: () => Promise<void>, told = sentence): Promise<void> {
  say("");
  try {
    await work();
  } catch (thrown) {
    const error = GuichetError.from(thrown);
    if (LOST.includes(error.reason)) leave();
    else say(told(error));
  }
}
