/** The page behind the link of a mail. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Page, Route } from "playwright-core";

import { assertAccessible, focusedId, PASSWORD, signIn, Site } from "./site.js";

let site: Site;
before(async () => (site = await Site.open()));
after(() => site.close());

/** A visitor who has just opened the link that was mailed to `username`. */
async function opened(username: string): Promise<{ page: Page; address: string; email: string }> {
  const email = `${username}@ecole.example`;
  await site.signUp(username, email);
  await site.admin.reset.requestReset({ identifier: { case: "username", value: username } });
  const { userId, code } = await site.linkMailedTo(email);
  const address = `/Account/ResetPassword?userId=${userId}&code=${code}`;
  const page = await (await site.visitor()).newPage();
  await page.goto(address);
  return { page, address, email };
}

async function fill(page: Page, email: string, password: string, again = password): Promise<void> {
  await page.locator("#email").fill(email);
  await page.locator("#new_password").fill(password);
  await page.locator("#confirm_password").fill(again);
}

/** Sends the form of somebody who then has more to do on the page than its few seconds allow. */
async function sendAndStay(page: Page): Promise<void> {
  await page.clock.setFixedTime(Date.now());
  await page.getByRole("button", { name: "Réinitialiser" }).click();
}

async function state(page: Page, rule: string): Promise<string | null> {
  return page.locator(`li[data-rule="${rule}"]`).getAttribute("data-state");
}

test("the code leaves the address bar at once", async () => {
  const { page, address } = await opened("scrubbed");

  await page.waitForURL((url) => url.pathname === "/Account/ResetPassword" && url.search === "");
  assert.equal(await page.evaluate(() => history.length), 2);
  assert.ok(address.includes("code="));
});

test("a page that is loaded again still has its link", async () => {
  const { page, email } = await opened("reloaded");
  await page.waitForURL("**/Account/ResetPassword");

  await page.reload();
  await fill(page, email, PASSWORD);
  await sendAndStay(page);

  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Cette adresse est incomplète" }).waitFor();
  await page.getByText("connectez-vous avec ce mot de passe").waitFor();
});

test("rules are ticked off as one types, and told politely", async () => {
  const { page } = await opened("ticking");
  const password = page.locator("#new_password");
  await page.waitForLoadState("networkidle");

  await password.pressSequentially("babou45");
  assert.deepEqual(
    [await state(page, "DIGIT"), await state(page, "UPPERCASE"), await state(page, "MIN_LENGTH")],
    ["met", "open", "open"],
  );

  await password.blur();
  assert.equal(await state(page, "UPPERCASE"), "broken");
  await page.locator("p[role=status].spoken", { hasText: /majuscule.*pas encore respectée/ }).waitFor();

  await password.fill("Password1!");
  await page.locator('li[data-rule="NOT_COMMON"][data-state="broken"]').waitFor();
  await password.fill(PASSWORD);
  await page.locator('li[data-rule="NOT_COMMON"][data-state="met"]').waitFor();
});

