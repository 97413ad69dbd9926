/** The desk: a school's director unblocks the school's people. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { AccountState } from "@guichet/client/v1";
import type { Page } from "playwright-core";

import { card, find, printing, School, toldOf } from "./school.js";
import { assertAccessible, hold, signIn, type Site } from "./site.js";

let school: School;
let site: Site;
before(async () => {
  school = await School.open();
  ({ site } = school);
});
after(() => school.close());

test("the way to the desk appears with all else, so that nothing moves it from under the pointer", async () => {
  const page = await (await site.visitor()).newPage();
  const { letGo } = await hold(page, "ListSessions");
  const asked = page.waitForRequest("**/ListSessions");
  await signIn(page, "dora");
  await asked;
  const way = page.getByRole("link", { name: "Débloquer des comptes" });
  assert.equal(await way.isVisible(), false);

  letGo();

  await way.waitFor();
  assert.ok(await page.getByText("Vous êtes connecté en tant que dora.").isVisible());
});

test("a director finds the stuck person, corrects the address, migrates, and the person signs in", async () => {
  await school.pupil("z.lefevre", "Zoé Lefèvre", "zoe@ecole.exmaple");
  await school.pupil("other", "Autre Personne", "autre@ecole.example");
  const page = await school.desk("lefevre zoe");
  assert.equal(await page.locator("#people > li").count(), 1);
  const zoe = card(page, "Zoé Lefèvre");
  await zoe.getByText("Ancien compte, pas encore migré").waitFor();

  await zoe.getByLabel("Adresse e-mail").fill("zoe@ecole.example");
  await zoe.getByRole("button", { name: "Migrer et envoyer l'e-mail" }).click();

  await page.getByText("Un e-mail est en route vers zoe@ecole.example.").waitFor();
  await zoe.getByText("E-mail envoyé, mot de passe pas encore choisi").waitFor();
  const { userId, code } = await site.linkMailedTo("zoe@ecole.example");
  const home = await school.choosePassword(
    `/Account/ResetPassword?userId=${userId}&code=${code}`,
    "zoe@ecole.example",
  );
  await signIn(home, "z.lefevre");
  await home.getByText("Vous êtes connecté en tant que z.lefevre.").waitFor();

  await find(page, "lefevre", "");
  await zoe.getByText("Peut se connecter").waitFor();
});

test("a mail that came back is seen, and goes to the right address", async () => {
  await school.pupil("b.noel", "Bruno Noël", "bruno@ecole.exmaple", true);
  const old = await site.linkMailedTo("bruno@ecole.exmaple");
  const mail = { case: "recipient", value: "bruno@ecole.exmaple" } as const;
  await site.admin.mail.reportBounce({ mail, diagnostic: "550 5.1.2 no such host" });
  const page = await school.desk("", "UNDELIVERED");
  const bruno = card(page, "Bruno Noël");
  await bruno.getByText("revenu – 550 5.1.2 no such host").waitFor();

  await bruno.getByLabel("Adresse e-mail").fill("bruno@ecole.example");
  await bruno.getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).click();

  await page.getByText("Un e-mail est en route vers bruno@ecole.example.").waitFor();
  await site.linkMailedTo("bruno@ecole.example");
  const dead = await (await site.visitor()).newPage();
  await dead.goto(`/Account/ResetPassword?userId=${old.userId}&code=${old.code}`);
  await dead.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();
});

test("who has no address gets a code on paper, and signs in with it", async () => {
  await school.pupil("m.petit", "Marc Petit");
  const page = await school.desk("petit", "NO_ADDRESS");
  await printing(page);
  await page.getByLabel("Sélectionner toutes").check();
  await page.getByRole("button", { name: "Imprimer une fiche par personne" }).click();
  await page.locator("body.printed").waitFor();

  await page.emulateMedia({ media: "print" });
  const sheet = page.locator("#sheets .sheet");
  assert.equal(await page.locator("#people").isVisible(), false);
  await sheet.getByText("Marc Petit").waitFor();
  const [link = "", code = "", email = "", username = ""] = await sheet.locator("li strong").allInnerTexts();
  assert.deepEqual([email, username], ["m.petit", "m.petit"]);
  const dots = await sheet.locator("svg path").getAttribute("d");
  // A QR code begins with the seven dark squares of its corner.
  assert.match(dots ?? "", /^(M\d+ 4h1v1h-1z){7}/);

  const home = await school.choosePassword(link, "m.petit", code);
  await signIn(home, "m.petit");
  await home.getByText("Vous êtes connecté en tant que m.petit.").waitFor();
});

