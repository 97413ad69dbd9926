/** The pages of the real binary in a real browser. */
import assert from "node:assert/strict";
import { createServer } from "node:net";

import AxeBuilder from "@axe-core/playwright";
import { type AccountState, AccountState as States } from "@guichet/client/v1";
import { createGuichet, type Guichet } from "@guichet/client/node";
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

/** A password that keeps all the rules. */
export const PASSWORD = "Babou45+";

/** A running server and a browser. */
export class Site {
  readonly #server: Server;
  readonly #browser: Browser;
  readonly url: string;
  readonly admin: Guichet;

  private constructor(server: Server, browser: Browser, url: string) {
    this.#server = server;
    this.#browser = browser;
    this.url = url;
    this.admin = createGuichet({ baseUrl: server.url, token: server.apiKey() });
  }

  /** Starts both. The public address is fixed beforehand: what a page may do depends on its origin. */
  static async open(env: Record<string, string> = {}): Promise<Site> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const server = await Server.start({ GUICHET_LISTEN: `127.0.0.1:${port}`, GUICHET_PUBLIC_URL: url, ...env });
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
    return new Site(server, browser, url);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.stop();
  }

  /** A browser of its own, of a person who reads French. Anything that it asks another host for is a failure. */
  async visitor(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ baseURL: this.url, locale: "fr-BE", ...options });
    context.setDefaultTimeout(10_000);
    await context.route(
      (url) => url.origin !== this.url && url.protocol !== "data:",
      (route) => {
        assert.fail(`a page asked for ${route.request().url()}`);
      },
    );
    return context;
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

  advance(seconds: number): void {
    this.#server.advance(seconds);
  }
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
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(found, [], state);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}
