/** The list of password rules, ticked off as one types. */
import type { GuichetError } from "@guichet/client";

import { blame } from "./form.js";
import { guichet } from "./guichet.js";
import { Meter } from "./meter.js";
import { element, part, text } from "./page.js";
import { keeps } from "./rules.js";

/** How long a person stops typing before the server is asked and the changes are read out. */
const PAUSE_MS = 800;

/** A broken rule is only called so once the person is done: nobody has kept them all at the first letter. */
type State = "met" | "open" | "broken";

/** Whose rules are asked for, by the code of a link. */
export interface Holder {
  readonly userId?: string;
  readonly code?: string;
}

/** The rules of a page. */
export class RuleList {
  readonly #items = [...part("#rules").querySelectorAll<HTMLElement>("li[data-rule]")];
  readonly #spoken = element("p", { class: "spoken", role: "status" });
  readonly #told = new Map<HTMLElement, State>();
  readonly #password: HTMLInputElement;
  readonly #identifiers: () => string[];
  readonly #holder: () => Holder;
  readonly #meter = new Meter();
  #examples: string[] = [];
  #toldVerdict = "";
  #pause: ReturnType<typeof setTimeout> | undefined;

  /**
   * For what is typed into `password`; `identifiers` are those that it must not give away, `holder` who holds which code,
   * if anybody does.
   */
  constructor(password: HTMLInputElement, identifiers: () => string[], holder: () => Holder = () => ({})) {
    this.#password = password;
    this.#identifiers = identifiers;
    this.#holder = holder;
    part("#rules").after(this.#spoken);
    // The marks say it to eyes, and words that come and go would move the button from under the pointer.
    for (const item of this.#items) part(".state", item).classList.add("spoken");
    password.addEventListener("input", () => {
      // What was wrong with the one before.
      blame(password, "");
      this.#tick("open");
    });
    password.addEventListener("change", () => this.#tick("broken"));
    guichet.reset.getPasswordPolicy(holder()).then(
      (policy) => {
        this.#examples = policy.rules.map(({ example }) => example);
      },
      // Without them the meter takes an example for a good password; the server does not.
      () => undefined,
    );
  }

  /** Marks what the server found broken. */
  mark(refusal: GuichetError): void {
    if (refusal.reason !== "PASSWORD_RULES") return;
    const broken = refusal.violations.map(({ reason }) => reason);
    for (const item of this.#items) draw(item, broken.includes(ruleOf(item)) ? "broken" : "met");
    this.#measure();
  }

  #tick(unmet: State): void {
    const password = this.#password.value;
    for (const item of this.#items) {
      const kept = keeps(ruleOf(item), password, limitOf(item), this.#identifiers());
      draw(item, password === "" || kept === undefined ? "open" : kept ? "met" : unmet);
    }
    this.#measure();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.#settle(), PAUSE_MS);
  }

  /** Asks for the rules that only the server can judge, and has the changes read out. */
  async #settle(): Promise<void> {
    const password = this.#password.value;
    const judged = this.#items.filter((item) => keeps(ruleOf(item), password, limitOf(item), []) !== undefined);
    if (password !== "" && judged.every((item) => stateOf(item) === "met")) {
      const results = await guichet.reset.checkPassword({ ...this.#holder(), password }).then(
        (reply) => reply.results,
        () => [],
      );
      if (this.#password.value !== password) return;
      for (const { key, satisfied } of results) {
        const item = this.#items.find((item) => ruleOf(item) === key && !judged.includes(item));
        if (item) draw(item, satisfied ? "met" : "broken");
      }
      this.#measure();
    }

    const changed = this.#items.filter((item) => stateOf(item) !== (this.#told.get(item) ?? "open"));
    for (const item of this.#items) this.#told.set(item, stateOf(item));
    const news = changed.map((item) => item.textContent);
    if (this.#meter.verdict !== this.#toldVerdict) news.push(this.#meter.verdict);
    this.#toldVerdict = this.#meter.verdict;
    this.#spoken.textContent = news.join(" ");
  }

  #measure(): void {
    const isCommon = this.#items.some((item) => ruleOf(item) === "NOT_COMMON" && stateOf(item) === "broken");
    this.#meter.draw(this.#password.value, { identifiers: this.#identifiers(), examples: this.#examples, isCommon });
  }
}

function ruleOf(item: HTMLElement): string {
  return item.dataset["rule"] ?? "";
}

function limitOf(item: HTMLElement): number {
  return Number(item.dataset["limit"]);
}

function stateOf(item: HTMLElement): State {
  return (item.dataset["state"] as State | undefined) ?? "open";
}

/** Colour and mark come from the style; the words are for whoever does not see these. */
function draw(item: HTMLElement, state: State): void {
  item.dataset["state"] = state;
  const words = { met: "page-rule-met", broken: "page-rule-unmet", open: "" }[state];
  part(".state", item).textContent = words === "" ? "" : ` (${text(words)})`;
}
