/** The rules of a new password that a browser can judge by itself, as the server judges them. */

/**
 * Whether the password keeps the rule; undefined where only the server knows: for common passwords, for those that the
 * person had before, and for a rule that is newer than this page. `limit` is the figure that the rule speaks of.
 */
export function keeps(
  rule: string,
  password: string,
  limit: number,
  identifiers: readonly string[],
): boolean | undefined {
  const text = password.normalize("NFC");
  const length = [...text].length;
  switch (rule) {
    case "MIN_LENGTH":
      return length >= limit;
    case "MAX_LENGTH":
      return length <= limit;
    case "DIGIT":
      return /[0-9]/.test(text);
    case "UPPERCASE":
      return /\p{Uppercase}/u.test(text);
    case "SPECIAL":
      return /[^\p{Alphabetic}\p{N}\p{White_Space}\p{Cc}\p{M}]/u.test(text);
    case "NOT_IDENTIFIER":
      return !identifiers.some((identifier) => givesAway(text, identifier));
    default:
      return undefined;
  }
}

/** The identifier itself, or a long one with nothing but digits and special characters added, behind or on both sides. */
function givesAway(password: string, identifier: string): boolean {
  const [text, known] = [password, identifier].map((one) => one.normalize("NFKC").toLowerCase()) as [string, string];
  if (text === known) return known !== "";
  const isExtended = text.startsWith(known) && !/\p{Alphabetic}/u.test(text.slice(known.length));
  return (isExtended && isLong(known)) || (letters(text) === letters(known) && isLong(letters(known)));
}

function isLong(text: string): boolean {
  return [...text].length >= 4;
}

/** From the first letter to the last. */
function letters(text: string): string {
  return text.replace(/^\P{Alphabetic}+|\P{Alphabetic}+$/gu, "");
}
