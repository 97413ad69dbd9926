/** A new password, by the link of a mail. */
import { GuichetError } from "@guichet/client";

import { depart } from "../departure.js";
import { blame, field, formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { addressOf, forgetLink, takeLink } from "../link.js";
import { element, part, text } from "../page.js";
import { reveal } from "../password.js";
import { RuleList } from "../rule_list.js";

const form = formNamed("reset");
const link = takeLink(form);
const code = field(form, "code");
/** Whether the code was handed over, and is typed here. */
const isTyped = code.type !== "hidden";
const [email, password, confirmation] = [
  field(form, "email"),
  field(form, "new_password"),
  field(form, "confirm_password"),
];
const identifiers = () => [email.value.trim(), email.value.trim().split("@")[0] ?? ""];
// To ask about a typed code would be a try at it.
const rules = new RuleList(password, identifiers, () => (isTyped ? {} : link));

reveal(password);
reveal(confirmation);
// As one types, not when one leaves the field: a line that appears then would move the button from under the pointer.
confirmation.addEventListener("input", () => {
  blame(confirmation, password.value.startsWith(confirmation.value) ? "" : text("page-mismatch"));
});

onSubmit(form, async (typed) => {
  if (confirmation.value !== password.value) {
    blame(confirmation, text("page-mismatch"));
    return confirmation.focus();
  }

  try {
    const shown = isTyped ? { ...link, code: typed("code").trim() } : link;
    const request = { ...shown, email: typed("email").trim(), newPassword: typed("new_password") };
    const { username, returnUrl } = await guichet.reset.completeReset(request);
    finish(username, returnUrl);
  } catch (thrown) {
    const refusal = GuichetError.from(thrown);
    rules.mark(refusal);
    // To ask about a typed code would be another try at it.
    if (refusal.reason === "RESET_CODE_INVALID" && !isTyped) await leaveIfDead();
    throw refusal;
  }
});

/** The server gives one answer for a dead link and a wrong address. Where it is the link, its page offers a new one. */
async function leaveIfDead(): Promise<void> {
  const alive = await guichet.reset.inspectReset(link).then(
    () => true,
    (thrown) => GuichetError.from(thrown).reason !== "RESET_CODE_INVALID",
  );
  if (!alive) location.replace(addressOf(link));
}

function finish(username: string, target: string): void {
  forgetLink();
  const message = element("p", { id: "message", role: "status", tabindex: "-1" }, text("page-done-username", { username }));
  const place = element("p", { id: "redirect", class: "actions" });
  part("main").replaceChildren(
    element("h1", {}, text("page-done-title")),
    message,
    element("p", {}, element("a", { id: "target", href: target }, text("page-done-link"))),
    place,
  );
  document.title = text("page-done-title");
  message.focus();
  depart(place, target);
}
