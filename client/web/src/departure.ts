/** "You will be taken to the application": by itself after some seconds, unless the person would rather stay. */
import { countdown } from "./countdown.js";
import { element, text } from "./page.js";

const STAY_MS = 5_000;

/** Fills `place` with the countdown and the button that stops it, and goes to `target` at its end. */
export function depart(place: HTMLElement, target: string): void {
  const host = new URL(target, location.href).hostname;
  // Read out once: a region that tells every second would never fall silent.
  const words = element("span", { role: "timer", "aria-live": "off" });
  const stay = element("button", { type: "button", class: "quiet" }, text("page-done-stop"));
  const stop = countdown(STAY_MS, (seconds) => {
    words.textContent = text("page-done-redirect", { host, seconds });
    if (seconds === 0) location.assign(target);
  });
  stay.addEventListener("click", () => {
    stop();
    place.remove();
  });
  place.replaceChildren(words, " ", stay);
}
