/** The caller's token on every call that wants one, and a second try once it has expired. */
import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";

import { GuichetError } from "./errors.js";

/** These are open to anybody, and look at no token. */
const PUBLIC: ReadonlySet<string> = new Set([
  "CheckPassword",
  "RequestReset",
  "InspectReset",
  "CompleteReset",
  "RevokeReset",
  "RemindUsernames",
  "Login",
  "ContinueLogin",
  "Refresh",
  "Logout",
  "GetSigningKeys",
  "ConfirmEmailChange",
]);

/** This one is open to anybody too, and knows by a token whose rules are asked for. */
const RECOGNISING = "GetPasswordPolicy";

/** The token for the next call, another one than `refused` if there can be one. */
export type TokenSource = (refused?: string) => Promise<string | undefined> | string | undefined;

/** The same transport, with `source`'s token on its calls. */
export function authorized(transport: Transport, source: TokenSource): Transport {
  return {
    unary(method, signal, timeoutMs, header, input, values) {
      return withToken(method, source, (token) =>
        transport.unary(method, signal, timeoutMs, bearer(header, token), input, values),
      );
    },

    async stream(method, signal, timeoutMs, header, input, values) {
      const messages = await repeatable(method, input);
      return withToken(method, source, async (token) =>
        begun(
          await transport.stream(method, signal, timeoutMs, bearer(header, token), messages, values),
        ),
      );
    },
  };
}

async function withToken<T>(
  method: DescMethod,
  source: TokenSource,
  send: (token: string | undefined) => Promise<T>,
): Promise<T> {
  if (PUBLIC.has(method.name)) return send(undefined);
  if (method.name === RECOGNISING) return send(await tokenIfAny(source));

  const token = await source();
  try {
    return await send(token);
  } catch (thrown) {
    const expired = thrown instanceof GuichetError && thrown.reason === "TOKEN_EXPIRED";
    const once = method.methodKind === "unary" || method.methodKind === "server_streaming";
    const renewed = expired && once ? await source(token) : token;
    if (renewed === token) throw thrown;
    return send(renewed);
  }
}

/** Nobody signed in, or a session that is over, is no reason to fail. */
async function tokenIfAny(source: TokenSource): Promise<string | undefined> {
  try {
    return await source();
  } catch {
    return undefined;
  }
}

function bearer(given: HeadersInit | undefined, token: string | undefined): Headers {
  const headers = new Headers(given);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return headers;
}

/** A server stream has one request, which a second try sends again. */
async function repeatable<T>(method: DescMethod, input: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  if (method.methodKind !== "server_streaming") return input;
  const messages: T[] = [];
  for await (const message of input) messages.push(message);
  return {
    async *[Symbol.asyncIterator]() {
      yield* messages;
    },
  };
}

/** A refusal comes where the first message would: only who has that one knows that the call goes well. */
async function begun<T, R extends { readonly message: AsyncIterable<T> }>(response: R): Promise<R> {
  const messages = response.message[Symbol.asyncIterator]();
  const first = await messages.next();
  return { ...response, message: continued(first, messages) };
}

async function* continued<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; !next.done; next = await rest.next()) yield next.value;
}
