/** The desk of whoever acts for an institution. */
import { GuichetError } from "@guichet/client";

import { takeAddresses } from "../desk/addresses.js";
import { showRequests } from "../desk/history.js";
import { findPerson, listPeople, openPeople } from "../desk/people.js";
import { exportProgress, showProgress } from "../desk/progress.js";
import { sentence } from "../form.js";
import { part, say, text } from "../page.js";
import { isLost, leave } from "../signed_in.js";

/** Does what a button is for, one at a time, and tells what goes wrong. */
async function attempt(work: () => Promise<void>): Promise<void> {
  const desk = part("#desk");
  if (desk.ariaBusy === "true") return;
  desk.ariaBusy = "true";
  say("");
  try {
    await work();
  } catch (thrown) {
    const error = GuichetError.from(thrown);
    if (isLost(error)) leave();
    else if (error.reason === "FORBIDDEN" && desk.hidden) say(text("page-desk-not-yours"));
    else say(sentence(error));
  } finally {
    desk.ariaBusy = null;
  }
}

void attempt(async () => {
  await showProgress();
  await openPeople(attempt);
  await showRequests((identifier) => void attempt(() => findPerson(identifier, attempt)));
  takeAddresses(async () => {
    await showProgress();
    await listPeople(attempt);
  });
  part("#export").addEventListener("click", exportProgress);
  part("#desk").hidden = false;
});
