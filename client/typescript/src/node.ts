/**
 * Client of Guichet for Node, by gRPC over HTTP/2.
 *
 * @module
 */
import { createGrpcTransport } from "@connectrpc/connect-node";

import { assemble, type Guichet, type GuichetOptions } from "./guichet.js";

export { Code } from "@connectrpc/connect";
export { GuichetError, type Reason, type Violation } from "./errors.js";
export type { Guichet, GuichetOptions } from "./guichet.js";
export type { RefreshTokenStore, Session, SessionKeeping } from "./session.js";

/** Connects to a server. Nothing is sent before the first call. */
export function createGuichet(options: GuichetOptions): Guichet {
  return assemble(options, options.transport ?? createGrpcTransport({ baseUrl: options.baseUrl }));
}