test("a file of addresses migrates many at once, and says what became of each line", async () => {
  await school.pupil("f.un", "François Un");
  await school.pupil("f.trois", "Félix Trois");
  const { account } = await site.admin.account.createAccount({
    account: { username: "f.deux", externalId: "4711", institutionId: school.id, state: AccountState.LEGACY },
  });
  assert.ok(account);
  await site.admin.account.createAccount({ account: { username: "far", state: AccountState.LEGACY } });
  const page = await school.desk("");
  // As an older spreadsheet writes it.
  const table = 'Identifiant;Adresse\r\nF.Un;"f.un@ecole.example"\r\n4711;f.deux@ecole.example\r\nfar;far@x.example\r\ndora;d@x.example\r\nfrançois;x\r\nf.trois;x\r\n';
  await page.getByLabel("Fichier CSV").setInputFiles({
    name: "adresses.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(table, "latin1"),
  });
  await page.getByRole("button", { name: "Migrer ces personnes" }).click();

  await page.locator("#outcomes li").nth(6).waitFor();
  assert.deepEqual((await page.locator("#outcomes li").allInnerTexts()).map((line) => line.replace(/\s/g, " ")), [
    "Ligne 1, Identifiant : prise pour les noms des colonnes",
    "Ligne 2, F.Un : Un e-mail est en route vers f.un@ecole.example.",
    "Ligne 3, 4711 : Un e-mail est en route vers f.deux@ecole.example.",
    "Ligne 4, far : introuvable dans vos institutions",
    "Ligne 5, dora : introuvable dans vos institutions",
    "Ligne 6, françois : introuvable dans vos institutions",
    "Ligne 7, f.trois : refusé (adresse e-mail non valable)",
  ]);
  await site.linkMailedTo("f.un@ecole.example");
  await site.linkMailedTo("f.deux@ecole.example");
});

/** Hands the desk a file of addresses; what it says of each line, its narrow spaces being spaces. */
async function migrate(page: Page, table: string): Promise<string[]> {
  await page.getByLabel("Fichier CSV").setInputFiles({
    name: "adresses.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(table),
  });
  await page.getByRole("button", { name: "Migrer ces personnes" }).click();
  await page.locator("#outcomes li").first().waitFor();
  return (await page.locator("#outcomes li").allInnerTexts()).map((line) => line.replace(/\s/g, " "));
}

/** Somebody of the old system, with their id in it. */
async function inherit(username: string, externalId: string): Promise<string> {
  const { account } = await site.admin.account.createAccount({
    account: { username, externalId, institutionId: school.id, state: AccountState.LEGACY },
  });
  return account?.id ?? "";
}

/** How grpc-web tells the end of a call that went well. */
const DONE = Buffer.from("\x80\0\0\0\x0fgrpc-status:0\r\n", "latin1");
const WEB_REPLY = { "content-type": "application/grpc-web+proto" };

/** A message as grpc-web frames it. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

test("a file that means one person twice, or two by one name, sends neither of them anything", async () => {
  const unclear = [await inherit("d.deux", "8815"), await inherit("h.homo", "8816"), await inherit("h.autre", "h.homo")];
  await inherit("s.seul", "8817");
  const page = await school.desk("");

  const outcomes = await migrate(
    page,
    "D.Deux;juste@ecole.example\n8815;faux@ecole.example\nh.homo;homo@ecole.example\ns.seul;seul@ecole.example\n",
  );

  const why = "rien n'est envoyé, car deux comptes correspondent ou une autre ligne désigne la même personne";
  assert.deepEqual(outcomes, [
    `Ligne 1, D.Deux : ${why}`,
    `Ligne 2, 8815 : ${why}`,
    `Ligne 3, h.homo : ${why}`,
    "Ligne 4, s.seul : Un e-mail est en route vers seul@ecole.example.",
  ]);
  for (const accountId of unclear) {
    const { account } = await site.admin.account.getAccount({ accountId });
    assert.deepEqual([account?.state, account?.email], [AccountState.LEGACY, ""]);
  }
});

test("a line of which the server says nothing is not told as sent", async () => {
  await inherit("m.muet", "8818");
  const page = await school.desk("");
  const body = Buffer.concat([framed(Buffer.alloc(0)), DONE]);
  await page.route("**/BatchMigrateAccounts", (route) => route.fulfill({ headers: WEB_REPLY, body }));

  const outcomes = await migrate(page, "m.muet;muet@ecole.example\n");

  assert.deepEqual(outcomes, ["Ligne 1, m.muet : pas de réponse : regardez la liste"]);
});

