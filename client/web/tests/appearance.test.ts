/** How every page in every state looks, by eye and by ear: four languages, light and dark, at a desk, on a telephone, enlarged. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { after, before, suite, test } from "node:test";

import type { Page } from "playwright-core";

import { assertAccessible } from "./site.js";
import { tour } from "./tour.js";
import { Town } from "./town.js";

const LANGUAGES = ["fr-BE", "en-GB", "nl-BE", "de-BE"] as const;

/** Colours that are fading into others while they are looked at are nobody's: these people have asked for rest. */
const AT_REST = { reducedMotion: "reduce" } as const;

/** 320 px is the least that WCAG 2.2 asks for (1.4.10). */
const LOOKS = [
  ["at a desk", { width: 1_280, height: 800 }, "light"],
  ["at a desk, in the dark", { width: 1_280, height: 800 }, "dark"],
  ["on a telephone", { width: 320, height: 640 }, "light"],
  ["on a telephone, in the dark", { width: 320, height: 640 }, "dark"],
] as const;

/** A window of 1280 x 1024 at 400 %: a quarter of the room, and four dots for each. */
const ENLARGED = { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 };

/** All files of one page together. */
const BUDGET_BYTES = 60 * 1024;

let town: Town;
before(async () => (town = await Town.open()));
after(() => town.close());

suite("axe finds nothing on any page in any state", { concurrency: 2 }, () => {
  for (const locale of LANGUAGES) {
    // Colours that are fading into others when they are looked at are nobody's.
    test(`in ${locale}`, () =>
      tour(town, { locale, ...AT_REST }, async (stop, page) => {
        for (const [look, size, colorScheme] of LOOKS) {
          await page.setViewportSize(size);
          await page.emulateMedia({ colorScheme });
          // Colours, and what there is at which width, are the same in every language; words and their length are not.
          if (locale === LANGUAGES[0] || look === LOOKS[0][0]) await assertAccessible(page, `${stop}, ${look}`);
          assert.deepEqual(await outside(page), [], `${stop}, ${look}`);
        }
      }));
  }
});

suite("at 400 % nothing is cut off, and the keyboard reaches every control", { concurrency: 2 }, () => {
  for (const locale of ["fr-BE", "de-BE"]) {
    test(`in ${locale}`, () =>
      tour(town, { locale, ...ENLARGED }, async (stop, page) => {
        assert.deepEqual(await outside(page), [], stop);
        assert.deepEqual(await byKeyboard(page), await controls(page), stop);
      }));
  }
});

/** What sticks out of the window or is cut off within it. A table may scroll in its own region (WCAG 1.4.10). */
function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true }) && !element.matches(".skip, .spoken, .wide *, option");
    const isOutside = (element: Element) => {
      const { left, right } = element.getBoundingClientRect();
      const isCut = !element.matches(".wide, input, select") && element.scrollWidth > element.clientWidth + 1;
      const clips = getComputedStyle(element).overflowX !== "visible";
      return left < -1 || right > innerWidth + 1 || (isCut && clips);
    };
    const found = [...document.body.querySelectorAll("*")].filter((element) => isShown(element) && isOutside(element));
    const scrolls = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];
    return [...scrolls, ...found.map((element) => element.outerHTML.slice(0, 200))];
  });
}

const CONTROLS = 'a[href], button:enabled, input:enabled:not([type="hidden"]), select:enabled, [tabindex="0"]';

/** Every control that is there to be used, numbered in the order of the page. Of radio buttons the checked one counts. */
function controls(page: Page): Promise<string[]> {
  return page.evaluate((selector) => {
    const shown = [...document.querySelectorAll<HTMLElement>(selector)].filter(
      (element) => element.checkVisibility() && !(element.matches('[type="radio"]') && !element.matches(":checked")),
    );
    return shown.map((element, index) => {
      element.dataset["number"] = String(index);
      return `${index} ${element.outerHTML.slice(0, 60)}`;
    });
  }, CONTROLS);
}

/** The same, as Tab comes to them; only those that are in full view then, as far as they fit, and under nothing. */
async function byKeyboard(page: Page): Promise<string[]> {
  const all = await controls(page);
  await page.evaluate(() => {
    // From the very beginning, wherever the focus has been.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    scrollTo(0, 0);
  });
  const reached: string[] = [];
  for (let presses = 0; presses < all.length; presses++) {
    await page.keyboard.press("Tab");
    const number = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const [x, y] = [(Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
      const isInView = left >= -1 && right <= innerWidth + 1 && bottom > 0 && top < innerHeight;
      const hit = document.elementFromPoint(x, y);
      const isOnTop = hit !== null && (element.contains(hit) || hit.contains(element));
      return isInView && isOnTop ? element.dataset["number"] : `hidden: ${element.outerHTML.slice(0, 60)}`;
    });
    reached.push(all[Number(number)] ?? String(number));
  }
  return reached;
}

