/** What people are told about a new password. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Known, strength } from "../src/strength.js";

const NOBODY: Known = { identifiers: [], examples: ["Babou45+"], isCommon: false };

test("passwords are judged as a guesser would", () => {
  const table: readonly (readonly [string, string, Partial<Known>?])[] = [
    ["Password1!", "weak COMMON", { isCommon: true }],
    ["Babou45+", "weak EXAMPLE"],
    ["Jean.dupont12+", "weak IDENTIFIER", { identifiers: ["jean.dupont"] }],
    ["Azerty12345!", "weak RUN"],
    ["Qwertz987!", "weak RUN"],
    ["aaaaaaaa1A!", "weak RUN"],
    ["Lea2010+", "weak YEAR"],
    ["24/12/1998Aa", "weak YEAR"],
    ["Chat1+", "weak SHORT"],
    // One word, a number and a mark: what the rules ask for, and what guessers try next.
    ["Milou62+", "fair SHORT"],
    ["Coucoucoucou1!Fenêtre", "fair RUN"],
    ["xK9#mQ2v", "fair SHORT"],
    ["Lampe violon 42 nuage", "strong LONG"],
    ["cheval-pile-agrafe", "strong LONG"],
    ["xK9#mQ2vR!7pZw", "strong LONG"],
    ["Дом река 17 облако", "strong LONG"],
  ];
  for (const [password, expected, known = {}] of table) {
    const { grade, why } = strength(password, { ...NOBODY, ...known });
    assert.equal(`${grade} ${why}`, expected, password);
  }
});
