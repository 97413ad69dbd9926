/**
 * Client of Guichet for browsers, by grpc-web. In Node, `@guichet/client/node` speaks gRPC.
 *
 * @module
 */
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { assemble, type Clients, type Guichet, type GuichetOptions, SERVICES, type Services } from "./guichet.js";

export { Code } from "@connectrpc/connect";
export { GuichetError, type Reason, type Violation } from "./errors.js";
export type { Clients, Guichet, GuichetOptions, Services } from "./guichet.js";
export type { RefreshTokenStore, Session, SessionKeeping } from "./session.js";

/** Connects to a server. Nothing is sent before the first call. */
export function createGuichet(options: GuichetOptions): Guichet {
  return createClients(SERVICES, options);
}

/** Likewise, with some of the services only: a bundle then holds no more than these. */
export function createClients<Chosen extends Services>(services: Chosen, options: GuichetOptions): Clients<Chosen> {
  return assemble(services, options, options.transport ?? createGrpcWebTransport({ baseUrl: options.baseUrl }));
}
