/** Several tabs of one application. Node 20 has BroadcastChannel but no Web Locks, so these are stood in for. */
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { createRouterTransport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createGuichet } from "@guichet/client";
import { AuthService } from "@guichet/client/v1";

import { PASSWORD, recorded, signUp, store } from "./clients.js";
import { Server } from "./server.js";

/** How long a message between tabs may take on a busy machine. */
const LIMIT_MS = 10_000;

let server: Server;
before(async () => {
  server = await Server.start();
  await signUp(server, "lea");
  await signUp(server, "noa");
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: exclusiveLocks() } });
});
after(() => server.stop());

function exclusiveLocks() {
  let holders = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    request(_name: string, ...rest: [{ ifAvailable: true }, Work] | [Work]) {
      const work = rest[1] ?? (rest[0] as Work);
      if (rest.length === 2 && holders > 0) return work(null);
      holders += 1;
      const turn = last.then(() => work({})).finally(() => (holders -= 1));
      last = turn.then(
        () => undefined,
        () => undefined,
      );
      return turn;
    },
  };
}

type Work = (lock: object | null) => Promise<unknown>;

function openTab(session: ReturnType<typeof store>) {
  const calls: string[] = [];
  const transport = recorded(createGrpcWebTransport({ baseUrl: server.url }), calls);
  return { calls, ...createGuichet({ baseUrl: server.url, transport, session }) };
}

/** Until `tab` has heard of it. */
async function signedInTo(tab: ReturnType<typeof openTab>, accountId: string | undefined): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (tab.session?.accountId !== accountId) {
    assert.ok(Date.now() < limit, "the tabs don't hear of each other");
    await setImmediate();
  }
}

test("a tab that opens late and one that waits use the token of the first", async () => {
  const shared = store();
  const [one, two] = [openTab(shared), openTab(shared)];
  await one.auth.login({ username: "lea", password: PASSWORD });
  await signedInTo(two, one.session?.accountId);

  await two.auth.getUserInfo({});
  assert.deepEqual(two.calls, ["GetUserInfo"]);

  server.advance(601);
  await Promise.all([one.auth.getUserInfo({}), two.auth.getUserInfo({})]);
  const refreshed = [...one.calls, ...two.calls].filter((name) => name === "Refresh");
  assert.equal(refreshed.length, 1);
});

test("signing out in one tab signs the others out", async () => {
  const shared = store();
  const [one, two] = [openTab(shared), openTab(shared)];
  await one.auth.login({ username: "lea", password: PASSWORD });
  await signedInTo(two, one.session?.accountId);

  await one.auth.logout({});
  await signedInTo(two, undefined);

  await assert.rejects(two.auth.getUserInfo({}), { reason: "TOKEN_INVALID" });
});

test("a tab is told when another person signs in through the other one", async () => {
  const shared = store();
  const [one, two] = [openTab(shared), openTab(shared)];
  await one.auth.login({ username: "lea", password: PASSWORD });
  const told: (string | undefined)[] = [];
  one.session?.onChange((accountId) => told.push(accountId));

  await two.auth.login({ username: "noa", password: PASSWORD });
  await signedInTo(one, two.session?.accountId);

  assert.deepEqual(told, [two.session?.accountId]);
});

test("a tab waits for no news of what it has done itself", async () => {
  const tokens = { accessToken: "a.b.c", accountId: "1", sessionId: "2" };
  const transport = createRouterTransport(({ service }) =>
    service(AuthService, {
      login: () => ({ outcome: { case: "tokens", value: tokens } }),
      refresh: () => ({ tokens }),
      getUserInfo: () => ({}),
    }),
  );
  const page = createGuichet({ baseUrl: "http://alone.example", transport, session: "cookie" });
  let isDone = false;
  // Whoever waits now waits for ever.
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const [login, info] = [page.auth.login({ username: "lea", password: PASSWORD }), page.auth.getUserInfo({})];
    void Promise.all([login, info]).then(() => (isDone = true));
    for (const limit = Date.now() + LIMIT_MS; !isDone; await setImmediate()) {
      assert.ok(Date.now() < limit, "the tab waits for itself");
    }
  } finally {
    mock.timers.reset();
  }
});

test("with the refresh token in a cookie, the calls about the session say so and carry none", async () => {
  const seen: unknown[] = [];
  const tokens = { accessToken: "a.b.c", accountId: "1", sessionId: "2" };
  const transport = createRouterTransport(({ service }) =>
    service(AuthService, {
      login: (_request, { requestHeader }) => {
        seen.push(["Login", requestHeader.get("guichet-session")]);
        return { outcome: { case: "tokens", value: tokens } };
      },
      refresh: ({ refreshToken }, { requestHeader }) => {
        seen.push(["Refresh", requestHeader.get("guichet-session"), refreshToken]);
        return { tokens };
      },
      logout: ({ refreshToken }, { requestHeader }) => {
        seen.push(["Logout", requestHeader.get("guichet-session"), refreshToken]);
        return {};
      },
      getUserInfo: (_request, { requestHeader }) => {
        seen.push(["GetUserInfo", requestHeader.get("guichet-session"), requestHeader.get("authorization")]);
        return {};
      },
    }),
  );
  const options = { baseUrl: "http://cookie.example", transport, session: "cookie" } as const;

  const page = createGuichet(options);
  await page.auth.getUserInfo({});
  await page.auth.login({ username: "lea", password: PASSWORD });
  await page.auth.logout({});

  assert.deepEqual(seen, [
    ["Refresh", "cookie", ""],
    ["GetUserInfo", null, "Bearer a.b.c"],
    ["Login", "cookie"],
    ["Logout", "cookie", ""],
  ]);
});