test("a file whose mails break off says what became of each line", async () => {
  await inherit("c.casse", "8820");
  await school.pupil("c.avant", "Coralie Avant", "avant@ecole.exmaple", true);
  const page = await school.desk("");
  await page.route("**/SendActivation", (route) => route.abort());

  const outcomes = await migrate(page, "c.casse;casse@ecole.example\nc.avant;avant@ecole.example\n");

  assert.deepEqual(outcomes, [
    "Ligne 1, c.casse : Un e-mail est en route vers casse@ecole.example.",
    "Ligne 2, c.avant : pas de réponse : regardez la liste",
  ]);
  await page.locator("#message[role=alert]").filter({ hasText: "Le service n'est pas disponible" }).waitFor();
});

test("a file that broke off, handed over again, sends no second mail to whom it has sent to", async () => {
  await inherit("w.avant", "8822");
  await school.pupil("w.apres", "Willy Après", "apres@ecole.exmaple", true);
  const page = await school.desk("");
  const table = "w.avant;w.avant@ecole.example\nw.apres;w.apres@ecole.example\n";
  await page.route("**/SendActivation", (route) => route.abort());
  await migrate(page, table);
  await page.locator("#message[role=alert]").filter({ hasText: "Le service n'est pas disponible" }).waitFor();
  await page.locator("form[data-form=addresses]:not([aria-busy])").waitFor();
  await page.unroute("**/SendActivation");
  let asked = 0;
  await page.route("**/SendActivation", (route) => ((asked += 1), route.continue()));

  await migrate(page, table);

  const outcomes = page.locator("#outcomes li");
  await outcomes.filter({ hasText: "Un e-mail est en route vers w.apres@ecole.example." }).waitFor();
  await outcomes.filter({ hasText: "Un e-mail est en route vers w.avant@ecole.example." }).waitFor();
  assert.equal(asked, 1);
  await page.locator("form[data-form=addresses]:not([aria-busy])").waitFor();

  // That run went through: whoever hands the file over once more wants the mails again.
  const isLast = (sent: Buffer | null) => sent?.includes("w.apres@ecole.example") ?? false;
  const last = page.waitForResponse((response) => isLast(response.request().postDataBuffer()));
  await migrate(page, table);
  await last;
  assert.equal(asked, 3);
});

test("a first line whose address is mistyped is not passed over in silence", async () => {
  await inherit("t.tape", "8821");
  const page = await school.desk("");

  const outcomes = await migrate(page, "t.faux;faux.ecole.example\nt.tape;tape@ecole.example\n");

  assert.deepEqual(outcomes, [
    "Ligne 1, t.faux : prise pour les noms des colonnes",
    "Ligne 2, t.tape : Un e-mail est en route vers tape@ecole.example.",
  ]);
});

/** Has a search begin with so many pages with nobody on them, whose next_page_token is "x". */
async function beginWithNobody(page: Page, count: number): Promise<void> {
  const body = Buffer.concat([framed(Buffer.from("\x12\x01x")), DONE]);
  const token = Buffer.from("\x2a\x01x");
  let pages = 0;
  await page.route("**/ListPeople", (route) => {
    pages += 1;
    if (pages <= count) return route.fulfill({ headers: WEB_REPLY, body });
    // The server itself begins with the page after them.
    const request = route.request().postDataBuffer() ?? Buffer.alloc(0);
    const isNext = request.subarray(-token.length).equals(token);
    return isNext ? route.continue({ postData: framed(request.subarray(5, -token.length)) }) : route.continue();
  });
}

