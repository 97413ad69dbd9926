/** The calls that open, renew and end the session, followed by it. */
import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";

import type { LoginResponse, RefreshResponse, Tokens } from "./gen/guichet/v1/auth_pb.js";
import type { Session } from "./session.js";

/** With these the server sets, reads or clears the cookie of the refresh token. */
const SIGNING: ReadonlySet<string> = new Set(["Login", "ContinueLogin", "Refresh", "Logout"]);

/** With these somebody signs in, whoever it was before. */
const OPENING: ReadonlySet<string> = new Set(["Login", "ContinueLogin"]);

/** With these it keeps, in a cookie, what the device is known by from now on. */
const CHOOSING: ReadonlySet<string> = new Set(["CompleteReset", "ChangePassword"]);

/** What tells the server that the refresh token, and what the device is known by, belong into cookies. */
export function cookieMetadata(method: DescMethod): Record<string, string> {
  const hasCookies = SIGNING.has(method.name) || CHOOSING.has(method.name);
  return hasCookies ? { "guichet-session": "cookie" } : {};
}

/** The same transport; signing in or out through it changes `session`. */
export function following(transport: Transport, session: Session): Transport {
  return {
    ...transport,
    unary(method, signal, timeoutMs, header, input, values) {
      if (!SIGNING.has(method.name)) {
        return transport.unary(method, signal, timeoutMs, header, input, values);
      }
      return session.alone(async () => {
        const { message, isOwn } = await withRefreshToken(method, input, session);
        try {
          const response = await transport.unary(method, signal, timeoutMs, header, message, values);
          const tokens = isOwn || OPENING.has(method.name) ? tokensOf(response.message) : undefined;
          if (tokens) await session.adopt(tokens);
          if (isOwn && method.name === "Logout") await session.end();
          return response;
        } catch (thrown) {
          // A challenge that is too old, or a token of somebody else's, says nothing about this session.
          if (isOwn) await session.endIfOver(thrown);
          throw thrown;
        }
      });
    },
  };
}

/** `Refresh` and `Logout` are about the session's own token unless another one is given. */
async function withRefreshToken<T>(
  method: DescMethod,
  input: T,
  session: Session,
): Promise<{ message: T; isOwn: boolean }> {
  if (method.name !== "Refresh" && method.name !== "Logout") return { message: input, isOwn: false };
  const own = await session.refreshToken();
  const refreshToken = (input as { refreshToken?: string }).refreshToken || own;
  return { message: { ...input, refreshToken }, isOwn: refreshToken === own };
}

function tokensOf(message: unknown): Tokens | undefined {
  const { outcome, tokens } = message as {
    outcome?: LoginResponse["outcome"];
    tokens?: RefreshResponse["tokens"];
  };
  return outcome?.case === "tokens" ? outcome.value : tokens;
}
