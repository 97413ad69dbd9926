/** What every call has in common: its metadata, its time limit, errors of one kind. */
import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";

import { GuichetError } from "./errors.js";

/** How long a unary call may take where it does not say so itself. */
const TIMEOUT_MS = 10_000;

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
      const limit = timeoutMs ?? TIMEOUT_MS;
      return transport.unary(method, signal, limit, headers(method, header), input, values).catch(fail);
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