test("what nobody could read, see or reach would be found", async () => {
  const page = await (await town.site.visitor({ ...ENLARGED, ...AT_REST })).newPage();
  const spoilt = async (spoil: () => void) => {
    await page.goto("/Account/Login");
    await page.evaluate(spoil);
  };
  await spoilt(() => document.querySelector("label")?.remove());
  await assert.rejects(assertAccessible(page, "no label"), /label/);
  await spoilt(() => document.querySelector("h1")?.style.setProperty("color", "#ddd"));
  await assert.rejects(assertAccessible(page, "pale"), /color-contrast/);
  await spoilt(() => document.querySelector("h1")?.style.setProperty("width", "400px"));
  assert.notDeepEqual(await outside(page), []);
  await spoilt(() => {
    const { style } = document.querySelector("h1") as HTMLElement;
    style.setProperty("white-space", "nowrap");
    style.setProperty("width", "50px");
    style.setProperty("overflow", "hidden");
  });
  assert.notDeepEqual(await outside(page), []);
  await spoilt(() => {
    const { style } = document.body.appendChild(document.createElement("div"));
    style.setProperty("position", "fixed");
    style.setProperty("inset", "0");
  });
  assert.notDeepEqual(await byKeyboard(page), await controls(page));
  await spoilt(() => (document.querySelector("aside a") as HTMLElement).setAttribute("tabindex", "-1"));
  assert.notDeepEqual(await byKeyboard(page), await controls(page));
});

test("nothing moves for who has asked for rest", async () => {
  const page = await (await town.site.visitor(AT_REST)).newPage();
  await page.goto("/Account/Login");

  const moving = await page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((element) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
        return transitionDuration !== "0s" || animationName !== "none" || scrollBehavior !== "auto";
      })
      .map((element) => element.outerHTML.slice(0, 100)),
  );

  assert.deepEqual(moving, []);
});

test("password managers and keyboards are told what each field is for", async () => {
  const purposes = async (address: string) => {
    const page = await (await fetch(`${town.site.url}${address}`)).text();
    const inputs = [...page.matchAll(/<input ([^>]*)>/g)].map(([, attributes]) => attributes ?? "");
    const typed = inputs.filter((attributes) => !/type="(hidden|radio)"/.test(attributes));
    const value = (attributes: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1];
    return typed.map((attributes) => [value(attributes, "id"), value(attributes, "autocomplete")].join(" "));
  };
  const two = ["new_password new-password", "confirm_password new-password"];
  const { query } = await town.invited();

  assert.deepEqual(await purposes("/Account/Login"), ["username username", "password current-password", "code one-time-code"]);
  assert.deepEqual(await purposes("/Account/ForgotPassword"), ["identifier username"]);
  assert.deepEqual(await purposes("/Account/ForgotPassword?what=usernames"), ["identifier email"]);
  assert.deepEqual(await purposes(`/Account/ResetPassword${query}`), ["email email", ...two]);
  assert.deepEqual(await purposes(await town.handedOver()), ["code one-time-code", "email email", ...two]);
  assert.deepEqual(await purposes("/Account"), [
    ...["current_password current-password", ...two, "new_email email", "email_password current-password"],
    ...["begin_password current-password", "totp_code one-time-code", "factor_password current-password"],
  ]);
});

test("every page with all its files is at most 60 KiB on the wire", async () => {
  const { query } = await town.invited();
  for (const address of [
    "/",
    "/Account/Login",
    "/Account/ForgotPassword",
    `/Account/ResetPassword${query}`,
    `/Account/ConfirmEmail${query}`,
    "/Account",
    "/Institution",
  ]) {
    const page = await (await town.site.visitor()).newPage();
    // What is called comes later, and is not a file.
    await page.route("**/guichet.v1.*/*", () => undefined);
    await page.goto(address, { waitUntil: "load" });
    const files = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const all = [`${town.site.url}${address}`, ...files.filter((name) => !name.includes("/guichet.v1."))];
    assert.ok(all.length >= 3, all.join());

    const sizes = await Promise.all(all.map(wireSize));

    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(bytes <= BUDGET_BYTES, `${address}: ${bytes} bytes in ${all.join()}`);
  }
});

/** The bytes of an answer's body as they come. */
async function wireSize(address: string): Promise<number> {
  const [answer] = (await once(get(address, { headers: { "accept-encoding": "br" } }), "response")) as [IncomingMessage];
  let bytes = 0;
  for await (const chunk of answer) bytes += (chunk as Buffer).length;
  return bytes;
}
