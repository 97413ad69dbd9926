/** The rules of a new password that a browser can judge by itself, as the server judges them. */

/** What `GetPasswordPolicy` says about the lengths. */
export interface Lengths {
  readonly minLength: number;
  readonly maxLength: number;
}

/**
 * Whether the password keeps the rule; undefined where only the server knows: for common passwords, for lengths that
 * it has not told yet, and for a rule that is newer than this page.
 */
export function keeps(
  rule: string,
  password: string,
  lengths: Lengths | undefined,
  identifiers: readonly string[],
): boolean | undefined {
  const text = password.normalize("NFC");
  const length = [...text].length;
  switch (rule) {
    case "MIN_LENGTH":
      return lengths && length >= lengths.minLength;
    case "MAX_LENGTH":
      return lengths && length <= lengths.maxLength;
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

/** The identifier itself, or a long one with nothing but digits and special characters added. */
function givesAway(password: string, identifier: string): boolean {
  const [text, known] = [password, identifier].map((one) => one.normalize("NFKC").toLowerCase()) as [string, string];
  if (known === "" || !text.startsWith(known)) return false;
  const added = text.slice(known.length);
  return added === "" || ([...known].length >= 4 && !/\p{Alphabetic}/u.test(added));
}
