/** The pages of the real binary in a real browser. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { type AccountState, AccountState as States } from "@guichet/client/v1";
import { createGuichet, type Guichet } from "@guichet/client/node";
import axe from "axe-core";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

import { type Link, Server } from "../../typescript/test/server.js";

/** Nothing that goes out by itself. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a page may take on a busy machine. */
export const LIMIT_MS = 20_000;

/** So many ports are tried, where somebody takes one between our look and the server's. */
const MOST_PORTS = 3;

/** All that a browser is asked to keep: the session, the language, and that forms are ours. No script can read them. */
const COOKIES = ["guichet_refresh", "guichet_device", "guichet_lang", "guichet_form"];

/** Everything that a page can put into a browser, by name; run in the page. */
const STORED = async () => [
  ...Object.keys(localStorage).map((key) => `localStorage ${key}`),
  ...Object.keys(sessionStorage).map((key) => `sessionStorage ${key}`),
  ...(await indexedDB.databases()).map(({ name }) => `database ${name}`),
  ...(await caches.keys()).map((name) => `cache ${name}`),
  ...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => `service worker ${scope}`),
  ...(document.cookie === "" ? [] : [`a readable cookie ${document.cookie}`]),
];

/** A password that keeps all the rules. */
export const PASSWORD = "Babou45+";

/** A running server and a browser. */
export class Site {
  readonly #server: Server;
  readonly #browser: Browser;
  /** What no page may ever do, and did. */
  readonly #faults: string[] = [];
  /** The applications that people may be sent to, which answer each visitor. */
  readonly #targets: string[];
  /** These can store nothing, nor can they be asked. */
  readonly #scriptless = new WeakSet<BrowserContext>();
  #ahead: number;
  readonly url: string;
  readonly admin: Guichet;

  private constructor(server: Server, browser: Browser, url: string, targets: string[], ahead: number) {
    this.#server = server;
    this.#browser = browser;
    this.#targets = targets;
    this.#ahead = ahead;
    this.url = url;
    this.admin = createGuichet({ baseUrl: server.url, token: server.apiKey() });
  }

  /**
   * Starts both. The public address is fixed beforehand: what a page may do depends on its origin. `ahead` tells what a
   * clock in `env` is set to.
   */
  static async open(env: Record<string, string> = {}, ahead = 0): Promise<Site> {
    const { server, url } = await serve(env);
    try {
      const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
      const targets = [env["GUICHET_APP_URL"], env["GUICHET_RETURN_URLS"]].filter((target) => target !== undefined);
      return new Site(server, browser, url, targets, ahead);
    } catch (thrown) {
      server.stop();
      throw thrown;
    }
  }

