/** How hard a password is to guess for who knows how people choose them: an estimate, and rather a low one. */

/** In words that a page has a text for. */
export interface Strength {
  readonly grade: "weak" | "fair" | "strong";
  readonly why: "COMMON" | "EXAMPLE" | Flaw | "SHORT" | "LONG";
}

/** What a guesser tries early. */
type Flaw = "IDENTIFIER" | "RUN" | "YEAR";

/** What is known about the person and the page. */
export interface Known {
  readonly identifiers: readonly string[];
  /** The good passwords that the page shows, which are good for nobody. */
  readonly examples: readonly string[];
  /** Whether the server's list has it. */
  readonly isCommon: boolean;
}

/** Beyond what a guesser gets through at the sign-in page, which slows him down. */
const FAIR_BITS = 28;

/** Whoever has stolen the hash makes some 10,000 guesses of argon2 a second: 2^50 take 3,500 years. */
const STRONG_BITS = 50;

/** Characters looked at: what is longer is strong by then, or as dull as its beginning. */
const ENOUGH = 128;

/** Rows of our people's keyboards, and the alphabet. */
const ROWS = ["azertyuiop", "qwertyuiop", "qwertzuiop", "qsdfghjklm", "asdfghjkl", "yxcvbnm", "wxcvbn", "abcdefghijklmnopqrstuvwxyz"];

/** Judges a password that is not empty. */
export function strength(password: string, known: Known): Strength {
  if (known.isCommon) return { grade: "weak", why: "COMMON" };
  if (known.examples.includes(password)) return { grade: "weak", why: "EXAMPLE" };

  const parts = divide(password.normalize("NFKC").slice(0, ENOUGH), known.identifiers);
  const bits = parts.reduce((sum, part) => sum + part.bits, 0);
  if (bits >= STRONG_BITS) return { grade: "strong", why: "LONG" };
  const flaw = parts.find((part) => part.flaw)?.flaw;
  return { grade: bits >= FAIR_BITS ? "fair" : "weak", why: flaw ?? "SHORT" };
}

/** A piece that is guessed as a whole. */
interface Part {
  readonly bits: number;
  readonly flaw?: Flaw;
}

function divide(text: string, identifiers: readonly string[]): Part[] {
  const parts: Part[] = [];
  let plain = "";
  const end = () => {
    if (plain !== "") parts.push({ bits: plainBits(plain) });
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const early = triedEarly(rest, identifiers);
    if (early) {
      end();
      parts.push(early.part);
      at += early.length;
      continue;
    }
    const mark = text[at] ?? "";
    if (plain !== "" && kindOf(mark) !== kindOf(plain)) end();
    plain += mark;
    at += 1;
  }
  end();
  return parts;
}

/** What `rest` begins with, if guessers try that before they try letters one by one. */
function triedEarly(rest: string, identifiers: readonly string[]): { length: number; part: Part } | undefined {
  const lower = rest.toLowerCase();
  const own = identifiers.find((one) => one.length >= 3 && lower.startsWith(one.toLowerCase()));
  if (own !== undefined) return { length: own.length, part: { bits: 3, flaw: "IDENTIFIER" } };

  const run = runLength(lower);
  if (run > 0) return { length: run, part: { bits: 6 + Math.log2(run), flaw: "RUN" } };

  const date = /^(0?[1-9]|[12]\d|3[01])[-./]?(0?[1-9]|1[0-2])[-./]?(19|20)\d\d(?!\d)/.exec(rest)?.[0];
  if (date !== undefined) return { length: date.length, part: { bits: 15, flaw: "YEAR" } };
  if (/^(19|20)\d\d(?!\d)/.test(rest)) return { length: 4, part: { bits: 7, flaw: "YEAR" } };

  const twice = /^(.{2,12}?)\1+/u.exec(lower);
  const [whole = "", once = ""] = twice ?? [];
  return whole.length >= 6 ? { length: whole.length, part: { bits: plainBits(once) + 2, flaw: "RUN" } } : undefined;
}

/** How many of the first characters follow each other, on a keyboard or as numbers, or are the same; 0 for a few. */
function runLength(text: string): number {
  const same = /^(.)\1{2,}/su.exec(text)?.[0].length ?? 0;
  const counted = Math.max(...["01234567890", "09876543210"].map((row) => along(row, text, 3)));
  const keys = Math.max(...ROWS.map((row) => along(row, text, 4)));
  return Math.max(same, counted, keys);
}

function along(row: string, text: string, least: number): number {
  const start = row.indexOf(text[0] ?? "");
  if (start < 0) return 0;
  let length = 1;
  while (start + length < row.length && text[length] === row[start + length]) length += 1;
  return length >= least ? length : 0;
}

function kindOf(text: string): "letter" | "digit" | "other" {
  return /^\p{L}/u.test(text) ? "letter" : /^\p{N}/u.test(text) ? "digit" : "other";
}

function plainBits(text: string): number {
  switch (kindOf(text)) {
    case "letter":
      return wordBits(text);
    case "digit":
      return 3.3 * text.length;
    case "other":
      return 5 + 3 * (text.length - 1);
  }
}

/** Letters are words: one of some 20,000 and more the longer it is, a new one about every eight letters. */
function wordBits(text: string): number {
  const word = (length: number) => Math.min(4.7 * length, 14 + 0.9 * length);
  const [words, rest] = [Math.floor(text.length / 8), text.length % 8];
  return words * word(8) + word(rest) + caseBits(text);
}

/** A capital in front is what everybody does. */
function caseBits(text: string): number {
  const upper = [...text].filter((letter) => letter !== letter.toLowerCase()).length;
  if (upper === 0) return 0;
  const isUsual = upper === text.length || (upper === 1 && text[0] !== text[0]?.toLowerCase());
  return isUsual ? 1 : 1 + 2 * Math.min(upper, text.length - upper);
}
