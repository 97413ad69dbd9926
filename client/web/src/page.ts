/** The parts of a page, as `server/src/pages/mod.rs` lays them down. */

const strings: Readonly<Record<string, string>> = JSON.parse(part("#strings").textContent || "{}");

/** The language of the page, as Europeans write it: plain English would put the month before the day. */
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

/** A text of the page's language, with its `{arguments}` filled in. */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (strings[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The first element that `selector` finds; a page without it is not the page that the script is for. */
export function part<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E {
  const found = within.querySelector<E>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Says what went wrong and what to do next, and takes the person there; empties the place where that is over. */
export function say(what: string): void {
  fill(what, "alert");
}

/** Says what is done, and takes the person there. */
export function announce(what: string): void {
  fill(what, "status");
}

/** The role also decides about the colour: what is done must not look like what failed. */
function fill(what: string, role: "alert" | "status"): void {
  const message = part("#message");
  message.setAttribute("role", role);
  message.textContent = what;
  if (what !== "") message.focus();
}

/** Makes an element. It holds text only, so that nothing anybody typed becomes markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...content: (string | Node)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...content);
  return made;
}

/** A point in time, as people of the page's language write it. */
export function moment(milliseconds: number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(milliseconds);
}

/** How long something takes, in words: in seconds below two minutes, else in minutes. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1_000));
  const [count, unit] = seconds < 120 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
