/** The server that these pages come from. */
import { createGuichet } from "@guichet/client";

/** Its services, in the language of the page. The refresh token stays in a cookie that no script can read. */
export const guichet = createGuichet({
  baseUrl: location.origin,
  session: "cookie",
  locale: document.documentElement.lang,
});
