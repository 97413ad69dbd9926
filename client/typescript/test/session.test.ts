/** Tokens that renew themselves, once for whoever waits. */
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";

import type { RefreshTokenStore } from "@guichet/client";

import { PASSWORD, recorded, signUp, store, WAYS } from "./clients.js";
import { Server } from "./server.js";

const USERNAME = "lea";
const TEN_MINUTES_S = 600;

let server: Server;
let now = 0;
before(async () => {
  server = await Server.start();
  await signUp(server, USERNAME);
});
after(() => server.stop());

function advance(seconds: number): void {
  now += seconds;
  server.advance(now);
}

for (const { way, createGuichet, transport } of WAYS) {
  const connect = (session: RefreshTokenStore) => {
    const calls: string[] = [];
    const carrier = recorded(transport({ baseUrl: server.url }), calls);
    return { calls, ...createGuichet({ baseUrl: server.url, transport: carrier, session }) };
  };

  test(`${way}: calls that meet an expired token share one refresh and go well`, async () => {
    const guichet = connect(store());
    await guichet.auth.login({ username: USERNAME, password: PASSWORD });
    advance(TEN_MINUTES_S + 1);
    guichet.calls.length = 0;

    const people = await Promise.all(Array.from({ length: 8 }, () => guichet.auth.getUserInfo({})));

    assert.ok(people.every(({ username }) => username === USERNAME));
    assert.equal(guichet.calls.filter((name) => name === "Refresh").length, 1);
    assert.equal(guichet.calls.filter((name) => name === "GetUserInfo").length, 16);
  });

  test(`${way}: a token about to expire is renewed before the call`, async () => {
    const guichet = connect(store());
    await guichet.auth.login({ username: USERNAME, password: PASSWORD });
    guichet.calls.length = 0;

    mock.timers.enable({ apis: ["Date"], now: Date.now() + (now + TEN_MINUTES_S) * 1_000 });
    await guichet.auth.getUserInfo({}).finally(() => mock.timers.reset());

    assert.deepEqual(guichet.calls, ["Refresh", "GetUserInfo"]);
  });

  test(`${way}: a device whose clock runs ahead does not refresh before each call`, async () => {
    const guichet = connect(store());

    mock.timers.enable({ apis: ["Date"], now: Date.now() + (now + 2 * TEN_MINUTES_S) * 1_000 });
    await guichet.auth.login({ username: USERNAME, password: PASSWORD });
    await guichet.auth.getUserInfo({}).finally(() => mock.timers.reset());

    assert.deepEqual(guichet.calls, ["Login", "GetUserInfo"]);
  });

  test(`${way}: a session goes on from the stored refresh token, and saves the next one`, async () => {
    const kept = store();
    await connect(kept).auth.login({ username: USERNAME, password: PASSWORD });
    const first = kept.token;

    const next = connect(kept);
    const { username } = await next.auth.getUserInfo({});

    assert.equal(username, USERNAME);
    assert.deepEqual(next.calls, ["Refresh", "GetUserInfo"]);
    assert.ok(kept.token && kept.token !== first);
  });

  test(`${way}: a session that was ended elsewhere is forgotten, and whoever listens is told`, async () => {
    const kept = store();
    const guichet = connect(kept);
    await guichet.auth.login({ username: USERNAME, password: PASSWORD });
    const told: (string | undefined)[] = [];
    guichet.session?.onChange((accountId) => told.push(accountId));
    await connect(store(kept.token)).auth.logout({});
    advance(TEN_MINUTES_S + 1);

    await assert.rejects(guichet.auth.getUserInfo({}), { reason: "TOKEN_INVALID" });

    assert.deepEqual(told, [undefined]);
    assert.equal(kept.token, undefined);
  });

  test(`${way}: a stream that meets an expired token starts again`, async () => {
    const guichet = connect(store());
    await guichet.auth.login({ username: USERNAME, password: PASSWORD });
    advance(TEN_MINUTES_S + 1);
    guichet.calls.length = 0;

    const sections = new Set<string>();
    for await (const { section } of guichet.account.exportAccountData({})) sections.add(section);

    assert.ok(sections.has("account") && sections.has("session"));
    assert.deepEqual(guichet.calls, ["ExportAccountData", "Refresh", "ExportAccountData"]);
  });
}
