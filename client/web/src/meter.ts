/** Says how hard a new password is to guess. It advises; only the rules decide. */
import { element, part, text } from "./page.js";
import { type Known, strength } from "./strength.js";

/** The line below the rules. */
export class Meter {
  readonly #place = part("#strength");

  constructor() {
    this.#place.hidden = false;
    this.draw("", { identifiers: [], examples: [], isCommon: false });
  }

  /** Judges what is typed; where nothing is, there is a tip. */
  draw(password: string, known: Known): void {
    if (password === "") {
      delete this.#place.dataset["grade"];
      this.#place.replaceChildren(element("span", { class: "bar" }), text("page-strength-none"));
      return;
    }
    const { grade, why } = strength(password, known);
    this.#place.dataset["grade"] = grade;
    this.#place.replaceChildren(
      element("span", { class: "bar" }),
      element("strong", {}, text(`page-strength-${grade}`)),
      ` ${text(`page-strength-why-${why}`)}`,
    );
  }

  /** What it says about a password; empty where there is none. */
  get verdict(): string {
    return this.#place.dataset["grade"] === undefined ? "" : (this.#place.textContent ?? "");
  }
}
