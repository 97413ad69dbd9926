/** The desk is one person's: what they began must not go on in the session of whoever comes next. */

let isClosed = false;

/** Stops at its next step whatever is being done. */
export function close(): void {
  isClosed = true;
}

/** Goes on while the desk is open. Afterwards it never does: the page is about to be left. */
export async function stillOpen(): Promise<void> {
  if (isClosed) await new Promise<never>(() => undefined);
}
