/** The sign-in page where something goes wrong, and where people are sent afterwards. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Page } from "playwright-core";

import { focusedId, hold, PASSWORD, signIn, Site } from "./site.js";

const APPLICATION = "https://creos.example/";

let site: Site;
before(async () => {
  site = await Site.open({
    GUICHET_THROTTLE: "on",
    GUICHET_THROTTLE_FREE_FAILURES: "2",
    GUICHET_RETURN_URLS: APPLICATION,
  });
  for (const username of ["lea", "noa", "zoe"]) await site.signUp(username);
});
after(() => site.close());

async function told(page: Page): Promise<string> {
  await page.locator("#message:not(:empty)").waitFor();
  assert.equal(await focusedId(page), "message");
  return page.locator("#message").innerText();
}

test("wrong credentials say what to do, and the username stays", async () => {
  const page = await (await site.visitor()).newPage();

  await signIn(page, "lea", "Soleil99+");

  assert.match(await told(page), /Vérifiez votre identifiant et votre mot de passe/);
  assert.equal(await page.locator("#username").inputValue(), "lea");
});

test("an address typed as username is told so by the server, too", async () => {
  const page = await (await site.visitor()).newPage();

  await signIn(page, "lea@ecole.example");

  assert.match(await told(page), /Tapez plutôt votre identifiant/);
});

test("who guesses is told how long to wait, and the button counts it down", async () => {
  const page = await (await site.visitor()).newPage();
  const button = page.locator("form[data-form=login] button:not([type])");
  await signIn(page, "zoe", "wrong");
  await told(page);

  for (const word of ["wronger", "wrongest"]) {
    await page.locator("#password").fill(word);
    await button.click();
    await told(page);
    if (await button.isDisabled()) break;
  }

  assert.match(await told(page), /Réessayez dans \d+\s(secondes|minutes)/);
  assert.equal(await button.isDisabled(), true);
  assert.match(await button.innerText(), /Connexion \(\d+:\d\d\)/);
});

test("without a network the page stays, and so does what was typed", async () => {
  const context = await site.visitor();
  const page = await context.newPage();
  await page.goto("/Account/Login");
  await context.setOffline(true);
  await page.locator("#username").fill("lea");
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Connexion" }).click();

  assert.match(await told(page), /Vous n'êtes pas connecté à internet/);
  assert.equal(await page.locator("#password").inputValue(), PASSWORD);

  await context.setOffline(false);
  await page.getByRole("button", { name: "Connexion" }).click();
  await page.waitForURL("**/Account");
});

