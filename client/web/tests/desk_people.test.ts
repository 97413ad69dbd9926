/** The desk: who is stopped or has to wait, several people at once, and a director who has to sign in again. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Page } from "playwright-core";

import { Refusing } from "./mail_server.js";
import { card, find, plain, printing, School, toldOf } from "./school.js";
import { hold, PASSWORD, signIn, type Site } from "./site.js";

/** More than it takes until a mail is tried again. */
const WEEK_SECONDS = 7 * 24 * 3_600;

let school: School;
let site: Site;
before(async () => {
  school = await School.open();
  ({ site } = school);
});
after(() => school.close());

/** Signs in at home, and waits for what the page says. */
async function triesFromHome(home: Page, username: string, password: string): Promise<void> {
  await signIn(home, username, password);
  await home.locator("#message:not(:empty)").waitFor();
}

/** A browser at home in which somebody is signed in in the end. */
async function signsIn(home: Page, username: string): Promise<void> {
  await signIn(home, username);
  await home.getByText(`Vous êtes connecté en tant que ${username}.`).waitFor();
}

/** The page says that whoever is signed in has no desk. */
async function notYours(page: Page): Promise<void> {
  await page.getByText("Cette page est pour les personnes qui gèrent une institution.").waitFor();
  assert.equal(await page.locator("#desk").isVisible(), false);
}

/** How often a page calls an RPC from now on. */
function calls(page: Page, rpc: string): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (request.url().endsWith(`/${rpc}`)) count += 1;
  });
  return () => count;
}

test("an account that was stopped is let in again", async () => {
  const accountId = await school.active("n.stop", "Nora Stop");
  await site.admin.account.disableAccount({ accountId });
  const page = await school.desk("stop", "DISABLED");
  const nora = card(page, "Nora Stop");
  await nora.getByText("Compte arrêté").waitFor();

  await nora.getByRole("button", { name: "Réactiver le compte" }).click();

  await page.getByText("Le compte de Nora Stop est réactivé.").waitFor();
  assert.equal(await nora.count(), 0);
  await find(page, "stop", "ACTIVE");
  await nora.getByText("Peut se connecter").waitFor();
  assert.equal(await nora.getByRole("button", { name: "Réactiver" }).count(), 0);
  await signsIn(await (await site.visitor()).newPage(), "n.stop");
});

test("a code on a card migrates, so that the card offers no migration any more", async () => {
  await school.pupil("g.code", "Guy Code", "guy@ecole.example");
  const page = await school.desk("code");
  const total = await page.locator("#total").innerText();
  const guy = card(page, "Guy Code");
  await guy.getByRole("button", { name: "Migrer et envoyer l'e-mail" }).waitFor();

  await guy.getByRole("button", { name: "Donner un code" }).click();

  await guy.getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).waitFor();
  assert.equal(await guy.getByText("pas encore migré").count(), 0);
  await guy.getByRole("heading", { name: "Choisir votre mot de passe" }).waitFor();
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /Donner un code/);
  assert.notEqual(await page.locator("#total").innerText(), total);

  await guy.getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).click();
  await page.getByText("Un e-mail est en route vers guy@ecole.example.").waitFor();
});

test("whoever gets no sheet stops nobody else's, and is named", async () => {
  await school.pupil("f.anna", "Fiche Anna");
  const account = { id: await school.active("f.bart", "Fiche Bart"), roles: ["admin"] };
  await site.admin.account.updateAccount({ account, updateMask: { paths: ["roles"] } });
  await school.pupil("f.carl", "Fiche Carl");
  await site.admin.account.disableAccount({ accountId: await school.active("f.nora", "Fiche Nora") });
  const page = await school.desk("fiche", "");
  await printing(page);
  const codes = calls(page, "IssueResetCode");
  assert.equal(await page.locator("#people > li").count(), 4);
  await page.getByLabel("Sélectionner toutes").check();

  await page.getByRole("button", { name: "Imprimer une fiche par personne" }).click();

  await page.locator("#message:focus").waitFor();
  assert.deepEqual((await plain(page.locator("#message"))).split("\n"), [
    "Codes donnés : 2. Refusés : 1. Laissés de côté : 1.",
    "Fiche Bart : vous n'avez pas ce droit pour cette personne",
    "Fiche Nora : compte arrêté",
  ]);
  assert.equal(codes(), 3);
  await page.locator("body.printed").waitFor();
  const sheets = page.locator("#sheets .sheet");
  assert.equal(await sheets.count(), 2);
  await card(page, "Fiche Anna").getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).waitFor();

  await page.emulateMedia({ media: "print" });
  const [link = "", code = ""] = await sheets.first().locator("li strong").allInnerTexts();
  await school.choosePassword(link, "f.anna", code);
});

