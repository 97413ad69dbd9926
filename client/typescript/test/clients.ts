/** The two packages' entry points, with the calls they send written down. */
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createGuichet as inBrowser, type GuichetOptions } from "@guichet/client";
import { createGuichet as inNode } from "@guichet/client/node";

import type { Server } from "./server.js";

/** How a client reaches the server: every behaviour is tested over both. */
export const WAYS = [
  { way: "grpc-web", createGuichet: inBrowser, transport: createGrpcWebTransport },
  {
    way: "gRPC",
    createGuichet: inNode,
    transport: (options: { baseUrl: string }): Transport => createGrpcTransport(options),
  },
] as const;

/** A transport that also writes down the name of every call it carries. */
export function recorded(transport: Transport, names: string[]): Transport {
  return {
    unary(method, ...rest) {
      names.push(method.name);
      return transport.unary(method, ...rest);
    },
    stream(method, ...rest) {
      names.push(method.name);
      return transport.stream(method, ...rest);
    },
  };
}

/** Keeps the refresh token as an application would. */
export function store(token?: string) {
  return {
    token,
    load() {
      return this.token;
    },
    save(token: string | undefined) {
      this.token = token;
    },
  };
}

/** The password of every account made by `signUp`. */
export const PASSWORD = "Babou45+";

/** Makes an account that may sign in. */
export async function signUp(server: Server, username: string, email = ""): Promise<string> {
  const admin = inNode({ baseUrl: server.url, token: server.apiKey() } satisfies GuichetOptions);
  const { account } = await admin.account.createAccount({
    account: { username, email },
    credential: { case: "password", value: PASSWORD },
  });
  return account?.id ?? "";
}
