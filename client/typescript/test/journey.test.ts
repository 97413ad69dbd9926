/** One person from the old system to the new one. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AccountState } from "@guichet/client/v1";

import { PASSWORD, store, WAYS } from "./clients.js";
import { Server } from "./server.js";

let server: Server;
before(async () => (server = await Server.start()));
after(() => server.stop());

for (const { way, createGuichet } of WAYS) {
  test(`${way}: a migrated person chooses a password by mail and signs in`, async () => {
    const username = `jean.dupont.${way.toLowerCase()}`;
    const email = `${username}@ecole.example`;
    const admin = createGuichet({ baseUrl: server.url, token: server.apiKey() });
    const { account } = await admin.account.createAccount({
      account: { username, state: AccountState.LEGACY },
    });
    assert.equal(account?.state, AccountState.LEGACY);

    await admin.account.migrateAccount({ accountId: account.id, email, locale: "fr" });
    const { userId, code } = await server.linkMailedTo(email);
    const anyone = createGuichet({ baseUrl: server.url, session: store() });
    const { expireTime } = await anyone.reset.inspectReset({ userId, code });
    assert.ok(expireTime && expireTime.seconds > 0n);
    const reset = await anyone.reset.completeReset({ userId, code, email, newPassword: PASSWORD });
    assert.equal(reset.username, username);

    const { outcome } = await anyone.auth.login({ username, password: PASSWORD });
    assert.equal(outcome.case, "tokens");
    const person = await anyone.auth.getUserInfo({});
    assert.deepEqual([person.username, person.email], [username, email]);
    assert.equal(anyone.session?.accountId, account.id);

    await anyone.auth.logout({});
    assert.equal(anyone.session?.accountId, undefined);
    await assert.rejects(anyone.auth.getUserInfo({}), { reason: "TOKEN_INVALID" });
  });

  test(`${way}: what happens is heard by whoever watches`, async () => {
    const admin = createGuichet({ baseUrl: server.url, token: server.apiKey() });
    const create = async (name: string) => {
      const username = `${name}.${way.toLowerCase()}`;
      const { account } = await admin.account.createAccount({ account: { username } });
      return account?.id ?? "";
    };
    const ids = [await create("watched.before")];
    const call = new AbortController();

    for await (const { event } of admin.event.watchEvents({ types: ["account.created"] }, call)) {
      assert.equal(event?.type, "account.created");
      if (event.accountId === ids[1]) break;
      if (event.accountId === ids[0]) ids.push(await create("watched.meanwhile"));
    }
    call.abort();

    assert.equal(ids.length, 2);
  });
}
