/** A person's session: its access token in memory, its refresh token where the application wants it. */
import { timestampMs } from "@bufbuild/protobuf/wkt";

import { GuichetError, type Reason } from "./errors.js";
import type { Tokens } from "./gen/guichet/v1/auth_pb.js";
import { type AccessToken, Tabs } from "./tabs.js";

/** An access token with less life left than this is renewed before the call. */
const MARGIN_MS = 30_000;

/** After these the refresh token is worth nothing any more. */
const ENDED: readonly (Reason | undefined)[] = ["TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_REUSED"];

/** Where an application keeps the refresh token. All its tabs must see the same one. */
export interface RefreshTokenStore {
  /** The token last saved. */
  load(): Promise<string | undefined> | string | undefined;
  /** Keeps the token; undefined once there is none. */
  save(token: string | undefined): Promise<void> | void;
}

/**
 * Where the refresh token is kept: by the server in an HttpOnly cookie, which no script can read, or by the
 * application.
 */
export type SessionKeeping = "cookie" | RefreshTokenStore;

/** Calls `Refresh`; an empty token means the one in the cookie. */
export type Exchange = (refreshToken: string) => Promise<Tokens>;

/** The person who is signed in. Calls through the client that it belongs to use it on their own. */
export class Session {
  readonly #keeping: SessionKeeping;
  readonly #exchange: Exchange;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<(accountId: string | undefined) => void>();
  #access: AccessToken | undefined;
  #renewing: Promise<void> | undefined;

  /** @internal */
  constructor(baseUrl: string, keeping: SessionKeeping, exchange: Exchange) {
    this.#keeping = keeping;
    this.#exchange = exchange;
    this.#tabs = new Tabs(baseUrl, (access) => this.#become(access));
  }

  /** Whose session it is; undefined before the first call of a page and after signing out. */
  get accountId(): string | undefined {
    return this.#access?.accountId;
  }

  /** This session's id, as in the list of sessions. */
  get sessionId(): string | undefined {
    return this.#access?.sessionId;
  }

  /**
   * Tells when another person or nobody is signed in from now on, in this tab or through another one.
   * Returns what stops the telling.
   */
  onChange(listener: (accountId: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The access token for the next call, renewed where it is about to expire or is the one the server refused.
   * Undefined where nobody is signed in.
   *
   * @internal
   */
  async accessToken(refused?: string): Promise<string | undefined> {
    if (!this.#isFresh(refused)) {
      this.#renewing ??= this.#renew(refused).finally(() => (this.#renewing = undefined));
      await this.#renewing;
    }
    return this.#access?.token;
  }

  /** Does what changes the session while no tab renews it. @internal */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#tabs.alone(work);
  }

  /** The refresh token, empty where it is in the cookie. @internal */
  async refreshToken(): Promise<string> {
    return this.#keeping === "cookie" ? "" : ((await this.#keeping.load()) ?? "");
  }

  /** Continues with new tokens. @internal */
  async adopt(tokens: Tokens): Promise<void> {
    if (this.#keeping !== "cookie") await this.#keeping.save(tokens.refreshToken);
    const access = {
      token: tokens.accessToken,
      accountId: tokens.accountId,
      sessionId: tokens.sessionId,
      renewAt: renewAt(tokens),
    };
    this.#tabs.tell(access);
    this.#become(access);
  }

  /** Nobody is signed in any more. @internal */
  async end(): Promise<void> {
    if (this.#keeping !== "cookie") await this.#keeping.save(undefined);
    this.#tabs.tell(undefined);
    this.#become(undefined);
  }

  /** Nobody is signed in any more if the refresh token was refused. @internal */
  async endIfOver(thrown: unknown): Promise<void> {
    if (thrown instanceof GuichetError && ENDED.includes(thrown.reason)) await this.end();
  }

  #isFresh(refused: string | undefined): boolean {
    const access = this.#access;
    return access !== undefined && access.token !== refused && Date.now() < access.renewAt;
  }

  #renew(refused: string | undefined): Promise<void> {
    return this.alone(async () => {
      // While this tab waited for its turn, another one may have done it.
      if (this.#isFresh(refused)) return;
      const refreshToken = await this.refreshToken();
      if (refreshToken === "" && this.#keeping !== "cookie") return this.#become(undefined);

      try {
        await this.adopt(await this.#exchange(refreshToken));
      } catch (thrown) {
        await this.endIfOver(thrown);
        throw thrown;
      }
    });
  }

  #become(access: AccessToken | undefined): void {
    const before = this.#access?.accountId;
    this.#access = access;
    if (before !== access?.accountId) {
      for (const listener of this.#listeners) listener(access?.accountId);
    }
  }
}

/** When to renew. Where this device's clock calls a new token old, only the server's word counts. */
function renewAt(tokens: Tokens): number {
  const expiry = tokens.accessTokenExpireTime && timestampMs(tokens.accessTokenExpireTime) - MARGIN_MS;
  return expiry !== undefined && expiry > Date.now() ? expiry : Number.POSITIVE_INFINITY;
}
