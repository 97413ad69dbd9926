/**
 * What a browser makes of our pages under attack, by rows of the list of threats. What can be seen without a browser is in
 * `tests/api/page_threats.rs`; that no page breaks its policy, asks another host or leaves something in the browser, in any
 * journey of any test, is looked at by `Site`.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import type { BrowserContext, Page, Request } from "playwright-core";

import { hold, PASSWORD, signIn, Site } from "./site.js";

const APPLICATION = "https://creos.example/";
const EVIL = "http://evil.example";

/** What would be code or markup where somebody forgot to say that it is text. */
const PROBES = [
  "<img src=x onerror=alert(1)>",
  "\"><script>alert(1)</script>",
  "'-alert(1)-'",
  "{{7*7}}${7*7}",
  "</script><script>alert(1)</script>",
  "javascript:alert(1)",
] as const;

let site: Site;
before(async () => (site = await Site.open({ GUICHET_APP_URL: APPLICATION })));
after(() => site.close());

/** Somebody new with a link of their own. */
async function mailed(username: string): Promise<{ address: string; email: string }> {
  const email = `${username}@ecole.example`;
  await site.signUp(username, email);
  await site.admin.reset.requestReset({ identifier: { case: "username", value: username } });
  const { userId, code } = await site.linkMailedTo(email);
  return { address: `/Account/ResetPassword?userId=${userId}&code=${code}`, email };
}

async function fill(page: Page, email: string): Promise<void> {
  await page.locator("#email").fill(email);
  await page.locator("#new_password").fill(PASSWORD);
  await page.locator("#confirm_password").fill(PASSWORD);
}

const reset = (page: Page) => page.getByRole("button", { name: "Réinitialiser" });
const done = (page: Page) => page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();

/** Its clock standing still, the page goes nowhere by itself. */
async function resetAndStay(page: Page): Promise<void> {
  await page.clock.setFixedTime(Date.now());
  await reset(page).click();
  await done(page);
}

/** Has another origin answer: `answer` by path. Returns what it was asked. */
async function answering(context: BrowserContext, origin: string, answer: (path: string) => string): Promise<Request[]> {
  const asked: Request[] = [];
  await context.route(`${origin}/**`, (route) => {
    asked.push(route.request());
    const body = answer(new URL(route.request().url()).pathname);
    return route.fulfill({ contentType: "text/html", body });
  });
  return asked;
}

test("threats 3.4 row 43: no other site can frame a page", async (context) => {
  // On this machine as well: browsers don't let others ask for what is here at all.
  const framing = createServer((request, response) => {
    const own = `<iframe src="${site.url}/Account/Login"></iframe><iframe src="/own"></iframe>`;
    response.setHeader("content-type", "text/html").end(request.url === "/own" ? "<p>own" : own);
  }).listen(0, "127.0.0.1");
  context.after(() => {
    framing.close();
    framing.closeAllConnections();
  });
  await once(framing, "listening");
  const { port } = framing.address() as AddressInfo;
  const page = await (await site.stranger()).newPage();
  const refused: (string | undefined)[] = [];
  page.on("requestfailed", (request) => refused.push(`${request.url()} ${request.failure()?.errorText}`));

  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "load" });
  // Frames work at all.
  await page.frameLocator("iframe").last().getByText("own").waitFor();

  const texts = await Promise.all(page.frames().map((frame) => frame.locator("body").innerText()));
  assert.ok(!texts.some((text) => text.includes("Identifiant")), texts.join());
  assert.deepEqual(refused, [`${site.url}/Account/Login net::ERR_BLOCKED_BY_RESPONSE`]);
});

test("threats 3.4 row 43: no other site keeps a handle on a window of ours", async () => {
  const context = await site.stranger();
  const page = await context.newPage();
  await answering(context, EVIL, () => "<button>open</button>");
  await page.goto(`${EVIL}/`);
  await page.evaluate((address) => {
    document.querySelector("button")?.addEventListener("click", () => {
      (window as { held?: Window | null }).held = open(address);
    });
  }, `${site.url}/Account/Login`);

  const [ours] = await Promise.all([context.waitForEvent("page"), page.locator("button").click()]);
  await ours.locator("#username").waitFor();

  assert.equal(await ours.evaluate(() => opener), null);
  assert.equal(await page.evaluate(() => (window as { held?: Window | null }).held?.closed), true);
});

