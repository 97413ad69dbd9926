/** Asking for a mail, and asking again. */
import { countdown } from "./countdown.js";
import { formNamed, onSubmit } from "./form.js";
import { guichet } from "./guichet.js";
import { announce, part, text } from "./page.js";

/** How long a mail may take before it makes sense to ask again. */
const PATIENCE_MS = 60_000;

/** Asks for the mail that a form is about. The answer is the same for everybody. */
export async function ask(typed: (name: string) => string): Promise<void> {
  const identifier = typed("identifier").trim();
  if (typed("what") === "usernames") {
    await guichet.reset.remindUsernames({ email: identifier });
    return;
  }
  // Whoever types an address means it, whatever is ticked above.
  const byEmail = typed("by") === "email" || identifier.includes("@");
  await guichet.reset.requestReset({
    identifier: { case: byEmail ? "email" : "username", value: identifier },
    returnUrl: typed("return_url"),
  });
}

/** Brings "send again" to life on a page that says that a mail is on its way. */
export function offerAgain(): void {
  const form = formNamed("again");
  const button = part<HTMLButtonElement>("button", form);
  const wait = () =>
    countdown(PATIENCE_MS, (seconds) => {
      button.disabled = seconds > 0;
      part("#again-wait").textContent = seconds > 0 ? text("page-sent-again-wait", { seconds }) : "";
    });
  const told = part("#message").textContent ?? "";
  onSubmit(form, async (typed) => {
    await ask(typed);
    announce(told);
    wait();
  });
  wait();
}
