/** A new password, or the forgotten usernames, by mail. */
import { field, formNamed, onSubmit } from "../form.js";
import { part, text } from "../page.js";
import { ask, offerAgain } from "../request.js";

const form = formNamed("forgot");
const identifier = field(form, "identifier");
const choices = [...form.querySelectorAll<HTMLInputElement>('input[name="by"]')];

function choose(by: string): void {
  const byEmail = by === "email";
  for (const choice of choices) choice.checked = choice.value === by;
  part('label[for="identifier"]').textContent = text(byEmail ? "page-email-label" : "page-username-label");
  identifier.inputMode = byEmail ? "email" : "text";
  identifier.autocomplete = byEmail ? "email" : "username";
}

if (choices.length > 0) {
  for (const choice of choices) choice.addEventListener("change", () => choose(choice.value));
  identifier.addEventListener("input", () => {
    if (identifier.value.includes("@")) choose("email");
  });
  choose(choices.find((choice) => choice.checked)?.value ?? "username");
}

onSubmit(form, async (typed) => {
  await ask(typed);
  arrive(typed);
});

/** What the server would show now is in the page already. */
function arrive(typed: (name: string) => string): void {
  const sent = part<HTMLTemplateElement>("#sent").content;
  part("main").replaceChildren(sent);
  document.title = part("main h1").textContent ?? "";

  const again = formNamed("again");
  for (const name of ["by", "identifier"]) field(again, name).value = typed(name);
  offerAgain();
  part("#message").focus();
}
