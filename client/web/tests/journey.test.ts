/** The help document of the old system, step by step, in the words that the person sees. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Page } from "playwright-core";

import { focusedId, PASSWORD, Site } from "./site.js";

const USERNAME = "jean.dupont";
const EMAIL = "jean.dupont@ecole.example";

let site: Site;
before(async () => (site = await Site.open()));
after(() => site.close());

test("a person of the old system gets in, step by step", async () => {
  const accountId = await site.inherit(USERNAME);
  await site.admin.account.migrateAccount({ accountId, email: EMAIL, locale: "fr" });
  await site.linkMailedTo(EMAIL);
  const page = await (await site.visitor()).newPage();

  // Steps 1 to 4: the address, "Connexion", "Mot de passe oublié", and one of the two ways.
  await page.goto("/");
  await page.getByRole("link", { name: "Connexion" }).click();
  await page.getByRole("link", { name: "Mot de passe oublié" }).click();
  await page.getByRole("radio", { name: "Adresse e-mail" }).check();
  await page.getByRole("textbox", { name: "Adresse e-mail" }).fill(EMAIL);
  await page.getByRole("button", { name: "Valider" }).click();

  // Step 5: a message says that there is a mail to look for, and what to do if none comes.
  await page.getByRole("heading", { name: "Vérifiez vos e-mails" }).waitFor();
  assert.match(await page.locator("#message").innerText(), /un e-mail est en route/);
  assert.equal(await focusedId(page), "message");
  await page.getByText("courriers indésirables").waitFor();
  assert.match(await page.locator("#again-wait").innerText(), /dans \d+\ss/);

  // Steps 6 and 7: the mail, its link, and at its bottom the username and the address.
  const [, asked] = await site.mailsTo(EMAIL, 2);
  assert.match(asked ?? "", new RegExp(`${USERNAME}[^]*${EMAIL}`));
  const { userId, code } = await site.linkMailedTo(EMAIL);

  // Step 8: the address, the new password twice, the rules.
  await page.goto(`/Account/ResetPassword?userId=${userId}&code=${code}`);
  await page.getByLabel("Adresse e-mail").fill(EMAIL);
  await page.getByLabel("Nouveau mot de passe", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Confirmer le mot de passe", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Réinitialiser" }).click();

  // Step 9: it is done, and the application comes by itself.
  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
  assert.match(await page.locator("#message").innerText(), new RegExp(USERNAME));
  assert.equal(await focusedId(page), "message");
  assert.match(await page.locator("#redirect").innerText(), /dans [1-5] secondes/);
  await page.waitForURL("**/Account/Login");

  // Steps 10 and 11: an address is not the username, and the username opens the door.
  await mistakeTheAddressForTheUsername(page);
  await page.getByLabel("Identifiant", { exact: true }).fill(USERNAME);
  assert.equal(await page.locator("#username-error").innerText(), "");
  await page.getByLabel("Mot de passe", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Connexion" }).click();
  await page.getByText(`Vous êtes connecté en tant que ${USERNAME}.`).waitFor();
  assert.equal(new URL(page.url()).pathname, "/Account");
});

async function mistakeTheAddressForTheUsername(page: Page): Promise<void> {
  const hint = page.locator("#username-hint");
  assert.equal(await hint.isVisible(), true);

  await page.getByLabel("Identifiant", { exact: true }).fill(EMAIL);

  assert.equal(await hint.isVisible(), false);
  assert.match(await page.locator("#username-error").innerText(), /Vous avez tapé une adresse e-mail/);
}
