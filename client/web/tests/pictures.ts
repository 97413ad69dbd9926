/**
 * Makes the pictures of the README in `client/web/docs`: `npm run pictures`. With a folder, the whole tour goes there
 * instead, every page in every state in four languages, light and dark, at a desk and on a telephone:
 * `npm run pictures -- FOLDER`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "playwright-core";

import { tour } from "./tour.js";
import { Town } from "./town.js";

const DOCS = fileURLToPath(new URL("../../docs", import.meta.url));

/** When the pictures seem to be taken, so that those of another day look the same. */
const THEN = Date.UTC(2027, 0, 12, 8, 30);

const DESK = { width: 1_280, height: 800 };
const TELEPHONE = { width: 360, height: 640 };
const COLUMN = { width: 620, height: 600 };

/** Of long pages this much is enough, in pixels. */
const TALLEST = 1_200;

/** Stop of the tour, name of the picture, size of the window, and whether it is night. */
const SHOWN = [
  ["sign-in", "sign-in", COLUMN, "light"],
  ["sign-in-address", "phone-dark", TELEPHONE, "dark"],
  ["second-step", "second-step", COLUMN, "light"],
  ["sent", "sent", COLUMN, "light"],
  ["reset-fair", "reset", COLUMN, "light"],
  ["done", "done", COLUMN, "light"],
  ["account", "account", COLUMN, "light"],
  ["desk", "desk", { width: 1_000, height: 700 }, "light"],
] as const;

async function shoot(page: Page, path: string, tallest = Number.POSITIVE_INFINITY): Promise<void> {
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
  const clip = { x: 0, y: 0, width, height: Math.min(height, tallest) };
  await page.screenshot({ path, fullPage: true, clip, caret: "hide", animations: "disabled" });
}

async function forReadme(town: Town): Promise<void> {
  await tour(town, { viewport: COLUMN, timezoneId: "Europe/Brussels" }, async (stop, page) => {
    for (const [, name, size, colorScheme] of SHOWN.filter(([at]) => at === stop)) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await shoot(page, join(DOCS, `${name}.png`), TALLEST);
    }
  });
}

async function everything(town: Town, folder: string): Promise<void> {
  for (const language of ["fr", "en", "nl", "de"]) {
    mkdirSync(join(folder, language), { recursive: true });
    let count = 0;
    await tour(town, { locale: `${language}-BE`, timezoneId: "Europe/Brussels" }, async (stop, page) => {
      count += 1;
      for (const [where, size] of [["desk", DESK], ["telephone", { width: 320, height: 640 }]] as const) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize(size);
          await page.emulateMedia({ colorScheme });
          const name = `${where}-${colorScheme}-${String(count).padStart(2, "0")}-${stop}.png`;
          await shoot(page, join(folder, language, name));
        }
      }
    });
  }
}

const clock = join(mkdtempSync(join(tmpdir(), "guichet-pictures-")), "offset");
const ahead = Math.round((THEN - Date.now()) / 1_000);
writeFileSync(clock, String(ahead));
const town = await Town.open({ GUICHET_CLOCK: `file:${clock}` }, ahead);
const [folder] = process.argv.slice(2);
if (folder === undefined) await forReadme(town);
// npm has gone into the package's folder; the one that is meant is the caller's.
else await everything(town, resolve(process.env["INIT_CWD"] ?? "", folder));
await town.close();
rmSync(join(clock, ".."), { recursive: true });