test("how hard a password is to guess is said with the reason, aloud too, and decides nothing", async () => {
  const { page, email } = await opened("measured");
  const strength = page.locator("#strength");
  await strength.getByText("Astuce").waitFor();
  await page.waitForLoadState("networkidle");
  const place = await page.getByRole("button", { name: "Réinitialiser" }).boundingBox();

  for (const [password, expected] of [
    ["Babou45+", /Facile à deviner\. C'est un exemple de cette page/],
    ["Tu98765!", /Facile à deviner\. Il contient une suite/],
    ["Lampe violon 42 nuage", /Difficile à deviner/],
    ["Milou62+", /Correct\. Ajoutez un ou deux mots/],
  ] as const) {
    await page.locator("#new_password").fill(password);
    assert.match(await strength.innerText(), expected);
    await page.locator("p[role=status].spoken", { hasText: expected }).waitFor();
  }
  // What is below has not moved from under the pointer.
  assert.deepEqual(await page.getByRole("button", { name: "Réinitialiser" }).boundingBox(), place);

  await page.locator("#new_password").fill("Password1!");
  await strength.getByText("l'un des mots de passe que l'on essaie en premier").waitFor();
  await fill(page, email, "Milou62+");
  await page.getByRole("button", { name: "Réinitialiser" }).click();
  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
});

test("a generated password can be pasted, and generators are told the rules", async () => {
  const { page, email } = await opened("pasted");
  const rules = await page.locator("#new_password").getAttribute("passwordrules");
  assert.equal(
    rules,
    "minlength: 8; maxlength: 128; required: lower; required: digit; required: upper; required: [-+*!?@#%=_];",
  );
  const paste = (field: string) =>
    page.locator(field).evaluate((input: HTMLInputElement) => {
      input.focus();
      document.execCommand("insertText", false, "vV3-kkQ9_mx2#Lp7");
    });
  await page.locator("#email").fill(email);
  await paste("#new_password");
  await paste("#confirm_password");
  assert.equal(await state(page, "SPECIAL"), "met");

  await page.getByRole("button", { name: "Réinitialiser" }).click();
  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
});

test("a refused password keeps what was typed, and the link", async () => {
  const { page, email } = await opened("refused");
  await fill(page, email, "Password1!");

  await page.getByRole("button", { name: "Réinitialiser" }).click();
  await page.locator("#message:not(:empty)").waitFor();

  assert.match(await page.locator("#message").innerText(), /ne respecte pas toutes les règles/);
  assert.equal(await focusedId(page), "message");
  assert.equal(await state(page, "NOT_COMMON"), "broken");
  assert.equal(await page.locator("#email").inputValue(), email);
  assert.equal(await page.locator("#new_password").inputValue(), "Password1!");

  assert.notEqual(await page.locator("#new_password-error").innerText(), "");

  await fill(page, email, PASSWORD);
  assert.equal(await page.locator("#new_password-error").innerText(), "");
  await page.getByRole("button", { name: "Réinitialiser" }).click();
  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
});

test("two passwords that differ are told before anything is sent", async () => {
  const { page, email } = await opened("differing");
  await fill(page, email, PASSWORD, "Babou45-");

  await page.getByRole("button", { name: "Réinitialiser" }).click();

  await page.locator("#confirm_password:focus").waitFor();
  assert.match(await page.locator("#confirm_password-error").innerText(), /ne sont pas identiques/);
});

test("a wrong address is told, and the link stays good", async () => {
  const { page } = await opened("mistaken");
  await fill(page, "somebody.else@ecole.example", PASSWORD);

  await page.getByRole("button", { name: "Réinitialiser" }).click();
  await page.locator("#message:not(:empty)").waitFor();

  assert.match(await page.locator("#message").innerText(), /Vérifiez ce que vous avez tapé/);
  assert.equal(await page.locator("#new_password").inputValue(), PASSWORD);
});

test("a code that was handed over is typed, and survives a slip and a page that is loaded again", async () => {
  const accountId = await site.signUp("handed");
  const { code, link } = await site.admin.reset.issueResetCode({ accountId });
  const page = await (await site.visitor()).newPage();
  await page.goto(new URL(link).pathname + new URL(link).search);
  await assertAccessible(page, "a code is asked for");

  for (let slips = 0; slips < 4; slips++) {
    await page.getByLabel("Votre code").fill("2222-2222-2222");
    await fill(page, "handed", PASSWORD);
    await page.getByRole("button", { name: "Réinitialiser" }).click();
    await page.locator("#message:not(:empty)").waitFor();
    assert.match(await page.locator("#message").innerText(), /ce code/);
    await page.reload();
  }
  await page.getByLabel("Votre code").fill(code.toLowerCase().replaceAll("-", ""));
  await fill(page, "handed", PASSWORD);
  await sendAndStay(page);

  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
  await page.getByText("handed").waitFor();
});

test("the redirect can be stopped, and going back shows no form to fill in again", async () => {
  const { page, email } = await opened("staying");
  await fill(page, email, PASSWORD);
  await sendAndStay(page);

  await page.getByRole("button", { name: "Rester sur cette page" }).click();
  await page.locator("#redirect").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Cliquez ici pour vous connecter" }).click();
  await page.waitForURL("**/Account/Login");
  await page.goBack();
  assert.equal(await page.locator("#new_password").count(), 0);
});

test("a used link says so before anything is typed, and one click brings another", async () => {
  const { page, address, email } = await opened("used");
  await fill(page, email, PASSWORD);
  await sendAndStay(page);
  await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();

  await page.goto(address);
  await page.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();
  await page.getByRole("button", { name: "Recevoir un nouveau lien" }).click();

  await page.getByRole("heading", { name: "Vérifiez vos e-mails" }).waitFor();
});

test("a link that dies while its page is open leads to the page that offers another", async () => {
  const { page, address, email } = await opened("late");
  const { userId, code } = Object.fromEntries(new URL(address, site.url).searchParams) as Record<string, string>;
  await site.admin.reset.revokeReset({ userId: userId ?? "", code: code ?? "" });
  await fill(page, email, PASSWORD);

  await page.getByRole("button", { name: "Réinitialiser" }).click();

  await page.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();
});

test("a new password whose answer is lost is not said to have changed nothing", async () => {
  const { page, email } = await opened("unheard");
  const lose = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route("**/CompleteReset", lose, { times: 1 });
  await fill(page, email, PASSWORD);
  await page.getByRole("button", { name: "Réinitialiser" }).click();
  await page.locator("#message:not(:empty)").waitFor();

  await page.getByRole("button", { name: "Réinitialiser" }).click();

  await page.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();
  assert.match(await page.locator("#message").innerText(), /connectez-vous avec ce mot de passe/);
  await signIn(page, "unheard");
  await page.waitForURL("**/Account");
});

test("an address that has lost its code elsewhere is called incomplete, not dead", async () => {
  const { page } = await opened("elsewhere");
  await page.waitForURL((url) => url.search === "");
  const other = await (await site.visitor()).newPage();

  await other.goto(page.url());

  await other.getByRole("heading", { name: "Cette adresse est incomplète" }).waitFor();
  await assertAccessible(other, "an incomplete address");
  assert.equal(await other.getByRole("button", { name: "Recevoir un nouveau lien" }).count(), 0);
  await other.getByRole("link", { name: "Mot de passe oublié" }).click();
  await other.waitForURL("**/Account/ForgotPassword");
});

test("this was not me: one click and the link is dead", async () => {
  const { page, address } = await opened("stranger");

  await page.goto(address.replace("ResetPassword", "RevokeReset"));
  await page.waitForURL("**/Account/RevokeReset");
  await page.getByRole("button", { name: "Annuler ce lien" }).click();

  await page.getByRole("status").filter({ hasText: "Ce lien ne peut plus servir." }).waitFor();
  assert.equal(await page.getByText("Ce bouton rend inutilisable").count(), 0);
  await page.goto(address);
  await page.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();
});
