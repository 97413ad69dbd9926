/** The server that these pages come from. */
import { createClients } from "@guichet/client";
import { AccountService, AuthService, InstitutionService, ResetService } from "@guichet/client/v1";

const services = { account: AccountService, auth: AuthService, institution: InstitutionService, reset: ResetService };

/** Its services that pages call, in the language of the page. The refresh token stays in a cookie that no script can read. */
export const guichet = createClients(services, {
  baseUrl: location.origin,
  session: "cookie",
  locale: document.documentElement.lang,
});