test("codes that were made before the network broke are on paper", async () => {
  await school.pupil("r.un", "Rupture Un");
  await school.pupil("r.deux", "Rupture Deux");
  const page = await school.desk("rupture");
  await printing(page);
  let asked = 0;
  await page.route("**/IssueResetCode", (route) => (++asked > 1 ? route.abort() : route.continue()));
  await page.getByLabel("Sélectionner toutes").check();

  await page.getByRole("button", { name: "Imprimer une liste" }).click();

  await page.locator("#message[role=alert]:focus").waitFor();
  await page.locator("body.printed").waitFor();
  assert.equal(await page.locator("#sheets tr").count(), 1);
  await page.getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).waitFor();
});

test("of many mails those that are not sent are told by name, with the reason", async () => {
  await school.pupil("e.alice", "Envoi Alice", "alice@ecole.example");
  const bob = await school.pupil("e.bob", "Envoi Bob", "bob@ecole.example");
  await school.pupil("e.cora", "Envoi Cora");
  const page = await school.desk("envoi");
  await site.admin.account.migrateAccount({ accountId: bob, email: "bob@ecole.example" });
  await page.getByLabel("Sélectionner toutes").check();

  await page.getByRole("button", { name: "Migrer et envoyer les e-mails" }).click();

  await page.locator("#message[role=status]:focus").waitFor();
  assert.deepEqual((await plain(page.locator("#message"))).split("\n"), [
    "Envoyés : 1. Refusés : 1. Laissés de côté : 1.",
    "Envoi Bob : l'état du compte ne le permet pas",
    "Envoi Cora : aucune adresse",
  ]);
  await site.linkMailedTo("alice@ecole.example");
});

test("of mails that break off it is told how many went out, and of whom nobody knows", async () => {
  await school.pupil("p.alma", "Panne Alma", "alma@ecole.example");
  await school.pupil("p.bea", "Panne Béa", "bea@ecole.example", true);
  const page = await school.desk("panne");
  await page.route("**/SendActivation", (route) => route.abort());
  await page.getByLabel("Sélectionner toutes").check();

  await page.getByRole("button", { name: "Migrer et envoyer les e-mails" }).click();

  await page.locator("#message[role=alert]:focus").waitFor();
  const [first, ...rest] = (await plain(page.locator("#message"))).split("\n");
  assert.match(first ?? "", /Le service n'est pas disponible/);
  assert.deepEqual(rest, [
    "Envoyés : 1. Refusés : 0. Laissés de côté : 0.",
    "Panne Béa : pas de réponse : regardez la liste",
  ]);
  await card(page, "Panne Alma").getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).waitFor();
});

/** What may go wrong when the list is drawn anew, and after what. */
const NOT_DRAWN = [
  { rpc: "GetMigrationReport", button: "Migrer et envoyer les e-mails", told: /Envoyés\s: 1/ },
  { rpc: "ListPeople", button: "Migrer et envoyer les e-mails", told: /Envoyés\s: 1/ },
  { rpc: "ListPeople", button: "Imprimer une liste", told: /Codes donnés\s: 1/ },
];

for (const [index, { rpc, button, told }] of NOT_DRAWN.entries()) {
  test(`who is migrated is not migrated again by the next press, where ${rpc} fails after "${button}"`, async () => {
    await school.pupil(`p.cleo${index}`, `Coupure${index} Cléo`, `cleo${index}@ecole.example`);
    const page = await school.desk(`coupure${index}`);
    await printing(page);
    await page.route(`**/${rpc}`, (route) => route.abort());
    await page.getByLabel("Sélectionner toutes").check();
    await page.getByRole("button", { name: button }).click();
    await page.locator("#message[role=alert]:focus").filter({ hasText: told }).waitFor();
    await page.locator("#desk:not([aria-busy=true])").waitFor();
    await page.unroute(`**/${rpc}`);

    await page.getByRole("button", { name: "Migrer et envoyer les e-mails" }).click();

    await page.locator("#message[role=status]").filter({ hasText: /Envoyés\s: 1. Refusés\s: 0/ }).waitFor();
  });
}

