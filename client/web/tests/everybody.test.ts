/** Pages for everybody: by eye, ear and keyboard, without scripts, in four languages, on a telephone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { BrowserContextOptions, Page } from "playwright-core";

import { assertAccessible, focusedId, PASSWORD, signIn, Site } from "./site.js";

const EMAIL = "lea@ecole.example";

let site: Site;
let link: string;
before(async () => {
  site = await Site.open();
  await site.signUp("lea", EMAIL);
  await site.admin.reset.requestReset({ identifier: { case: "username", value: "lea" } });
  const { userId, code } = await site.linkMailedTo(EMAIL);
  link = `?userId=${userId}&code=${code}`;
});
after(() => site.close());

/** Every page, and the states that a click away from it. */
const STATES: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ["home", (page) => page.goto("/")],
  ["sign in", (page) => page.goto("/Account/Login")],
  ["sign in, refused", (page) => signIn(page, "lea", "wrong").then(() => page.locator("#message:focus").waitFor())],
  ["sign in, an address typed", async (page) => {
    await page.goto("/Account/Login");
    await page.locator("#username").fill(EMAIL);
  }],
  ["forgot", (page) => page.goto("/Account/ForgotPassword")],
  ["forgot, usernames", (page) => page.goto("/Account/ForgotPassword?what=usernames")],
  ["sent", async (page) => {
    await page.goto("/Account/ForgotPassword");
    await page.locator("#identifier").fill("lea");
    await page.locator("form button").click();
    await page.locator("#again-wait").waitFor();
  }],
  ["reset", (page) => page.goto(`/Account/ResetPassword${link}`)],
  ["reset, rules met and broken", async (page) => {
    await page.goto(`/Account/ResetPassword${link}`);
    await page.locator("#new_password").fill("babou45");
    await page.locator("#confirm_password").fill("x");
    await page.locator("li[data-state=broken]").first().waitFor();
  }],
  ["dead link", (page) => page.goto("/Account/ResetPassword?userId=x&code=y")],
  ["confirm e-mail", (page) => page.goto("/Account/ConfirmEmail?userId=x&code=y")],
  ["this was not me", (page) => page.goto("/Account/RevokeReset?userId=x&code=y")],
  ["no such page", (page) => page.goto("/Account/Nowhere")],
  ["my account", async (page) => {
    await signIn(page, "lea");
    await page.locator("#sessions li").first().waitFor();
  }],
];

/** Every language by daylight on a desktop and in the dark on a telephone, and a page at 400 % (WCAG 1.4.10). */
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ...["fr-BE", "en-GB", "nl-BE", "de-BE"].flatMap((locale) => [
    [`on a desktop, ${locale}`, { locale }] as const,
    [
      `on a telephone, in the dark, ${locale}`,
      { locale, viewport: { width: 320, height: 640 }, colorScheme: "dark" as const },
    ] as const,
  ]),
  ["at 400 %", { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }],
];

for (const [look, options] of LOOKS) {
  test(`axe finds nothing on any page ${look}`, async () => {
    for (const [state, reach] of STATES) {
      const context = await site.visitor(options);
      const page = await context.newPage();
      await reach(page);
      await assertAccessible(page, state);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(beyond <= 0, `${state} is ${beyond} px too wide`);
      await context.close();
    }
  });
}

test("no page breaks its own policy, logs an error or misses a file", async () => {
  for (const [state, reach] of STATES) {
    const context = await site.visitor();
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    await reach(page);
    await page.waitForLoadState("networkidle");
    // The browser itself logs the status of the pages that are rightly not found or gone.
    const ours = wrong.filter((line) => !/status of (404|410)/.test(line));
    assert.deepEqual(ours, [], state);
    await context.close();
  }
});

test("the texts of scripts are there in every language", async () => {
  for (const [locale, words] of [
    ["fr-BE", "Afficher"],
    ["en-GB", "Show"],
    ["nl-BE", "Tonen"],
    ["de-BE", "Anzeigen"],
  ] as const) {
    const page = await (await site.visitor({ locale })).newPage();
    await page.goto("/Account/Login");
    assert.equal(await page.locator(".password button").innerText(), words);
  }
});

test("the keyboard alone gets from the sign-in page to a mail and to the account", async () => {
  const page = await (await site.visitor()).newPage();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const tabTo = async (reached: () => Promise<boolean>) => {
    for (let n = 0; n < 40; n++) {
      await press("Tab");
      if (await reached()) return;
    }
    assert.fail("not reached with forty presses of Tab");
  };
  const focused = (text: string) => () =>
    page.evaluate((text) => (document.activeElement as HTMLElement | null)?.innerText === text, text);

  await page.goto("/Account/Login");
  await press("Tab", "Enter");
  assert.equal(await focusedId(page), "main");
  await tabTo(focused("Mot de passe oublié"));
  await press("Enter");
  await page.waitForURL("**/Account/ForgotPassword");
  await tabTo(async () => (await focusedId(page)) === "identifier");
  await page.keyboard.type("lea");
  await press("Enter");
  await page.locator("#message:focus").waitFor();

  await tabTo(focused("Retour à la connexion"));
  await press("Enter");
  await page.waitForURL("**/Account/Login");
  await tabTo(async () => (await focusedId(page)) === "username");
  await page.keyboard.type("lea");
  await press("Tab");
  assert.equal(await focusedId(page), "password");
  await page.keyboard.type(PASSWORD);
  await press("Enter");
  await page.waitForURL("**/Account");
});

test("without scripts the journey is the same", async () => {
  const page = await (await site.visitor({ javaScriptEnabled: false })).newPage();
  await page.goto("/Account/ForgotPassword");
  await page.locator("#identifier").fill("lea");
  await page.locator("form button").click();
  await page.getByRole("heading", { name: "Vérifiez vos e-mails" }).waitFor();

  await page.goto(`/Account/ResetPassword${link}`);
  await page.locator("#email").fill(EMAIL);
  await page.locator("#new_password").fill("Babou46+");
  await page.locator("#confirm_password").fill("Babou46+");
  await page.locator("form button").click();
  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();

  await signIn(page, "lea", "Babou46+");
  await page.waitForURL("**/Account");
  await page.getByRole("button", { name: "Se déconnecter" }).click();
  await page.waitForURL("**/Account/Login");
});
