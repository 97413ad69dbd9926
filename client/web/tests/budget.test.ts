/** What a page weighs. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** All files of one page together. */
const BUDGET_BYTES = 60 * 1024;

function read(name: string): string {
  return readFileSync(join(DIST, name), "utf8");
}

/** A script and everything it imports. */
function loaded(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, imported] of read(name).matchAll(/(?:from|import)\s*"\.\/([\w.-]+)"/g)) loaded(imported ?? "", seen);
  return seen;
}

const files = readdirSync(DIST);
const always = files.filter((name) => !name.endsWith(".js"));
const scripts = files.filter((name) => name.endsWith(".js") && !name.startsWith("shared."));

test("every page has a script, and what they share is counted", () => {
  assert.deepEqual(
    scripts.map((name) => name.split(".")[0]).sort(),
    ["account", "confirm-email", "dead-link", "done", "forgot", "institution", "login", "reset", "revoke-reset", "sent"],
  );
  const shared = files.filter((name) => name.startsWith("shared."));
  const counted = new Set(scripts.flatMap((script) => [...loaded(script)]));
  assert.deepEqual(shared.filter((name) => !counted.has(name)), []);
});

for (const script of scripts) {
  test(`${script} and all it needs is at most 60 KiB, compressed`, () => {
    const all = [...always, ...loaded(script)];

    const bytes = all.map((name) => brotliCompressSync(read(name)).length).reduce((sum, size) => sum + size, 0);

    assert.ok(bytes <= BUDGET_BYTES, `${bytes} bytes: ${all.join(", ")}`);
  });
}
