/** Pages for everybody: in four languages, by keyboard alone, without scripts. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Page } from "playwright-core";

import { focusedId, PASSWORD, signIn, Site } from "./site.js";

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

/** Somebody who has no mouse. */
function keyboard(page: Page) {
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
  const words = (text: string) => () =>
    page.evaluate((text) => (document.activeElement as HTMLElement | null)?.innerText === text, text);
  return {
    press,
    type: (text: string) => page.keyboard.type(text),
    toWords: (text: string) => tabTo(words(text)),
    toField: (id: string) => tabTo(async () => (await focusedId(page)) === id),
  };
}

test("the keyboard alone gets from the sign-in page to a mail and to the account", async () => {
  const page = await (await site.visitor()).newPage();
  const keys = keyboard(page);
  await page.goto("/Account/Login");
  await keys.press("Tab", "Enter");
  assert.equal(await focusedId(page), "main");
  await keys.toWords("Mot de passe oublié");
  await keys.press("Enter");
  await page.waitForURL("**/Account/ForgotPassword");
  await keys.toField("identifier");
  await keys.type("lea");
  await keys.press("Enter");
  await page.locator("#message:focus").waitFor();

  await keys.toWords("Retour à la connexion");
  await keys.press("Enter");
  await page.waitForURL("**/Account/Login");
  await keys.toField("username");
  await keys.type("lea");
  await keys.press("Tab");
  assert.equal(await focusedId(page), "password");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await page.waitForURL("**/Account");
});

test("the keyboard alone chooses a password, looks at it, and stays on the page that says so", async () => {
  await site.signUp("noa", "noa@ecole.example");
  await site.admin.reset.requestReset({ identifier: { case: "username", value: "noa" } });
  const { userId, code } = await site.linkMailedTo("noa@ecole.example");
  const page = await (await site.visitor()).newPage();
  const keys = keyboard(page);
  await page.goto(`/Account/ResetPassword?userId=${userId}&code=${code}`);
  await keys.toField("email");
  await keys.type("noa@ecole.example");
  await keys.toField("new_password");
  await keys.type(PASSWORD);
  await keys.press("Tab", "Space");
  assert.equal(await page.locator("#new_password").getAttribute("type"), "text");
  await keys.toField("confirm_password");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await page.locator("#message:focus").waitFor();

  await keys.toWords("Rester sur cette page");
  await keys.press("Enter");
  await page.locator("#redirect").waitFor({ state: "detached" });
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
