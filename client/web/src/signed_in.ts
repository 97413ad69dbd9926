/** Pages that there is nothing to see on without a session. */
import { GuichetError } from "@guichet/client";

import { sentence } from "./form.js";
import { say } from "./page.js";

const SIGN_IN = "/Account/Login";

const LOST: readonly (string | undefined)[] = ["TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_REUSED"];

/** Where signing in again leads: back to this page, or to wherever the application is for who has signed out. */
export type Onward = "back" | "application";

let isLeaving = false;

/** Takes the person to the sign-in page, once. */
export function leave(onward: Onward = "back"): void {
  if (isLeaving) return;
  isLeaving = true;
  const back = new URLSearchParams({ return_url: location.origin + location.pathname });
  location.replace(onward === "back" ? `${SIGN_IN}?${back}` : SIGN_IN);
}

/** Does the work, and throws what goes wrong; without a session there is only the way to the sign-in page. */
export async function withSession(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const error = GuichetError.from(thrown);
    if (!LOST.includes(error.reason)) throw error;
    leave();
  }
}

/** Likewise for what a button is for: tells what goes wrong. */
export async function attempt(work: () => Promise<void>, told = sentence): Promise<void> {
  say("");
  try {
    await withSession(work);
  } catch (thrown) {
    say(told(GuichetError.from(thrown)));
  }
}