  /** Has it made ready by `work`. Where that fails nobody else would end what keeps the tests from ending. */
  async prepare<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      await this.close();
      throw thrown;
    }
  }

  /**
   * Ends both. Fails if any visitor's page broke the content security policy, threw, asked another host for something,
   * or left something in the browser (threats, section 1: 3.4.3, 3.6.1, 14.3.3).
   */
  async close(): Promise<void> {
    try {
      for (const context of this.#browser.contexts()) await this.leave(context);
    } finally {
      // Whatever went wrong: a process that stays would keep the tests from ending.
      this.#server.stop();
      await this.#browser.close();
    }
    assert.deepEqual(this.#faults, []);
  }

  /** A browser of its own, of a person who reads French. */
  async visitor(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ baseURL: this.url, locale: "fr-BE", ...options });
    if (options.javaScriptEnabled === false) this.#scriptless.add(context);
    context.setDefaultTimeout(LIMIT_MS);
    context.on("console", (line) => {
      if (/Content Security Policy|Trusted/.test(line.text())) this.#faults.push(line.text());
    });
    context.on("weberror", (thrown) => this.#faults.push(String(thrown.error())));
    await context.route(
      (url) => url.origin !== this.url && url.protocol !== "data:",
      async (route) => {
        const request = route.request();
        if (request.isNavigationRequest() && this.#targets.includes(request.url())) {
          return route.fulfill({ contentType: "text/html", body: "the application" });
        }
        this.#faults.push(`a page asked for ${request.url()}`);
        await route.abort();
      },
    );
    return context;
  }

  /** A browser without any of that, for pages of other sites. */
  stranger(): Promise<BrowserContext> {
    return this.#browser.newContext({ locale: "fr-BE" });
  }

  /** Closes a browser, and looks at what stays in it. */
  async leave(context: BrowserContext): Promise<void> {
    const pages = this.#scriptless.has(context) ? [] : context.pages();
    for (const page of pages) {
      const kept = await this.#keptBy(page);
      if (kept.length > 0) this.#faults.push(`${page.url()} keeps ${kept.join(", ")}`);
    }
    for (const { name, domain, httpOnly } of await context.cookies()) {
      const isOurs = domain !== "localhost" || (httpOnly && COOKIES.includes(name));
      if (!isOurs) this.#faults.push(`a cookie that nobody knows of: ${name}`);
    }
    await context.close();
  }

  /** What a page of ours has stored. One that is being sent on just then is asked where it arrives. */
  async #keptBy(page: Page): Promise<string[]> {
    while (page.url().startsWith(`${this.url}/`)) {
      try {
        return await Promise.race([page.evaluate(STORED), tooLate(page)]);
      } catch (error) {
        if (!String(error).includes("Execution context was destroyed")) throw error;
        await page.waitForLoadState();
      }
    }
    return [];
  }

  /** Makes an account that may sign in. */
  async signUp(username: string, email = ""): Promise<string> {
    const credential = { case: "password", value: PASSWORD } as const;
    const { account } = await this.admin.account.createAccount({ account: { username, email }, credential });
    return account?.id ?? "";
  }

  /** Makes an account of the old system. */
  async inherit(username: string): Promise<string> {
    const state: AccountState = States.LEGACY;
    const { account } = await this.admin.account.createAccount({ account: { username, state } });
    return account?.id ?? "";
  }

  /** The mails to an address, once there are so many. */
  mailsTo(address: string, count: number): Promise<string[]> {
    return this.#server.mailsTo(address, count);
  }

  /** The link in the last of them. */
  linkMailedTo(address: string): Promise<Link> {
    return this.#server.linkMailedTo(address);
  }

  /** Sets the server's clock so far ahead of the real one. */
  advance(seconds: number): void {
    this.#ahead = seconds;
    this.#server.advance(seconds);
  }

  /** The server's time, in milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#ahead * 1_000;
  }
}

/** Keeps what a page asks an RPC from the server until it is let go, and counts it. */
export async function hold(page: Page, rpc: string): Promise<{ asked: () => number; letGo: () => void }> {
  let asked = 0;
  let letGo = (): void => undefined;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(`**/guichet.v1.*/${rpc}`, async (route) => {
    asked += 1;
    await free;
    // The page may have been left meanwhile.
    await route.continue().catch(() => undefined);
  });
  return { asked: () => asked, letGo };
}

/** Signs in with the form. */
export async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.goto("/Account/Login");
  await page.locator("#username").fill(username);
  await page.locator("#password").fill(password);
  await page.locator("#password").press("Enter");
}

/** The id of the element that the keyboard is at. */
export function focusedId(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.id ?? "");
}

/** Fails with what axe finds on a page as it is now (WCAG 2.2 AA and best practices). */
export async function assertAccessible(page: Page, state: string): Promise<void> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run({ resultTypes: ["violations"] }),
  );
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(found, [], state);
}

/** A script that never ends would keep a page from answering for ever. */
async function tooLate(page: Page): Promise<never> {
  await sleep(LIMIT_MS, undefined, { ref: false });
  throw new Error(`${page.url()} does not answer`);
}

async function serve(env: Record<string, string>): Promise<{ server: Server; url: string }> {
  for (let ports = 1; ; ports++) {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    try {
      const server = await Server.start({ GUICHET_LISTEN: `127.0.0.1:${port}`, GUICHET_PUBLIC_URL: url, ...env });
      return { server, url };
    } catch (thrown) {
      if (ports === MOST_PORTS) throw thrown;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}
