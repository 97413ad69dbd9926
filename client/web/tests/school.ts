/** A school whose director is at the desk. */
import { AccountState } from "@guichet/client/v1";
import type { Locator, Page } from "playwright-core";

import { LIMIT_MS, PASSWORD, signIn, Site } from "./site.js";

/** Who acts for the school. */
const DIRECTOR = "dora";

/** The server, and the school on it. */
export class School {
  readonly site: Site;
  readonly id: string;

  private constructor(site: Site, id: string) {
    this.site = site;
    this.id = id;
  }

  /** Starts both. */
  static async open(env: Record<string, string> = {}): Promise<School> {
    const site = await Site.open(env);
    return site.prepare(async () => {
      const { institution } = await site.admin.institution.createInstitution({
        institution: { displayName: "École Saint-Rémi" },
      });
      const school = new School(site, institution?.id ?? "");
      const director = await site.signUp(DIRECTOR);
      await site.admin.institution.addMember({ institutionId: school.id, accountId: director });
      return school;
    });
  }

  close(): Promise<void> {
    return this.site.close();
  }

  /** Somebody of the school, of the old system unless they are to be mailed. */
  async pupil(username: string, displayName: string, email = "", isMailed = false): Promise<string> {
    const { account } = await this.site.admin.account.createAccount({
      account: {
        username,
        displayName,
        email,
        institutionId: this.id,
        state: isMailed ? AccountState.PENDING : AccountState.LEGACY,
      },
      credential: isMailed ? { case: "sendActivation", value: true } : { case: undefined },
    });
    return account?.id ?? "";
  }

  /** Somebody of the school who may sign in. */
  async active(username: string, displayName: string, email = ""): Promise<string> {
    const id = await this.site.signUp(username, email);
    const account = { id, institutionId: this.id, displayName };
    const updateMask = { paths: ["institution_id", "display_name"] };
    await this.site.admin.account.updateAccount({ account, updateMask });
    return id;
  }

  /** The desk of the director, with the people that a search finds. */
  async desk(search: string, situation = "stuck"): Promise<Page> {
    const page = await (await this.site.visitor()).newPage();
    await signIn(page, DIRECTOR);
    await page.getByRole("link", { name: "Débloquer des comptes" }).click();
    await page.waitForURL("**/Institution");
    await find(page, search, situation);
    return page;
  }

  /** Somebody else, at home, uses what they were given. */
  async choosePassword(address: string, email: string, code?: string): Promise<Page> {
    const page = await (await this.site.visitor()).newPage();
    await page.goto(address);
    if (code !== undefined) await page.getByLabel("Votre code").fill(code);
    await page.getByLabel("Adresse e-mail").fill(email);
    await page.getByLabel("Nouveau mot de passe", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Confirmer le mot de passe", { exact: true }).fill(PASSWORD);
    // Or the page would be left five seconds later, whoever is still reading.
    await page.clock.setFixedTime(Date.now());
    await page.getByRole("button", { name: "Réinitialiser" }).click();
    await page.getByRole("heading", { name: "Votre mot de passe a été réinitialisé" }).waitFor();
    return page;
  }
}

/** Has the desk look for people. */
export async function find(page: Page, search: string, situation = "stuck"): Promise<void> {
  await page.getByLabel("Chercher quelqu'un").fill(search);
  await page.getByLabel("Situation").selectOption(situation);
  const found = page.waitForResponse((response) => response.url().endsWith("/ListPeople") && response.ok());
  await page.getByRole("button", { name: "Chercher" }).click();
  await found;
  await page.locator("form[data-form=find]:not([aria-busy])").waitFor();
}

/** The card of somebody. */
export function card(page: Page, name: string): Locator {
  return page.locator("#people > li").filter({ hasText: name });
}

/** What the card of somebody tells of their last requests, once the worker has come so far. */
export async function toldOf(page: Page, name: string, what: RegExp): Promise<string> {
  const person = card(page, name);
  const told = person.locator("[aria-live] li").filter({ hasText: what });
  const limit = Date.now() + LIMIT_MS;
  while (Date.now() < limit && (await told.count()) === 0) {
    await person.getByRole("button", { name: "Que s'est-il passé" }).click();
    await person.locator("[aria-live] li").first().waitFor();
    await page.locator("#desk:not([aria-busy=true])").waitFor();
  }
  return told.first().innerText();
}

/** What stands somewhere, its narrow spaces being spaces. */
export async function plain(place: Locator): Promise<string> {
  return (await place.innerText()).replace(/[^\S\n]/g, " ");
}

/** Has a page say that it was printed instead of printing. */
export async function printing(page: Page): Promise<void> {
  await page.evaluate(() => (window.print = () => document.body.classList.add("printed")));
}