test("threats 3.4 row 44: nothing that anybody typed or sent becomes markup", async () => {
  const context = await site.visitor();
  const page = await context.newPage();
  const alerts: string[] = [];
  page.on("dialog", async (dialog) => {
    alerts.push(dialog.message());
    await dialog.dismiss();
  });
  for (const probe of PROBES) {
    const text = encodeURIComponent(probe);
    for (const address of [
      `/Account/Login?return_url=${text}&lang=${text}#${text}`,
      `/Account/ForgotPassword?what=${text}&return_url=${text}`,
      `/Account/ResetPassword?userId=${text}&code=${text}`,
      `/Account/ResetPassword?userId=${text}`,
      `/Account/ConfirmEmail?userId=${text}&code=${text}`,
      `/Account/RevokeReset?userId=${text}&code=${text}#${text}`,
      `/${text}?${text}`,
    ]) {
      await page.goto(address);
    }
    await signIn(page, probe, probe);
    await page.locator("#message:not(:empty)").waitFor();
    await page.goto("/Account/ForgotPassword");
    await page.locator("#identifier").fill(probe);
    await page.getByRole("button", { name: "Valider" }).click();
    await page.locator("#message:not(:empty)").waitFor();
  }
  assert.deepEqual(alerts, []);
  // And with plain forms, whose answers hold what was typed.
  const plain = await (await site.visitor({ javaScriptEnabled: false })).newPage();
  for (const probe of PROBES) {
    await signIn(plain, probe, probe);
    await plain.locator("#message:not(:empty)").waitFor();
    assert.equal(await plain.locator("#username").inputValue(), probe);
    assert.equal(await plain.locator("img[src=x]").count(), 0);
  }
});

test("threats 3.4 row 44: names of people, devices and institutions are text", async () => {
  const [image] = PROBES;
  const { institution } = await site.admin.institution.createInstitution({ institution: { displayName: image } });
  const institutionId = institution?.id ?? "";
  await site.admin.account.createAccount({ account: { username: "probe", displayName: image, institutionId } });
  const director = await site.signUp("director");
  await site.admin.institution.addMember({ institutionId, accountId: director });
  const context = await site.visitor({ userAgent: `Firefox/1 ${image}` });
  const page = await context.newPage();
  const alerts: string[] = [];
  page.on("dialog", async (dialog) => {
    alerts.push(dialog.message());
    await dialog.dismiss();
  });
  await signIn(page, "director");
  await page.waitForURL(APPLICATION);
  await page.goto("/Account");
  await page.locator("#sessions li").first().waitFor();
  await page.goto("/Institution");

  await page.locator("#people li").filter({ hasText: image }).waitFor();
  await page.locator("#progress th").filter({ hasText: image }).waitFor();
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(alerts, []);
});

test("threats 3.4 row 46: nobody else learns the code from an address or a referrer", async () => {
  const { address, email } = await mailed("referrer");
  const code = new URL(address, site.url).searchParams.get("code") ?? "";
  const context = await site.visitor();
  const elsewhere = await answering(context, new URL(APPLICATION).origin, () => "the application");
  const all: Request[] = [];
  context.on("request", (request) => all.push(request));
  const page = await context.newPage();

  await page.goto(address);
  await page.waitForLoadState("networkidle");
  assert.ok(!page.url().includes(code));
  await fill(page, email);
  await resetAndStay(page);
  await page.locator("#target").click();
  await page.waitForURL(APPLICATION);

  assert.ok(elsewhere.length > 0);
  assert.equal(await page.evaluate(() => document.referrer), "");
  for (const request of all) {
    assert.equal((await request.allHeaders())["referer"], undefined, request.url());
  }
  const knowing = all.filter((request) => request.url().includes(code));
  assert.deepEqual(knowing.map((request) => request.url()), [site.url + address]);
});

