/** "My account". */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import type { BrowserContext, Page } from "playwright-core";

import { focusedId, PASSWORD, signIn, Site } from "./site.js";

let site: Site;
before(async () => (site = await Site.open()));
after(() => site.close());

/** "My account" of somebody who has just signed in. */
async function signedIn(username: string, context?: BrowserContext): Promise<Page> {
  const page = await (context ?? (await site.visitor())).newPage();
  await signIn(page, username);
  await page.getByText(`Vous êtes connecté en tant que ${username}.`).waitFor();
  return page;
}

/** Whether this is where people sign in, and come back to "my account" from. */
const isSignIn = ({ origin, pathname, searchParams }: URL) =>
  pathname === "/Account/Login" && searchParams.get("return_url") === `${origin}/Account`;

async function changePassword(page: Page, to: string): Promise<void> {
  const form = page.locator('form[data-form="change-password"]');
  await form.locator("#current_password").fill(PASSWORD);
  await form.locator("#new_password").fill(to);
  await form.locator("#confirm_password").fill(to);
  await form.getByRole("button", { name: "Changer" }).click();
}

test("the sessions are listed, this one is named, and another one can be ended", async () => {
  await site.signUp("lea");
  const elsewhere = await signedIn("lea");
  const page = await signedIn("lea");
  const sessions = page.locator("#sessions li");
  assert.equal(await sessions.count(), 2);
  assert.match(await sessions.nth(0).innerText(), /Chrome, Linux \(cet appareil\)/);

  await page.getByRole("button", { name: "Déconnecter: Chrome, Linux" }).click();
  await sessions.nth(1).waitFor({ state: "detached" });

  assert.equal(await sessions.count(), 1);
  assert.equal(await focusedId(page), "sessions");
  await elsewhere.reload();
  await elsewhere.waitForURL(isSignIn);
});

test("the password can be changed, which ends the other sessions", async () => {
  await site.signUp("noa");
  await signedIn("noa");
  const page = await signedIn("noa");
  await changePassword(page, "Cool72++");

  await page.getByText("Votre mot de passe est changé.").waitFor();
  await page.locator("#sessions li").nth(1).waitFor({ state: "detached" });
  const again = await (await site.visitor()).newPage();
  await signIn(again, "noa", "Cool72++");
  await again.waitForURL("**/Account");
});

test("who did not change the password says so from the notice, and the code is in no address", async () => {
  const address = "eva@ecole.example";
  await site.signUp("eva", address);
  const thief = await signedIn("eva");
  await changePassword(thief, "Cool72++");
  const { userId, code } = await site.linkMailedTo(address);
  const page = await (await site.visitor()).newPage();
  await page.goto(`/Account/RevokeReset?userId=${userId}&code=${code}`);
  await page.waitForFunction(() => location.search === "");

  await page.reload();
  await page.waitForFunction(() => location.search === "");
  assert.match(await page.locator("#what").innerText(), /votre mot de passe ne fonctionnera plus/);
  await page.getByRole("button", { name: "Ce n'était pas moi" }).click();
  await page.locator("#message:focus").waitFor();

  assert.match(await page.locator("#message").innerText(), /tous les appareils sont déconnectés/);
  assert.equal(page.url(), `${site.url}/Account/RevokeReset`);
  await thief.reload();
  await thief.waitForURL(isSignIn);
});

test("a notice whose link dies before the click is not answered with what was not done", async () => {
  const address = "iris@ecole.example";
  await site.signUp("iris", address);
  await changePassword(await signedIn("iris"), "Cool72++");
  const { userId, code } = await site.linkMailedTo(address);
  const page = await (await site.visitor()).newPage();
  await page.goto(`/Account/RevokeReset?userId=${userId}&code=${code}`);
  await page.waitForFunction(() => location.search === "");
  await site.admin.reset.revokeReset({ userId, code });

  await page.getByRole("button", { name: "Ce n'était pas moi" }).click();

  await page.locator("#message:focus").waitFor();
  assert.match(await page.locator("#message").innerText(), /^Ce lien ne peut plus servir\./);
  assert.equal(page.url(), `${site.url}/Account/RevokeReset`);
});

test("a wrong present password is told", async () => {
  await site.signUp("zoe");
  const page = await signedIn("zoe");
  const form = page.locator('form[data-form="change-password"]');
  await form.locator("#current_password").fill("wrong");
  await form.locator("#new_password").fill("Cool72++");
  await form.locator("#confirm_password").fill("Cool72++");
  await form.getByRole("button", { name: "Changer" }).click();

  await page.locator("#message:focus").waitFor();
  assert.match(await page.locator("#message").innerText(), /Vérifiez/);
  assert.equal(await page.locator("#new_password").inputValue(), "Cool72++");
});

