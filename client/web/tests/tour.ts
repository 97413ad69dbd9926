/** Every page in every state that a person can meet. */
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";

import { PASSWORD, signIn } from "./site.js";
import { codeAt } from "./totp.js";
import type { Town } from "./town.js";

/** Is called at each stop, with the page as a person would see it now. */
export type Look = (stop: string, page: Page) => Promise<void>;

/** Goes on from one stop to the next, on a page of its own. */
interface Walk {
  readonly name: string;
  readonly withoutScripts?: true;
  readonly go: (page: Page, town: Town, look: (stop: string) => Promise<void>) => Promise<void>;
}

/** A countdown that is looked at must not go on meanwhile. */
const THEN = Date.UTC(2027, 0, 12, 8, 30);

const WALKS: readonly Walk[] = [
  {
    name: "home",
    go: async (page, _, look) => {
      await page.goto("/");
      await look("home");
      await page.goto("/Account/Nowhere");
      await look("no-such-page");
      await page.goto("/Account/Login");
      await page.evaluate(() => {
        const form = document.forms[0];
        (form?.elements.namedItem("username") as HTMLInputElement).value = "x".repeat(20_000);
        form?.submit();
      });
      await page.locator("html[data-page=notice]").waitFor();
      await look("not-understood");
    },
  },
  {
    name: "sign in",
    go: async (page, town, look) => {
      const username = await town.person();
      await page.goto("/Account/Login");
      await look("sign-in");
      await page.locator("#username").fill(`${username}@ecole.example`);
      await look("sign-in-address");
      await signIn(page, username, "Soleil99+");
      await page.locator("#message:focus").waitFor();
      await look("sign-in-refused");
      const button = page.locator("form[data-form=login] button:not([type])");
      for (let tries = 0; tries < 5 && (await button.isEnabled()); tries++) {
        await page.locator("#password").fill(`Soleil98+${tries}`);
        await button.click();
        await page.locator("#message:focus").waitFor();
      }
      await look("sign-in-slowed");
      await page.reload();
      await page.route("**/Login", (route) => route.abort());
      await signInAgain(page, username);
      await look("sign-in-unreachable");
    },
  },
  {
    name: "second step",
    go: async (page, town, look) => {
      await signIn(page, await town.withApp());
      await page.locator("#code").waitFor();
      await look("second-step");
      await page.locator("#code").fill("000000");
      await page.locator("#code").press("Enter");
      await page.locator("#message:focus").waitFor();
      await look("second-step-refused");
    },
  },
  {
    name: "forgot",
    go: async (page, _, look) => {
      await page.goto("/Account/ForgotPassword?what=usernames");
      await look("forgot-usernames");
      await page.locator("#identifier").fill("lea@ecole.example");
      await page.locator("form button").click();
      await page.locator("#again-wait").waitFor();
      await look("sent-usernames");
      await page.goto("/Account/ForgotPassword");
      await look("forgot");
      await page.locator("input[value=email]").check();
      await page.locator("#identifier").fill("lea");
      await page.locator("form button").click();
      await page.locator("#message:focus").waitFor();
      await look("forgot-refused");
      await page.clock.setFixedTime(THEN);
      await page.goto("/Account/ForgotPassword");
      await page.locator("#identifier").fill("lea");
      await page.locator("form button").click();
      await page.locator("#again-wait").waitFor();
      await look("sent");
      await page.clock.setFixedTime(THEN + 61_000);
      await page.locator("form button:enabled").waitFor();
      await look("sent-a-minute-ago");
    },
  },
  {
    name: "reset",
    go: async (page, town, look) => {
      const { email, query } = await town.invited();
      await page.goto(`/Account/ResetPassword${query}`);
      await look("reset");
      const password = page.locator("#new_password");
      await page.waitForLoadState("networkidle");
      await password.fill("babou45");
      await page.locator("#confirm_password").fill("x");
      await page.locator("li[data-state=broken]").first().waitFor();
      await look("reset-weak");
      await page.locator("#confirm_password").fill("");
      await password.fill("Milou62+");
      await page.locator('li[data-rule="NOT_COMMON"][data-state="met"]').waitFor();
      await look("reset-fair");
      await page.locator("#email").fill(email);
      await password.fill("Password1!");
      await page.locator("#confirm_password").fill("Password1!");
      await page.locator("form button:not([type])").click();
      await page.locator("#message:focus").waitFor();
      await look("reset-refused");
      await password.fill("Lampe-violon-42-nuage");
      await page.locator("#confirm_password").fill("Lampe-violon-42-nuage");
      await look("reset-strong");
      await page.clock.setFixedTime(THEN);
      await page.locator("form button:not([type])").click();
      await page.locator("#target").waitFor();
      await look("done");
      await page.locator("#redirect button").click();
      await look("done-staying");
      await page.goto(`/Account/ResetPassword${query}`);
      await look("dead-link");
      await page.goto("/Account/ResetPassword");
      await look("incomplete-link");
    },
  },
  {
    name: "handed over",
    go: async (page, town, look) => {
      await page.goto(await town.handedOver());
      await look("reset-code");
      await page.locator("#code").fill("2222-2222-2222");
      await page.locator("#email").fill("marc");
      await page.locator("#new_password").fill(PASSWORD);
      await page.locator("#confirm_password").fill(PASSWORD);
      await page.locator("form button:not([type])").click();
      await page.locator("#message:focus").waitFor();
      await look("reset-code-refused");
    },
  },
  {
    name: "links",
    go: async (page, town, look) => {
      await page.goto(`/Account/ConfirmEmail${await town.confirmation()}`);
      await look("confirm-email");
      await page.locator("main button").click();
      await page.locator("#message:focus").waitFor();
      await look("confirmed");
      await page.goto(`/Account/RevokeReset${(await town.invited()).query}`);
      await look("revoke");
      await page.locator("main button").click();
      await page.locator("#message:focus").waitFor();
      await look("revoked");
      await page.goto(`/Account/RevokeReset${await town.warned()}`);
      await look("not-me");
      await page.locator("main button").click();
      await page.locator("#message:focus").waitFor();
      await look("not-me-done");
      await page.goto("/Account/ConfirmEmail?userId=x&code=y");
      await page.locator("main button").click();
      await page.locator("#message:focus").waitFor();
      await look("confirm-refused");
    },
  },
  {
    name: "account",
    go: async (page, town, look) => {
      const username = await town.person();
      const elsewhere = await (await town.site.visitor()).newPage();
      await signIn(elsewhere, username);
      await elsewhere.locator("#sessions li").first().waitFor();
      await signIn(page, username);
      await page.locator("#sessions li").nth(1).waitFor();
      await look("account");
      await page.locator("#current_password").fill("wrong");
      await page.locator("#new_password").fill("Cool72");
      await page.locator("#confirm_password").fill("Cool72");
      await page.locator("form[data-form=change-password] button:not([type])").click();
      await page.locator("#message:focus").waitFor();
      await look("account-refused");
      await page.locator("#begin_password").fill(PASSWORD);
      await page.locator("form[data-form=factor-begin] button:not([type])").click();
      await page.locator("#factor-square svg").waitFor();
      await look("app-to-scan");
      const secret = (await page.locator("#factor-secret").innerText()).replaceAll(" ", "");
      await page.locator("#totp_code").fill(codeAt(secret, town.site.now()));
      await page.locator("form[data-form=factor-confirm] button").click();
      await page.locator("#recovery-codes li").first().waitFor();
      await look("recovery-codes");
    },
  },
  {
    name: "desk",
    go: async (page, _, look) => {
      await signIn(page, "dora");
      await page.locator("#desk a").click();
      await page.locator("#people > li").nth(3).waitFor();
      await look("desk");
      const zoe = page.locator("#people > li").filter({ hasText: "Zoé" });
      await zoe.locator("button[type=button]").first().click();
      await zoe.locator("svg").waitFor();
      await look("desk-code");
      const bruno = page.locator("#people > li").filter({ hasText: "Bruno" });
      await bruno.locator("button[type=button]").nth(1).click();
      await bruno.locator("[aria-live] li").first().waitFor();
      await page.locator("#select-all").check();
      await page.locator("#file").setInputFiles({
        name: "adresses.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("username;email\nunknown;x@ecole.example\ndora;d@ecole.example\n"),
      });
      await page.locator("form[data-form=addresses] button").click();
      await page.locator("#outcomes li").nth(1).waitFor();
      await look("desk-busy");
      await page.locator("#situation").selectOption("DISABLED");
      await page.locator("form[data-form=find] button").click();
      await page.locator("#people > li").filter({ hasText: "Nora" }).waitFor();
      await page.locator("#select-all").check();
      await page.locator("#sheets-selected").click();
      await page.locator("#message:focus").waitFor();
      await look("desk-stopped");
    },
  },
  {
    name: "not a director",
    go: async (page, town, look) => {
      await signIn(page, await town.person());
      await page.locator("#sessions li").first().waitFor();
      await page.goto("/Institution");
      await page.locator("#message:focus").waitFor();
      await look("desk-not-yours");
    },
  },
  {
    name: "without scripts",
    withoutScripts: true,
    go: async (page, town, look) => {
      await page.goto("/Account");
      await look("account-no-script");
      await page.goto("/Institution");
      await look("desk-no-script");
      const { email, query } = await town.invited();
      await page.goto(`/Account/ResetPassword${query}`);
      await look("reset-no-script");
      await page.locator("#email").fill(email);
      await page.locator("#new_password").fill("babou");
      await page.locator("#confirm_password").fill("babou");
      await page.locator("form button").click();
      await page.locator("li[data-state=broken]").first().waitFor();
      await look("reset-refused-no-script");
      await page.locator("#new_password").fill(PASSWORD);
      await page.locator("#confirm_password").fill(PASSWORD);
      await page.locator("form button").click();
      await page.locator("#target").waitFor();
      await look("done-no-script");
    },
  },
];

async function signInAgain(page: Page, username: string): Promise<void> {
  await page.locator("#username").fill(username);
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#password").press("Enter");
  await page.locator("#message:focus").waitFor();
}

/**
 * What people see whose browser runs no scripts. Ours must run some, to look at the page with: it gets the page without
 * its scripts, and with what stands there for their lack.
 */
async function stripScripts(context: BrowserContext): Promise<void> {
  await context.route(/\/(Account|Institution)/, async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    const html = await response.text();
    await route.fulfill({ response, body: html.replace(/<script type="module".*<\/script>|<\/?noscript>/g, "") });
  });
}

/** Goes all the ways and looks at every stop. */
export async function tour(town: Town, options: BrowserContextOptions, look: Look): Promise<void> {
  for (const { withoutScripts, go } of WALKS) {
    const context = await town.site.visitor(options);
    if (withoutScripts) await stripScripts(context);
    const page = await context.newPage();
    await go(page, town, async (stop) => {
      // Until then a button may be pale, and a list about to be drawn anew.
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
      await look(stop, page);
    });
    await town.site.leave(context);
  }
}
