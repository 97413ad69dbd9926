/** Forms whose work is done by a call instead of a new page. */
import { Code, GuichetError } from "@guichet/client";

import { pause } from "./countdown.js";
import { duration, part, say, text } from "./page.js";

/** The form of this name. */
export function formNamed(name: string): HTMLFormElement {
  return part<HTMLFormElement>(`form[data-form="${name}"]`);
}

/** The field of a form. */
export function field(form: HTMLFormElement, name: string): HTMLInputElement {
  return part<HTMLInputElement>(`input[name="${name}"]`, form);
}

/** What a form would send; empty where it has no such field. */
export function typed(form: HTMLFormElement): (name: string) => string {
  const data = new FormData(form);
  return (name) => {
    const value = data.get(name);
    return typeof value === "string" ? value : "";
  };
}

/** Has `send` do what the form would, and tells what goes wrong. What was typed stays. */
export function onSubmit(form: HTMLFormElement, send: (typed: (name: string) => string) => Promise<void>): void {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;

    form.ariaBusy = "true";
    say("");
    for (const input of form.querySelectorAll<HTMLInputElement>("input[aria-invalid]")) blame(input, "");
    try {
      await send(typed(form));
    } catch (thrown) {
      refuse(form, GuichetError.from(thrown));
    } finally {
      form.ariaBusy = null;
    }
  });
}

/** Says beside a field what is wrong with it; nothing if it is right. */
export function blame(input: HTMLInputElement, what: string): void {
  const place = document.getElementById(`${input.id}-error`);
  if (place) place.textContent = what;
  if (what === "") input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
}

function refuse(form: HTMLFormElement, error: GuichetError): void {
  for (const violation of error.violations) {
    // The fields of the forms have the names of the protocol's, or name those that they stand for.
    const name = CSS.escape(violation.field);
    const input = form.querySelector<HTMLInputElement>(`input[name="${name}"], input[data-violations~="${name}"]`);
    if (input) blame(input, violation.description);
  }
  say(sentence(error));
  if (error.retryAfterMs !== undefined) pause(part<HTMLButtonElement>("button:not([type])", form), error.retryAfterMs);
}

/** What happened and what to do next. */
export function sentence(error: GuichetError): string {
  if (error.reason === "THROTTLED" && error.retryAfterMs !== undefined) {
    return text("page-throttled", { wait: duration(error.retryAfterMs) });
  }
  if (error.code === Code.DeadlineExceeded) return text("page-slow");
  if (error.reason !== undefined) return error.message;
  if (!navigator.onLine) return text("page-offline");
  return text(error.code === Code.Unavailable ? "error-STORE_UNAVAILABLE" : "error-INTERNAL");
}