test("a search that fails leaves the list as it was, with who is chosen on it and what comes after it", async () => {
  const numbers = Array.from({ length: 26 }, (_, index) => index);
  await Promise.all(numbers.map((number) => school.pupil(`t.suite${number}`, `Suite ${number}`)));
  await school.pupil("t.autre", "Tout Autre");
  const page = await school.desk("suite");
  await printing(page);
  const people = page.locator("#people > li");
  assert.equal(await people.count(), 25);
  await people.first().getByRole("checkbox").check();
  await page.route("**/ListPeople", (route) => route.abort());
  await page.getByLabel("Chercher quelqu'un").fill("autre");
  await page.getByRole("button", { name: "Chercher" }).click();
  await page.locator("#message[role=alert]").filter({ hasText: "Le service n'est pas disponible" }).waitFor();
  await page.unroute("**/ListPeople");

  await page.getByRole("button", { name: "Afficher la suite" }).click();

  await page.locator("#found").filter({ hasText: /affichées\s: 26/ }).waitFor();
  assert.equal(await people.filter({ hasText: "Suite" }).count(), 26);
  await page.locator("#desk:not([aria-busy=true])").waitFor();
  await page.getByRole("button", { name: "Imprimer une liste" }).click();
  await page.locator("#message[role=status]").filter({ hasText: /Codes donnés\s: 1/ }).waitFor();
});

test("who has to sign in again comes back to the desk", async () => {
  const page = await school.desk("");
  const { accounts } = await site.admin.account.lookupAccounts({ key: { case: "username", value: "dora" } });
  await site.admin.auth.revokeAllSessions({ accountId: accounts[0]?.id ?? "" });

  await page.getByRole("button", { name: "Chercher" }).click();
  await page.locator("#username").fill("dora");
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#password").press("Enter");

  await page.waitForURL("**/Institution");
  await page.locator("#desk").waitFor();
});

/** A desk with a sheet made for somebody, and another tab of the same browser. */
async function shared(username: string, name: string): Promise<{ page: Page; other: Page }> {
  await school.pupil(username, name);
  const page = await school.desk(username);
  await printing(page);
  await page.getByLabel("Sélectionner toutes").check();
  await page.getByRole("button", { name: "Imprimer une fiche par personne" }).click();
  await page.locator("body.printed").waitFor();
  await page.locator("#desk:not([aria-busy=true])").waitFor();
  return { page, other: await page.context().newPage() };
}

test("signing out in another tab leaves no desk open", async () => {
  const { page, other } = await shared("q.quitte", "Quentin Quitte");
  await other.goto("/Account");

  await other.getByRole("button", { name: "Se déconnecter" }).click();

  await page.waitForURL((url) => url.pathname === "/Account/Login" && url.search.includes("Institution"));
});

test("the desk is not carried on with the session of whoever signs in next in another tab", async () => {
  await site.signUp("tess");
  const { page, other } = await shared("s.suit", "Sam Suit");

  await signsIn(other, "tess");

  await notYours(page);
  assert.equal(await page.locator("#people > li, #sheets > *").count(), 0);
});

test("a desk that is still being opened is not opened for whoever signs in meanwhile in another tab", async () => {
  await site.signUp("tina");
  await school.pupil("o.ouvre", "Olga Ouvre");
  const page = await school.desk("ouvre");
  const { asked, letGo } = await hold(page, "ListResetRequests");
  await page.reload();
  await page.locator("#people > li").first().waitFor({ state: "attached" });
  const other = await page.context().newPage();

  await signsIn(other, "tina");
  letGo();

  await notYours(page);
  assert.equal(await page.locator("#people > li").count(), 0);
  assert.equal(asked(), 1);
});

