/** Calls that open, renew and end a session, with a server that is stood in for. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import type { Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import type { SessionKeeping } from "@guichet/client";
import { AuthService } from "@guichet/client/v1";

import { PASSWORD, store, WAYS } from "./clients.js";

/** The client's: a second try after it is well within the ten seconds that the server still takes the token. */
const REFRESH_TIMEOUT_MS = 3_000;

const TOKENS = { accessToken: "a.b.c", accountId: "1", sessionId: "2", refreshToken: "own" };
const THEIRS = { accessToken: "d.e.f", accountId: "9", sessionId: "8", refreshToken: "theirs" };

const generated = new URL("../../dist/gen/google/rpc/error_details_pb.js", import.meta.url).href;
const desc = (await import(generated)).ErrorInfoSchema as GenMessage<Message & { reason: string; domain: string }>;

function refuse(reason: string): never {
  const details = [{ desc, value: { reason, domain: "guichet" } }];
  throw new ConnectError("no", Code.Unauthenticated, undefined, details);
}

for (const { way, createGuichet } of WAYS) {
  const connect = (kept: SessionKeeping, auth: Partial<ServiceImpl<typeof AuthService>>) => {
    const login = () => ({ outcome: { case: "tokens" as const, value: TOKENS } });
    const transport = createRouterTransport(({ service }) =>
      service(AuthService, { login, getUserInfo: () => ({ username: "lea" }), ...auth }),
    );
    return createGuichet({ baseUrl: `http://${way}.example`, transport, session: kept });
  };

  for (const reason of ["TOKEN_INVALID", "TOKEN_EXPIRED"]) {
    test(`${way}: a challenge that is refused as ${reason} ends no session`, async () => {
      const kept = store();
      const guichet = connect(kept, { continueLogin: () => refuse(reason) });
      await guichet.auth.login({ username: "lea", password: PASSWORD });
      const told: unknown[] = [];
      guichet.session?.onChange((accountId) => told.push(accountId));

      await assert.rejects(guichet.auth.continueLogin({ challengeToken: "old" }), { reason });

      assert.deepEqual([told, kept.token], [[], "own"]);
    });
  }

  test(`${way}: a session ends with its own token and with no other one`, async () => {
    const kept = store();
    const guichet = connect(kept, {
      refresh: () => refuse("TOKEN_EXPIRED"),
      logout: () => refuse("TOKEN_INVALID"),
    });
    await guichet.auth.login({ username: "lea", password: PASSWORD });

    await assert.rejects(guichet.auth.refresh({ refreshToken: "other" }), { reason: "TOKEN_EXPIRED" });
    await assert.rejects(guichet.auth.logout({ refreshToken: "other" }), { reason: "TOKEN_INVALID" });
    assert.deepEqual([guichet.session?.accountId, kept.token], ["1", "own"]);

    await assert.rejects(guichet.auth.refresh({}), { reason: "TOKEN_EXPIRED" });
    assert.deepEqual([guichet.session?.accountId, kept.token], [undefined, undefined]);
  });

  test(`${way}: a refresh whose reply never comes is tried again while the server still takes the token`, async () => {
    const kept = store("own");
    const given: string[] = [];
    let asked = (): void => undefined;
    const first = new Promise<void>((resolve) => (asked = resolve));
    const guichet = connect(kept, {
      refresh: ({ refreshToken }) => {
        given.push(refreshToken);
        asked();
        return given.length === 1 ? new Promise(() => undefined) : { tokens: { ...TOKENS, refreshToken: "next" } };
      },
    });
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const person = guichet.auth.getUserInfo({});
      await first;
      mock.timers.tick(REFRESH_TIMEOUT_MS);
      assert.equal((await person).username, "lea");
    } finally {
      mock.timers.reset();
    }

    assert.deepEqual([given, kept.token], [["own", "own"], "next"]);
  });

  test(`${way}: what goes well with somebody else's token leaves the session as it is`, async () => {
    const kept = store();
    const guichet = connect(kept, { refresh: () => ({ tokens: THEIRS }), logout: () => ({}) });
    await guichet.auth.login({ username: "lea", password: PASSWORD });

    const { tokens } = await guichet.auth.refresh({ refreshToken: "other" });
    await guichet.auth.logout({ refreshToken: "theirs" });
    assert.equal(tokens?.refreshToken, "theirs");
    assert.deepEqual([guichet.session?.accountId, kept.token], ["1", "own"]);

    await guichet.auth.logout({});
    assert.deepEqual([guichet.session?.accountId, kept.token], [undefined, undefined]);
  });

  test(`${way}: nor does it where the session's own token is in a cookie`, async () => {
    const guichet = connect("cookie", { refresh: () => ({ tokens: THEIRS }), logout: () => ({}) });
    await guichet.auth.login({ username: "lea", password: PASSWORD });

    await guichet.auth.refresh({ refreshToken: "other" });
    await guichet.auth.logout({ refreshToken: "theirs" });
    assert.equal(guichet.session?.accountId, "1");

    await guichet.auth.logout({});
    assert.equal(guichet.session?.accountId, undefined);
  });

  for (const code of [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Aborted, Code.Unknown]) {
    test(`${way}: a refresh that fails with ${Code[code]} is tried once more, and not a third time`, async () => {
      const kept = store("own");
      let calls = 0;
      const guichet = connect(kept, {
        refresh: () => {
          calls += 1;
          throw new ConnectError("lost", code);
        },
      });

      await assert.rejects(guichet.auth.getUserInfo({}), { code });

      assert.deepEqual([calls, kept.token], [2, "own"]);
    });
  }

  test(`${way}: a refresh that was refused, or that the caller gave up, is not tried again`, async () => {
    let calls = 0;
    const giving = new AbortController();
    const guichet = connect(store("own"), {
      refresh: () => {
        calls += 1;
        if (calls === 1) giving.abort();
        return calls === 1 ? new Promise(() => undefined) : refuse("TOKEN_REUSED");
      },
    });

    await assert.rejects(guichet.auth.refresh({}, { signal: giving.signal }), { code: Code.Canceled });
    assert.equal(calls, 1);

    await assert.rejects(guichet.auth.refresh({}), { reason: "TOKEN_REUSED" });
    assert.equal(calls, 2);
  });
}
