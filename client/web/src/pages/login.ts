/** Signing in. */
import { GuichetError, type Reason } from "@guichet/client";

import { deviceName } from "../device.js";
import { blame, field, formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { part, text } from "../page.js";
import { reveal } from "../password.js";

/** After these the person begins anew. */
const OVER: readonly (Reason | undefined)[] = ["TOKEN_INVALID", "TOKEN_EXPIRED"];

const form = formNamed("login");
const challenge = formNamed("challenge");
const username = field(form, "username");

reveal(field(form, "password"));

// A calm hint until somebody types an address, which is the one mistake that everybody makes: then a firm word.
username.addEventListener("input", () => {
  const isAddress = username.value.includes("@");
  part("#username-hint").hidden = isAddress;
  blame(username, isAddress ? text("error-EMAIL_NOT_USERNAME") : "");
});

onSubmit(form, async (typed) => {
  const { outcome } = await guichet.auth.login({
    username: typed("username").trim(),
    password: typed("password"),
    deviceName: deviceName(),
  });
  if (outcome.case === "challenge") ask(outcome.value.challengeToken);
  else enter();
});

onSubmit(challenge, async (typed) => {
  const code = typed("code");
  const isFromApp = /^\d{6}$/.test(code.replace(/\s/g, ""));
  try {
    await guichet.auth.continueLogin({
      challengeToken: typed("challenge_token"),
      answer: isFromApp ? { case: "totpCode", value: code } : { case: "recoveryCode", value: code },
    });
  } catch (thrown) {
    if (OVER.includes(GuichetError.from(thrown).reason)) ask("");
    throw thrown;
  }
  enter();
});

/** The second screen; the first one again where there is nothing to answer. */
function ask(challengeToken: string): void {
  field(challenge, "challenge_token").value = challengeToken;
  challenge.hidden = challengeToken === "";
  form.hidden = part(".panel").hidden = !challenge.hidden;
  challenge.reset();
  field(form, "password").value = "";
  if (!challenge.hidden) field(challenge, "code").focus();
}

/** The server has put the target there from its list: no address leads anywhere else. */
function enter(): void {
  location.assign(form.dataset["target"] ?? "/Account");
}