test("a server that can't be reached is not called a missing network", async () => {
  const page = await (await site.visitor()).newPage();
  await page.route("**/guichet.v1.AuthService/Login", (route) => route.abort("connectionrefused"));
  await page.goto("/Account/Login");
  await page.locator("#username").fill("lea");
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Connexion" }).click();

  assert.match(await told(page), /Le service n'est pas disponible/);
});

test("a slow server is asked once, however often one clicks", async () => {
  const context = await site.visitor();
  const page = await context.newPage();
  const { asked, letGo } = await hold(page, "Login");
  await page.goto("/Account/Login");
  await page.locator("#username").fill("lea");
  await page.locator("#password").fill(PASSWORD);

  const button = page.getByRole("button", { name: "Connexion" });
  await button.click();
  assert.equal(await page.locator("form[data-form=login]").getAttribute("aria-busy"), "true");
  await button.click();
  letGo();

  await page.waitForURL("**/Account");
  assert.equal(asked(), 1);
});

test("a server that takes too long is said to be slow, and what was typed stays", async () => {
  const page = await (await site.visitor()).newPage();
  await page.route("**/guichet.v1.AuthService/Login", (route) =>
    route.fulfill({ headers: { "content-type": "application/grpc-web+proto", "grpc-status": "4" } }),
  );
  await page.goto("/Account/Login");
  await page.locator("#username").fill("lea");
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Connexion" }).click();

  assert.match(await told(page), /Le service met trop de temps à répondre/);
  assert.equal(await page.locator("#password").inputValue(), PASSWORD);
});

test("a password can be looked at, and is hidden again before it is sent", async () => {
  const page = await (await site.visitor()).newPage();
  await page.goto("/Account/Login");
  const password = page.locator("#password");
  await password.fill("Soleil99+");

  await page.getByRole("button", { name: "Afficher le mot de passe" }).click();
  assert.equal(await password.getAttribute("type"), "text");

  await page.locator("#username").fill("noa");
  await page.getByRole("button", { name: "Connexion" }).click();
  await told(page);
  assert.equal(await password.getAttribute("type"), "password");
});

test("who has locked the capitals is told so beside the password, until they are free again", async () => {
  const page = await (await site.visitor()).newPage();
  await page.goto("/Account/Login");
  const press = (modifierCapsLock: boolean) =>
    page.locator("#password").evaluate((input, modifierCapsLock) => {
      input.dispatchEvent(new KeyboardEvent("keyup", { key: "A", modifierCapsLock, bubbles: true }));
    }, modifierCapsLock);
  const notice = page.getByRole("status").filter({ hasText: "La touche Verr. Maj. est activée." });

  await press(true);
  await notice.waitFor();

  await press(false);
  await notice.waitFor({ state: "detached" });
});

test("people are sent where they came from, if the address is on the list", async () => {
  for (const [asked, expected] of [
    [APPLICATION, APPLICATION],
    ["https://evil.example/", `${site.url}/Account`],
    ["javascript:alert(1)", `${site.url}/Account`],
  ] as const) {
    const context = await site.visitor();
    const page = await context.newPage();
    await page.goto(`/Account/Login?return_url=${encodeURIComponent(asked)}`);
    await page.locator("#username").fill("noa");
    await page.locator("#password").fill(PASSWORD);
    await page.getByRole("button", { name: "Connexion" }).click();

    await page.waitForURL(expected);
    await context.close();
  }
});

test("what is no address is told beside the field that it was typed into", async () => {
  const page = await (await site.visitor()).newPage();
  await page.goto("/Account/ForgotPassword");
  await page.getByRole("radio", { name: "Adresse e-mail" }).check();
  await page.locator("#identifier").fill("lea");
  await page.getByRole("button", { name: "Valider" }).click();
  await told(page);

  assert.equal(await page.locator("#identifier").getAttribute("aria-invalid"), "true");
  assert.notEqual(await page.locator("#identifier-error").innerText(), "");
});

test("who has forgotten the password still gets back to where they came from", async () => {
  const context = await site.visitor();
  const page = await context.newPage();
  await site.signUp("ada", "ada@ecole.example");
  await page.goto(`/Account/Login?return_url=${encodeURIComponent(APPLICATION)}`);
  await page.getByRole("link", { name: "Mot de passe oublié" }).click();
  await page.locator("#identifier").fill("ada");
  await page.getByRole("button", { name: "Valider" }).click();
  await page.getByRole("heading", { name: "Vérifiez vos e-mails" }).waitFor();

  const { userId, code } = await site.linkMailedTo("ada@ecole.example");
  await page.goto(`/Account/ResetPassword?userId=${userId}&code=${code}`);
  await page.locator("#email").fill("ada@ecole.example");
  await page.locator("#new_password").fill(PASSWORD);
  await page.locator("#confirm_password").fill(PASSWORD);
  await page.getByRole("button", { name: "Réinitialiser" }).click();

  const onward = page.getByRole("link", { name: "Cliquez ici pour vous connecter" });
  assert.equal(await onward.getAttribute("href"), APPLICATION);
});

test("no script can read the refresh token, and nothing is left in the browser's storage", async () => {
  const context = await site.visitor();
  const page = await context.newPage();
  await signIn(page, "noa");
  await page.waitForURL("**/Account");

  const cookie = (await context.cookies()).find(({ name }) => name === "guichet_refresh");
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
  const kept = await page.evaluate(() => [document.cookie, { ...localStorage }, { ...sessionStorage }]);
  assert.deepEqual(kept, ["", {}, {}]);
});