test("the address can be changed, and its link confirms it", async () => {
  await site.signUp("ada", "ada@ecole.example");
  const page = await signedIn("ada");
  const form = page.locator('form[data-form="change-email"]');
  await form.locator("#new_email").fill("ada@maison.example");
  await form.locator("#email_password").fill(PASSWORD);
  await form.getByRole("button", { name: "Changer" }).click();
  await page.getByText("Ouvrez l'e-mail que nous avons envoyé à ada@maison.example").waitFor();

  const { userId, code } = await site.linkMailedTo("ada@maison.example");
  await page.goto(`/Account/ConfirmEmail?userId=${userId}&code=${code}`);
  await page.waitForURL("**/Account/ConfirmEmail");
  await page.getByRole("button", { name: "Confirmer cette adresse" }).click();

  await page.getByText("L'adresse e-mail de votre compte est maintenant ada@maison.example.").waitFor();
});

test("everything held about the person comes as one file", async () => {
  await site.signUp("mia", "mia@ecole.example");
  const page = await signedIn("mia");
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Télécharger mes données" }).click();

  const data = JSON.parse(await readFile(await (await coming).path(), "utf8"));
  assert.equal(data.account[0].username, "mia");
  assert.equal(data.session.length, 1);
});

test("signing out in one tab shows the sign-in page in the other", async () => {
  await site.signUp("tim");
  const context = await site.visitor();
  const [one, two] = [await signedIn("tim", context), await context.newPage()];
  await two.goto("/Account");
  await two.getByText("Vous êtes connecté en tant que tim.").waitFor();

  await one.getByRole("button", { name: "Se déconnecter" }).click();

  await one.waitForURL("**/Account/Login");
  await two.waitForURL(isSignIn);
  assert.deepEqual((await context.cookies()).filter(({ name }) => name === "guichet_refresh"), []);
});

test("two tabs whose token expires renew it once, and both go on", async () => {
  await site.signUp("lou");
  const context = await site.visitor();
  const [one, two] = [await signedIn("lou", context), await context.newPage()];
  await two.goto("/Account");
  await two.getByText("Vous êtes connecté en tant que lou.").waitFor();
  const refreshes: string[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/Refresh")) refreshes.push(request.url());
  });
  site.advance(601);

  const endOthers = (page: Page) => page.locator("#end-others").evaluate((button: HTMLButtonElement) => button.click());
  const answered = (page: Page) =>
    page.waitForResponse((response) => response.url().endsWith("/ListSessions") && response.ok());
  await Promise.all([answered(one), answered(two), endOthers(one), endOthers(two)]);

  assert.equal(refreshes.length, 1);
  assert.equal(await one.locator("#message").innerText(), "");
});

test("without a session there is only the way to the sign-in page", async () => {
  const page = await (await site.visitor()).newPage();

  await page.goto("/Account");

  await page.waitForURL(isSignIn);
});

test("who has to sign in again is taken there by whichever form finds out, and comes back", async () => {
  const accountId = await site.signUp("ines");
  for (const name of ["change-password", "change-email", "factor-begin"]) {
    const page = await signedIn("ines");
    await site.admin.auth.revokeAllSessions({ accountId });
    const form = page.locator(`form[data-form="${name}"]`);
    for (const input of await form.locator("input:visible").all()) await input.fill("ines@ecole.example");
    await form.locator("button:not([type])").click();
    await page.waitForURL(isSignIn);
  }

  await signedIn("ines");
  const page = await signedIn("ines");
  await site.admin.auth.revokeAllSessions({ accountId });
  await page.getByRole("button", { name: "Déconnecter: Chrome, Linux" }).click();
  await page.waitForURL(isSignIn);
  await page.locator("#username").fill("ines");
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#password").press("Enter");
  await page.getByText("Vous êtes connecté en tant que ines.").waitFor();
});

test("who signs in in another tab while the page fills does not find it filled with somebody else's", async () => {
  await site.signUp("max");
  await site.signUp("eli");
  const context = await site.visitor();
  const [page, other] = [await signedIn("max", context), await context.newPage()];
  let go = () => {};
  const stopped = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/ListSessions", (route) => stopped.then(() => route.continue()), { times: 1 });
  const asked = page.waitForRequest("**/ListSessions");
  await page.reload();
  await asked;

  await signIn(other, "eli");
  await other.getByText("Vous êtes connecté en tant que eli.").waitFor();
  go();

  await page.getByText("Vous êtes connecté en tant que eli.").waitFor();
});

test("signing in again leads back, and signing out leads on to the application", async (context) => {
  const application = "https://creos.example/";
  const other = await Site.open({ GUICHET_APP_URL: application });
  context.after(() => other.close());
  await other.signUp("kim");
  const page = await (await other.visitor()).newPage();
  const fill = async () => {
    await page.locator("#username").fill("kim");
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#password").press("Enter");
  };

  await page.goto("/Account");
  await page.waitForURL(isSignIn);
  await fill();
  await page.waitForURL("**/Account");
  await page.getByText("Vous êtes connecté en tant que kim.").waitFor();

  await page.getByRole("button", { name: "Se déconnecter" }).click();
  await page.waitForURL("**/Account/Login");
  await fill();
  await page.waitForURL(application);
});