test("threats 3.4 row 46: the pages before and after a link are told nothing either", async () => {
  const { address } = await mailed("links");
  const context = await site.visitor();
  const all: Request[] = [];
  context.on("request", (request) => all.push(request));
  const page = await context.newPage();
  for (const name of ["English", "Nederlands", "Deutsch", "Français"]) {
    await page.goto(address);
    await page.getByRole("link", { name }).click();
    await page.waitForURL("**/Account/ResetPassword");
    await page.locator("#new_password").waitFor();
  }

  for (const request of all) assert.equal((await request.allHeaders())["referer"], undefined, request.url());
});

test("threats 3.4 row 47: a mail scanner that looks twenty times and runs the page leaves the link good", async () => {
  const { address, email } = await mailed("scanned");
  for (let looks = 0; looks < 20; looks++) {
    for (const method of ["GET", "HEAD"]) assert.equal((await fetch(site.url + address, { method })).status, 200);
  }
  const scanner = await site.visitor({ userAgent: "Mozilla/5.0 (compatible; scanner)", locale: "en-US" });
  const sandbox = await scanner.newPage();
  await sandbox.goto(address, { waitUntil: "networkidle" });
  await sandbox.screenshot();
  // Some of them follow what they find.
  for (const link of await sandbox.locator("a[href]").evaluateAll((links) => links.map((one) => (one as HTMLAnchorElement).href))) {
    await (await scanner.newPage()).goto(link);
  }
  await site.leave(scanner);

  const page = await (await site.visitor()).newPage();
  await page.goto(address);
  await fill(page, email);
  await reset(page).click();
  await done(page);
});

test("threats 3.4 row 48: two clicks are one reset", async () => {
  const { address, email } = await mailed("twice");
  const page = await (await site.visitor()).newPage();
  const { asked, letGo } = await hold(page, "CompleteReset");
  await page.goto(address);
  await fill(page, email);

  await reset(page).dblclick();
  await page.locator("#confirm_password").press("Enter");
  letGo();
  await done(page);

  assert.equal(asked(), 1);
});

test("threats 3.4 row 48: of two tabs with one link, the second learns that it is used", async () => {
  const { address, email } = await mailed("tabs");
  const context = await site.visitor();
  const [one, two] = [await context.newPage(), await context.newPage()];
  for (const page of [one, two]) {
    await page.goto(address);
    await fill(page, email);
  }

  await reset(one).click();
  await done(one);
  await reset(two).click();

  await two.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();
});

test("threats 3.4 row 48: offline in the middle loses nothing", async () => {
  const { address, email } = await mailed("offline");
  const context = await site.visitor();
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await fill(page, email);
  await reset(page).click();
  await page.getByText("Vous n'êtes pas connecté à internet").waitFor();
  assert.equal(await page.locator("#confirm_password").inputValue(), PASSWORD);

  await context.setOffline(false);
  await reset(page).click();
  await done(page);
});

test("threats 3.4 row 48: a link with somebody else's account is dead, and stays good for its own", async () => {
  const [mine, other] = [await mailed("mine"), await mailed("other")];
  const [userId] = [new URL(other.address, site.url).searchParams.get("userId")];
  const page = await (await site.visitor()).newPage();

  await page.goto(mine.address.replace(/userId=[^&]*/, `userId=${userId}`));
  await page.getByRole("heading", { name: "Ce lien n'est plus valable" }).waitFor();

  await page.goto(mine.address);
  await fill(page, mine.email);
  await reset(page).click();
  await done(page);
});

test("threats 3.4 row 49: going back shows nothing that was typed", async () => {
  const { address, email } = await mailed("back");
  const context = await site.visitor();
  const page = await context.newPage();
  await page.goto(address);
  await fill(page, email);
  await resetAndStay(page);
  await page.locator("#target").click();
  await page.waitForURL(APPLICATION);

  await page.goBack();
  assert.equal(await page.locator("#new_password").count(), 0);

  await signIn(page, "back");
  await page.waitForURL(APPLICATION);
  await page.goBack();
  await page.locator("#password").waitFor();
  assert.equal(await page.locator("#password").inputValue(), "");
});
