/** The clients of services over one transport. */
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";

import { authorized, type TokenSource } from "./authorized.js";
import { withDefaults } from "./defaults.js";
import { AccountService } from "./gen/guichet/v1/account_pb.js";
import { AuthService, type Tokens } from "./gen/guichet/v1/auth_pb.js";
import { EventService } from "./gen/guichet/v1/event_pb.js";
import { ImportService } from "./gen/guichet/v1/import_pb.js";
import { InstitutionService } from "./gen/guichet/v1/institution_pb.js";
import { MailService } from "./gen/guichet/v1/mail_pb.js";
import { ResetService } from "./gen/guichet/v1/reset_pb.js";
import { Session, type SessionKeeping } from "./session.js";
import { cookieMetadata, following } from "./signing.js";

/** Where the server is and who calls. */
export interface GuichetOptions {
  /** The server's public address, such as `https://accounts.example.org`. */
  readonly baseUrl: string;
  /** Another transport than the usual one, for a proxy or certificates of your own. */
  readonly transport?: Transport;
  /** An API key, or an access token that somebody else renews. */
  readonly token?: string;
  /** Follows the person who signs in; where the refresh token is kept. Not together with `token`. */
  readonly session?: SessionKeeping;
  /** Language of messages (`fr`, `en`, `nl`, `de`), where a request does not name its own. */
  readonly locale?: string;
}

/** The services of one server. */
export interface Guichet {
  readonly account: Client<typeof AccountService>;
  readonly auth: Client<typeof AuthService>;
  readonly event: Client<typeof EventService>;
  /** `importAccounts` needs a transport that can send a stream: browsers have none. */
  readonly import: Client<typeof ImportService>;
  readonly institution: Client<typeof InstitutionService>;
  readonly mail: Client<typeof MailService>;
  readonly reset: Client<typeof ResetService>;
  /** Whoever is signed in, where `session` was asked for. */
  readonly session: Session | undefined;
}

/** Services, by the names that their clients get. */
export type Services = Readonly<Record<string, DescService>>;

/** A client for each of them, and whoever is signed in, where `session` was asked for. */
export type Clients<Chosen extends Services> = { readonly [Name in keyof Chosen]: Client<Chosen[Name]> } & {
  readonly session: Session | undefined;
};

/** What a `Guichet` has. */
export const SERVICES = {
  account: AccountService,
  auth: AuthService,
  event: EventService,
  import: ImportService,
  institution: InstitutionService,
  mail: MailService,
  reset: ResetService,
} as const;

/** Puts the clients together. */
export function assemble<Chosen extends Services>(
  services: Chosen,
  options: GuichetOptions,
  transport: Transport,
): Clients<Chosen> {
  const { token, session: keeping, locale } = options;
  if (token !== undefined && keeping !== undefined) {
    throw new TypeError("either a token or a session, not both");
  }
  const plain = withDefaults(transport, (method) => ({
    ...(locale === undefined ? {} : { "accept-language": locale }),
    ...(keeping === "cookie" ? cookieMetadata(method) : {}),
  }));
  if (keeping === undefined) return clients(services, authorized(plain, () => token));

  const session = new Session(options.baseUrl, keeping, (old) => exchange(plain, old));
  const source: TokenSource = (refused) => session.accessToken(refused);
  return clients(services, authorized(following(plain, session), source), session);
}

function clients<Chosen extends Services>(services: Chosen, transport: Transport, session?: Session): Clients<Chosen> {
  const made = Object.entries(services).map(([name, service]) => [name, createClient(service, transport)]);
  return { ...Object.fromEntries(made), session } as Clients<Chosen>;
}

async function exchange(transport: Transport, refreshToken: string): Promise<Tokens> {
  const { tokens } = await createClient(AuthService, transport).refresh({ refreshToken });
  if (!tokens) throw new TypeError("the server refreshed the session without tokens");
  return tokens;
}
