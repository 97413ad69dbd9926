/** A school and its people, for who goes through all the pages. */
import { AccountState } from "@guichet/client/v1";
import { createGuichet } from "@guichet/client/node";

import type { Link } from "../../typescript/test/server.js";
import { PASSWORD, Site } from "./site.js";
import { codeAt } from "./totp.js";

/** What the longest of our pages have to bear. */
const LONG_NAME = "Anne-Marie-Élisabeth van den Broucke-Lourdaud";

/** A server with people in every situation. */
export class Town {
  readonly site: Site;
  readonly #school: string;
  #made = 0;

  private constructor(site: Site, school: string) {
    this.site = site;
    this.#school = school;
  }

  /** Starts it. Throttling is on, since being slowed down is something that people see. */
  static async open(env: Record<string, string> = {}, ahead = 0): Promise<Town> {
    const throttled = { GUICHET_THROTTLE: "on", GUICHET_THROTTLE_FREE_FAILURES: "2" };
    const site = await Site.open({ GUICHET_APP_NAME: "CREOS", ...throttled, ...env }, ahead);
    return site.prepare(async () => {
      const { institution } = await site.admin.institution.createInstitution({
        institution: { displayName: "École fondamentale Saint-Rémi" },
      });
      const town = new Town(site, institution?.id ?? "");
      await town.#settle();
      return town;
    });
  }

  close(): Promise<void> {
    return this.site.close();
  }

  /** Somebody new who may sign in. */
  async person(): Promise<string> {
    const username = `jean.dupont${++this.#made}`;
    await this.site.signUp(username, `${username}@ecole.example`);
    return username;
  }

  /** Somebody new who has an authenticator app. */
  async withApp(): Promise<string> {
    const username = await this.person();
    const { auth } = await this.#signedIn(username);
    const { secret } = await auth.beginTotpEnrollment({ currentPassword: PASSWORD });
    await auth.confirmTotpEnrollment({ totpCode: codeAt(secret, this.site.now()) });
    return username;
  }

  /** Somebody new, and the link that was mailed to them. */
  async invited(): Promise<{ email: string; username: string; link: Link; query: string }> {
    const username = `lea.lambert${++this.#made}`;
    const email = `${username}@ecole.example`;
    await this.site.admin.account.createAccount({
      account: { username, email, state: AccountState.PENDING },
      credential: { case: "sendActivation", value: true },
    });
    const link = await this.site.linkMailedTo(email);
    return { email, username, link, query: `?userId=${link.userId}&code=${link.code}` };
  }

  /** The link that confirms somebody's new address. */
  async confirmation(): Promise<string> {
    const username = await this.person();
    const { accounts } = await this.site.admin.account.lookupAccounts({ key: { case: "username", value: username } });
    const newEmail = `${username}@maison.example`;
    await this.site.admin.account.requestEmailChange({ accountId: accounts[0]?.id ?? "", newEmail });
    const { userId, code } = await this.site.linkMailedTo(newEmail);
    return `?userId=${userId}&code=${code}`;
  }

  /** "This was not me", from the notice to somebody whose password has just changed. */
  async warned(): Promise<string> {
    const username = await this.person();
    const { account } = await this.#signedIn(username);
    await account.changePassword({ currentPassword: PASSWORD, newPassword: "Lampe-violon-42-nuage" });
    const { userId, code } = await this.site.linkMailedTo(`${username}@ecole.example`);
    return `?userId=${userId}&code=${code}`;
  }

  /** The address of the page where a code that was handed over is typed. */
  async handedOver(): Promise<string> {
    const accountId = await this.site.inherit(`marc.petit${++this.#made}`);
    const { link } = await this.site.admin.reset.issueResetCode({ accountId });
    return new URL(link).pathname + new URL(link).search;
  }

  /** A client that calls as somebody. */
  async #signedIn(username: string): Promise<ReturnType<typeof createGuichet>> {
    let kept: string | undefined;
    const session = { load: () => kept, save: (token: string | undefined) => void (kept = token) };
    const guichet = createGuichet({ baseUrl: this.site.url, session });
    await guichet.auth.login({ username, password: PASSWORD });
    return guichet;
  }

  async #settle(): Promise<void> {
    const { institution, mail } = this.site.admin;
    const director = await this.site.signUp("dora");
    await institution.addMember({ institutionId: this.#school, accountId: director });
    await this.#pupil("z.lefevre", "Zoé Lefèvre", "zoe.lefevre@ecole.example");
    await this.#pupil("m.petit", "Marc Petit");
    await this.#pupil("am.lourdaud", LONG_NAME, "anne.marie.elisabeth.vandenbroucke@ecole.example");
    await this.#pupil("b.noel", "Bruno Noël", "bruno@ecole.exmaple", true);
    await this.site.linkMailedTo("bruno@ecole.exmaple");
    await mail.reportBounce({
      mail: { case: "recipient", value: "bruno@ecole.exmaple" },
      diagnostic: "550 5.1.2 no such host",
    });
    await this.#stopped("n.stop", "Nora Stop");
  }

  async #stopped(username: string, displayName: string): Promise<void> {
    const { account } = this.site.admin;
    const id = await this.site.signUp(username);
    const updateMask = { paths: ["institution_id", "display_name"] };
    await account.updateAccount({ account: { id, institutionId: this.#school, displayName }, updateMask });
    await account.disableAccount({ accountId: id });
  }

  async #pupil(username: string, displayName: string, email = "", isMailed = false): Promise<void> {
    const state = isMailed ? AccountState.PENDING : AccountState.LEGACY;
    await this.site.admin.account.createAccount({
      account: { username, displayName, email, institutionId: this.#school, state },
      credential: isMailed ? { case: "sendActivation", value: true } : { case: undefined },
    });
  }
}
