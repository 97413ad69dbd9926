/** The desk: a school's director unblocks the school's people. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { AccountState } from "@guichet/client/v1";

import { card, find, printing, School } from "./school.js";
import { assertAccessible, signIn, type Site } from "./site.js";

let school: School;
let site: Site;
before(async () => {
  school = await School.open();
  ({ site } = school);
});
after(() => school.close());

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

  await page.locator("#outcomes li").nth(5).waitFor();
  assert.deepEqual((await page.locator("#outcomes li").allInnerTexts()).map((line) => line.replace(/\s/g, " ")), [
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

  await rita.getByRole("button", { name: "Que s'est-il passé" }).click();
  await rita.getByText(/e-mail envoyé – .*lien ouvert le/).waitFor();
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