test("who is meant by a line may be on a late page of those that the search finds, where pages are short", async () => {
  await inherit("l.loin", "8819");
  const page = await school.desk("");
  await beginWithNobody(page, 6);

  const outcomes = await migrate(page, "l.loin;loin@ecole.example\n");

  assert.deepEqual(outcomes, ["Ligne 1, l.loin : Un e-mail est en route vers loin@ecole.example."]);
});

test("a card is renewed from a later page of those that the search for its person finds", async () => {
  await school.pupil("k.carte", "Karl Carte", "karl@ecole.example");
  const page = await school.desk("carte");
  await beginWithNobody(page, 1);
  const karl = card(page, "Karl Carte");

  await karl.getByRole("button", { name: "Donner un code" }).click();

  await karl.getByRole("button", { name: "Renvoyer l'e-mail à cette adresse" }).waitFor();
});

test("what became of a request is told", async () => {
  await school.active("r.claes", "Rita Claes", "r.claes@ecole.example");
  const page = await school.desk("claes", "");
  const rita = card(page, "Rita Claes");
  await rita.getByRole("button", { name: "Que s'est-il passé" }).click();
  await rita.getByText("Aucune demande récente.").waitFor();

  await rita.getByRole("button", { name: "Envoyer un lien pour un nouveau mot de passe" }).click();
  await page.getByText("Un e-mail est en route vers r.claes@ecole.example.").waitFor();
  const { userId, code } = await site.linkMailedTo("r.claes@ecole.example");
  const home = await (await site.visitor()).newPage();
  await home.goto(`/Account/ResetPassword?userId=${userId}&code=${code}`);
  await home.getByLabel("Nouveau mot de passe", { exact: true }).waitFor();

  await toldOf(page, "Rita Claes", /e-mail envoyé – .*lien ouvert le/);
});

test("the request of somebody who is not migrated yet is on the desk", async () => {
  await school.pupil("o.stuck", "Odette Stuck", "odette@ecole.example");
  await site.admin.reset.requestReset({ identifier: { case: "username", value: "o.stuck" } });
  await site.mailsTo("odette@ecole.example", 1);
  const page = await school.desk("");
  const request = page.locator("#requests li").filter({ hasText: "o.stuck" });
  await request.getByText("compte pas encore migré").waitFor();

  await request.getByRole("button", { name: "Voir cette personne" }).click();

  await page.locator("#people > li").filter({ hasNotText: "Odette" }).first().waitFor({ state: "detached" });
  await card(page, "Odette Stuck").getByText("Ancien compte, pas encore migré").waitFor();
});

test("the progress is a table, and its download holds no formula", async () => {
  const { institution } = await site.admin.institution.createInstitution({
    institution: { displayName: "=HYPERLINK(\"x\")", parentId: school.id },
  });
  assert.ok(institution);
  const page = await school.desk("");
  await page.locator("#progress").getByRole("rowheader", { name: "École Saint-Rémi" }).waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Télécharger ce tableau" }).click();

  const table = await readFile(await (await coming).path(), "utf8");
  assert.match(table, /^\uFEFF"Institution";"external_id";"À migrer"/);
  assert.match(table, /\r\n"'=HYPERLINK\(""x""\)";"";"0";/);
});

test("the desk reads well by ear and on a telephone", async () => {
  await school.pupil("a.lourd", "Anne-Marie-Élisabeth van den Broucke-Lourdaud", "anne.marie.elisabeth@ecole.example");
  for (const viewport of [
    { width: 1_280, height: 800 },
    { width: 320, height: 640 },
  ]) {
    const page = await school.desk("lourd");
    await page.setViewportSize(viewport);
    await assertAccessible(page, `${viewport.width} px`);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(beyond <= 0, `${beyond} px too wide`);
  }
});

test("whoever acts for no institution is told so, and nobody without a session gets in", async () => {
  await site.signUp("tom");
  const page = await (await site.visitor()).newPage();
  await signIn(page, "tom");
  await page.getByText("Vous êtes connecté en tant que tom.").waitFor();
  assert.equal(await page.locator("#desk").isVisible(), false);
  await page.goto("/Institution");
  await page.getByText("Cette page est pour les personnes qui gèrent une institution.").waitFor();
  assert.equal(await page.locator("#desk").isVisible(), false);

  const nobody = await (await site.visitor()).newPage();
  await nobody.goto("/Institution");
  await nobody.waitForURL((url) => url.pathname === "/Account/Login");
});
