/** Pages that there is nothing to see on without a session. */
import type { GuichetError } from "@guichet/client";

const SIGN_IN = "/Account/Login";

const LOST: readonly (string | undefined)[] = ["TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_REUSED"];

let isLeaving = false;

/** Whether a call was refused because there is no session any more. */
export function isLost(error: GuichetError): boolean {
  return LOST.includes(error.reason);
}

/** Takes the person to the sign-in page, once. */
export function leave(): void {
  if (!isLeaving) location.replace(SIGN_IN);
  isLeaving = true;
}
