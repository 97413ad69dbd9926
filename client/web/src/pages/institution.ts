/** The desk of whoever acts for an institution. */
import type { GuichetError } from "@guichet/client";

import { takeAddresses } from "../desk/addresses.js";
import { showRequests } from "../desk/history.js";
import { findPerson, listPeople, openPeople } from "../desk/people.js";
import { exportProgress, showProgress } from "../desk/progress.js";
import { sentence } from "../form.js";
import { part, text } from "../page.js";
import { attempt } from "../signed_in.js";

const desk = part("#desk");

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

void attemptAlone(async () => {
  await showProgress();
  await openPeople(attemptAlone);
  await showRequests((identifier) => void attemptAlone(() => findPerson(identifier, attemptAlone)));
  takeAddresses(async () => {
    await showProgress();
    await listPeople(attemptAlone);
  });
  part("#export").addEventListener("click", exportProgress);
  desk.hidden = false;
});
