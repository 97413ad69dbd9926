// Builds the pages' files into dist/: each under a name with a hash of its content, so that a browser may keep it for
// ever. The same sources give the same bytes; tests/run builds again and compares.
import { mkdir, readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const source = new URL("src/", import.meta.url);
const target = new URL("dist/", import.meta.url);

// A page's script is src/pages/{page}.ts; everything else is imported by these.
const pages = await readdir(new URL("pages/", source)).catch(() => []);
const entryPoints = ["style.css", "icon.svg", ...pages.map((file) => `pages/${file}`)];

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await build({
  absWorkingDir: new URL(".", source).pathname,
  entryPoints,
  outdir: target.pathname,
  entryNames: "[name].[hash]",
  chunkNames: "shared.[hash]",
  bundle: true,
  loader: { ".svg": "copy" },
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});
