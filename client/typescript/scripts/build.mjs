// Makes dist/: the sources compiled, and the generated code, which is JavaScript already, beside them.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
// What an earlier build has left would be packed, or tested, too.
for (const folder of ["dist", "test/build"]) rmSync(folder, { recursive: true, force: true });
const { status } = spawnSync("node_modules/.bin/tsc", { stdio: "inherit" });
if (status !== 0) process.exit(1);
cpSync("src/gen", "dist/gen", { recursive: true });
