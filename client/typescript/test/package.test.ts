/** What users install. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** Every file of the package, but for the generated code, whose names follow those of the protos. */
const FILES = [
  "LICENSE",
  "README.md",
  ...["authorized", "defaults", "errors", "guichet", "index", "node", "session", "signing", "tabs", "v1"].flatMap(
    (name) => [`dist/${name}.d.ts`, `dist/${name}.js`],
  ),
  "package.json",
];

function npm(...command: string[]): string {
  const { status, stdout, stderr } = spawnSync("npm", command, { cwd: PACKAGE, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("the package has the compiled sources, the generated code and nothing else", () => {
  const [{ files }] = JSON.parse(npm("pack", "--dry-run", "--json", "--ignore-scripts"));
  const paths: string[] = files.map(({ path }: { path: string }) => path);

  const generated = paths.filter((path) => /^dist\/gen\/(google\/rpc|guichet\/v1)\/\w+_pb\.(js|d\.ts)$/.test(path));
  assert.deepEqual(paths.filter((path) => !generated.includes(path)).sort(), FILES.sort());
  assert.ok(generated.includes("dist/gen/guichet/v1/auth_pb.js"));
});

test("the package can be imported by every kind of user", () => {
  npm("exec", "--offline", "--", "publint", "--strict", "--pack", "false");
});

test("loading the package does nothing: no output, no timer, no global", () => {
  const script = `
    const before = Object.keys(globalThis).sort().join();
    for (const name of ["@guichet/client", "@guichet/client/node", "@guichet/client/v1"]) await import(name);
    if (Object.keys(globalThis).sort().join() !== before) throw new Error("a global was made");
  `;
  const run = ["--input-type=module", "--eval", script];

  const { status, stdout, stderr } = spawnSync(process.execPath, run, { cwd: PACKAGE, encoding: "utf8", timeout: 20_000 });

  assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  assert.equal(JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")).sideEffects, false);
});
