/** What every call has in common: its metadata, its time limit, errors of one kind. */
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type Transport } from "@connectrpc/connect";

import { GuichetError } from "./errors.js";

/** How long a unary call may take where it does not say so itself. */
const TIMEOUT_MS = 10_000;

/**
 * Likewise for `Refresh`. For ten seconds after the first time the server takes the same refresh token again, and after
 * that for a stolen one: by then a second try must have been answered.
 */
const REFRESH_TIMEOUT_MS = 3_000;

/** With these the server may have done what it was asked for, whatever the reason. */
const LOST: readonly Code[] = [Code.DeadlineExceeded, Code.Unavailable, Code.Canceled];

/** The metadata of a call to `method`. */
export type Metadata = (method: DescMethod) => Readonly<Record<string, string>>;

/** The same transport, failing with `GuichetError` only. */
export function withDefaults(transport: Transport, metadata: Metadata): Transport {
  const headers = (method: DescMethod, given: HeadersInit | undefined) => {
    const all = new Headers(metadata(method));
    new Headers(given).forEach((value, name) => all.set(name, value));
    return all;
  };
  return {
    unary(method, signal, timeoutMs, header, input, values) {
      const send = (limit: number) =>
        transport.unary(method, signal, limit, headers(method, header), input, values).catch(fail);
      if (method.name !== "Refresh" || timeoutMs !== undefined) return send(timeoutMs ?? TIMEOUT_MS);
      return send(REFRESH_TIMEOUT_MS).catch((error: unknown) => {
        if (signal?.aborted || !isLost(error)) throw error;
        return send(REFRESH_TIMEOUT_MS);
      });
    },

    async stream(method, signal, timeoutMs, header, input, values) {
      const sending = headers(method, header);
      const response = await transport
        .stream(method, signal, timeoutMs, sending, input, values)
        .catch(fail);
      return { ...response, message: failing(response.message) };
    },
  };
}

/** Whether a reply may have been lost: what breaks in its middle has many codes, but never a reason of Guichet's. */
function isLost(error: unknown): boolean {
  return error instanceof GuichetError && (error.reason === undefined || LOST.includes(error.code));
}

function fail(thrown: unknown): never {
  throw GuichetError.from(thrown);
}

async function* failing<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (thrown) {
    fail(thrown);
  }
}