test("codes that one person has begun to make are not gone on with for the next, nor printed", async () => {
  await site.signUp("tara");
  for (const number of ["un", "deux", "trois"]) await school.pupil(`v.${number}`, `Vite ${number}`);
  const page = await school.desk("vite");
  await printing(page);
  const { asked, letGo } = await hold(page, "IssueResetCode");
  // The page is kept from being left, so that its script would go on.
  await page.evaluate(() => {
    const { navigation } = window as unknown as { navigation: EventTarget };
    navigation.addEventListener("navigate", (event) => event.preventDefault(), { once: true });
  });
  await page.getByLabel("Sélectionner toutes").check();
  const other = await page.context().newPage();
  await other.goto("/Account/Login");
  await other.locator("#username").fill("tara");
  await other.locator("#password").fill(PASSWORD);

  const begun = page.waitForRequest("**/IssueResetCode");
  await page.getByRole("button", { name: "Imprimer une liste" }).click();
  await begun;
  await other.locator("#password").press("Enter");
  await page.locator("#desk").waitFor({ state: "hidden" });
  const answer = page.waitForResponse((response) => response.url().endsWith("/IssueResetCode"));
  letGo();
  // Not until it is "finished": the client leaves the empty body of a refusal unread, and Playwright then waits for ever.
  await answer;
  // Whatever would go on has had the time of another call.
  await page.evaluate(async () => (await fetch("/Account/Login")).text());

  assert.equal(asked(), 1);
  assert.equal(await page.locator("body.printed").count(), 0);
  await page.reload();
  await notYours(page);
});

test("the desk stays as it is while the same person signs in again in another tab", async () => {
  const { page, other } = await shared("r.reste", "Rosa Reste");

  await signsIn(other, "dora");

  await card(page, "Rosa Reste").waitFor();
  assert.equal(await page.locator("#sheets .sheet").count(), 1);
});

test("who waits after too many tries need not, and a mail that waits is not told as sent", async (context) => {
  const mails = new Refusing();
  context.after(() => mails.close());
  const troubled = await School.open({
    GUICHET_THROTTLE: "on",
    GUICHET_THROTTLE_FREE_FAILURES: "2",
    // Nobody is there at first.
    GUICHET_MAIL_URL: `smtp://127.0.0.1:${await mails.freePort()}`,
  });
  context.after(() => troubled.close());
  await troubled.active("l.lent", "Louis Lent", "louis@ecole.example");
  const home = await (await troubled.site.visitor()).newPage();
  for (let tries = 0; tries < 4; tries++) await triesFromHome(home, "l.lent", `Soleil98+${tries}`);
  await triesFromHome(home, "l.lent", PASSWORD);
  await home.getByText("Il y a eu trop d'essais.").waitFor();
  const page = await troubled.desk("lent", "ACTIVE");
  const louis = card(page, "Louis Lent");

  await louis.getByRole("button", { name: "Lever l'attente après trop d'essais" }).click();

  await page.getByText("Les essais manqués de Louis Lent sont oubliés").waitFor();
  await signsIn(home, "l.lent");

  await louis.getByRole("button", { name: "Envoyer un lien pour un nouveau mot de passe" }).click();
  await page.getByText("Un e-mail est en route vers louis@ecole.example.").waitFor();
  const isOver = /envoyé|refusé|fait/;
  assert.doesNotMatch(await toldOf(page, "Louis Lent", /e-mail en attente d'envoi/), isOver);
  await mails.open();
  troubled.site.advance(WEEK_SECONDS);
  const later = await troubled.desk("lent", "");
  assert.doesNotMatch(await toldOf(later, "Louis Lent", /e-mail abandonné – /), isOver);
});

test("an address that was corrected since the list was drawn is not taken back by who sends to all", async () => {
  const accountId = await school.pupil("c.lae", "Corrigée Léa", "lae@ecole.example", true);
  const page = await school.desk("corrigée", "");
  await school.site.admin.account.sendActivation({ accountId, email: "lea@ecole.example" });
  await card(page, "Corrigée Léa").getByRole("checkbox").check();

  await page.getByRole("button", { name: "Migrer et envoyer les e-mails" }).click();

  assert.equal((await school.site.mailsTo("lea@ecole.example", 2)).length, 2);
  assert.equal((await school.site.mailsTo("lae@ecole.example", 1)).length, 1);
});
