/** An authenticator app: added on "my account", asked for after the password, lost. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Page } from "playwright-core";

import { assertAccessible, focusedId, PASSWORD, signIn, Site } from "./site.js";
import { codeAt } from "./totp.js";

/** Until a telephone shows another code than the one that was used. */
const A_MINUTE = 60;

let site: Site;
let ahead = 0;
before(async () => (site = await Site.open()));
after(() => site.close());

function shown(secret: string): string {
  return codeAt(secret, Date.now() + ahead * 1_000);
}

function wait(): void {
  ahead += A_MINUTE;
  site.advance(ahead);
}

/** Signs up somebody and adds an app on "my account". */
async function enrol(username: string): Promise<{ id: string; page: Page; secret: string; codes: string[] }> {
  const id = await site.signUp(username);
  const page = await (await site.visitor()).newPage();
  await signIn(page, username);
  await page.getByText("Votre mot de passe suffit pour vous connecter.").waitFor();
  await page.locator("#begin_password").fill(PASSWORD);
  await page.getByRole("button", { name: "Ajouter une application" }).click();
  await page.locator("#factor-square svg").waitFor();
  assert.equal(await focusedId(page), "totp_code");
  await assertAccessible(page, "an app to be scanned");
  const secret = (await page.locator("#factor-secret").innerText()).replaceAll(" ", "");
  await page.locator("#totp_code").fill(shown(secret));
  await page.getByRole("button", { name: "Confirmer" }).click();
  await page.getByText("Gardez ces codes en lieu sûr").waitFor();
  const codes = await page.locator("#recovery-codes li").allInnerTexts();
  await assertAccessible(page, "recovery codes");
  wait();
  return { id, page, secret, codes };
}

/** The second screen, after the password. */
async function asked(username: string, javaScriptEnabled = true): Promise<Page> {
  const page = await (await site.visitor({ javaScriptEnabled })).newPage();
  await signIn(page, username);
  await page.locator("#code").waitFor();
  return page;
}

async function type(page: Page, code: string): Promise<void> {
  await page.locator("#code").fill(code);
  await page.locator("#code").press("Enter");
}

test("an app that was added is asked for after the password", async () => {
  const { secret, codes } = await enrol("lea");
  assert.equal(codes.length, 10);

  const page = await asked("lea");
  assert.equal(await focusedId(page), "code");
  assert.equal(await page.locator("#password").isVisible(), false);
  await assertAccessible(page, "the second screen");
  await type(page, "000000");
  await page.getByText("Ce code n'est pas le bon").waitFor();
  assert.equal(await page.locator("#code").inputValue(), "000000");
  const code = shown(secret);
  await type(page, `${code.slice(0, 3)} ${code.slice(3)}`);

  await page.waitForURL("**/Account");
  await page.getByText("Codes de secours restants\u202f: 10").waitFor();
});

test("without scripts the second screen is the same", async () => {
  const { secret, codes } = await enrol("noa");

  const page = await asked("noa", false);
  assert.equal(await page.locator("#username").isVisible(), false);
  await type(page, "999 999");
  await page.getByText("Ce code n'est pas le bon").waitFor();
  await type(page, shown(secret));
  await page.waitForURL("**/Account");

  const withoutApp = await asked("noa", false);
  await type(withoutApp, codes[0]?.toLowerCase() ?? "");
  await withoutApp.waitForURL("**/Account");
});

test("who takes too long begins anew and is told why", async () => {
  const { secret } = await enrol("zoe");
  for (const javaScriptEnabled of [true, false]) {
    const page = await asked("zoe", javaScriptEnabled);
    for (let minute = 0; minute < 6; minute += 1) wait();
    await type(page, shown(secret));

    await page.locator("#username").waitFor();
    assert.notEqual(await page.locator("#message").innerText(), "");
    assert.equal(await page.locator("#code").isVisible(), false);
  }
});

test("the app and the codes can be replaced and removed", async () => {
  const { page, codes } = await enrol("mia");
  await page.locator("#factor_password").fill(PASSWORD);
  await page.getByRole("button", { name: "Nouveaux codes de secours" }).click();
  await page.waitForFunction(
    (first) => ![null, first].includes(document.querySelector("#recovery-codes li")?.textContent ?? null),
    codes[0] ?? null,
  );
  const renewed = await page.locator("#recovery-codes li").allInnerTexts();

  const elsewhere = await asked("mia");
  await type(elsewhere, codes[1] ?? "");
  await elsewhere.getByText("Ce code n'est pas le bon").waitFor();
  await type(elsewhere, renewed[1] ?? "");
  await elsewhere.waitForURL("**/Account");

  await page.locator("#factor_password").fill(PASSWORD);
  await page.getByRole("button", { name: "Retirer l'application" }).click();
  await page.getByText("L'application est retirée.").waitFor();
  const again = await (await site.visitor()).newPage();
  await signIn(again, "mia");
  await again.waitForURL("**/Account");
});

test("who has lost both is helped at the desk of the school", async () => {
  const { id } = await enrol("tom");
  const { institution } = await site.admin.institution.createInstitution({ institution: { displayName: "École" } });
  const institutionId = institution?.id ?? "";
  await site.admin.account.updateAccount({ account: { id, institutionId }, updateMask: { paths: ["institution_id"] } });
  await site.admin.institution.addMember({ institutionId, accountId: await site.signUp("dora") });
  const page = await (await site.visitor()).newPage();
  await signIn(page, "dora");
  await page.getByRole("link", { name: "Débloquer des comptes" }).click();
  await page.getByLabel("Chercher quelqu'un").fill("tom");
  await page.getByLabel("Situation").selectOption("ACTIVE");
  await page.getByRole("button", { name: "Chercher" }).click();
  page.once("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: "Retirer l'application d'authentification: tom" }).click();
  await page.getByText("tom se connecte maintenant avec son mot de passe seul").waitFor();

  assert.equal(await page.getByRole("button", { name: "Retirer l'application d'authentification" }).count(), 0);
  const again = await (await site.visitor()).newPage();
  await signIn(again, "tom");
  await again.waitForURL("**/Account");
});
