/** The desk of whoever acts for an institution. */
import type { GuichetError } from "@guichet/client";

import { takeAddresses } from "../desk/addresses.js";
import { close as stopWork, stillOpen } from "../desk/closing.js";
import { showRequests } from "../desk/history.js";
import { findPerson, listPeople, openPeople } from "../desk/people.js";
import { exportProgress, showProgress } from "../desk/progress.js";
import { forgetSheets } from "../desk/sheets.js";
import { sentence } from "../form.js";
import { guichet } from "../guichet.js";
import { part, say, text } from "../page.js";
import { attempt, leave } from "../signed_in.js";

const desk = part("#desk");

/** Whose desk it is, once the first call has told. */
let person: string | undefined;

/** One thing at a time. */
async function attemptAlone(work: () => Promise<void>): Promise<void> {
  if (desk.ariaBusy === "true") return;
  desk.ariaBusy = "true";
  await attempt(work, told);
  desk.ariaBusy = null;
}

/** Who is refused before anything is shown acts for no institution. */
function told(error: GuichetError): string {
  return error.reason === "FORBIDDEN" && desk.hidden ? text("page-desk-not-yours") : sentence(error);
}

/** Another person has signed in, or this one out, in another tab: what stands here is not for whoever comes next. */
function close(accountId: string | undefined): void {
  stopWork();
  desk.hidden = true;
  say("");
  part("#people").replaceChildren();
  forgetSheets();
  if (accountId === undefined) leave();
  else location.reload();
}

guichet.session?.onChange((accountId) => {
  person ??= accountId;
  if (accountId !== person) close(accountId);
});
addEventListener("pagehide", forgetSheets);
void attemptAlone(async () => {
  await showProgress();
  await openPeople(attemptAlone);
  await showRequests((identifier) => void attemptAlone(() => findPerson(identifier, attemptAlone)));
  takeAddresses(async () => {
    await showProgress();
    await listPeople(attemptAlone);
  });
  part("#export").addEventListener("click", exportProgress);
  await stillOpen();
  desk.hidden = false;
});
