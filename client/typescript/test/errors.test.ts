/** What a refused call tells. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { Message } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { Code, GuichetError } from "@guichet/client";

import { signUp, WAYS } from "./clients.js";
import { Server } from "./server.js";

let server: Server;
before(async () => (server = await Server.start({ GUICHET_THROTTLE: "on" })));
after(() => server.stop());

async function refusal(call: Promise<unknown>): Promise<GuichetError> {
  const error = await call.then(
    () => assert.fail("the call went well"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GuichetError, String(error));
  return error;
}

for (const { way, createGuichet } of WAYS) {
  test(`${way}: an error has its code, its reason and a sentence in the wanted language`, async () => {
    const guichet = createGuichet({ baseUrl: server.url, locale: "nl" });

    const error = await refusal(guichet.auth.login({ username: "a@ecole.example", password: "x" }));

    assert.equal(error.code, Code.InvalidArgument);
    assert.equal(error.reason, "EMAIL_NOT_USERNAME");
    assert.match(error.message, /gebruikersnaam/i);
    assert.deepEqual(error.violations, []);
    assert.equal(error.retryAfterMs, undefined);
  });

  test(`${way}: bad input gets all its violations at once`, async () => {
    const admin = createGuichet({ baseUrl: server.url, token: server.apiKey(), locale: "en" });
    const account = { username: "x".repeat(65), locale: "xx" };

    const error = await refusal(admin.account.createAccount({ account }));

    assert.equal(error.reason, "INVALID_FIELDS");
    assert.deepEqual(error.violations.map(({ field }) => field).sort(), ["account.locale", "account.username"]);
    assert.ok(error.violations.every(({ reason, description }) => reason !== "" && description !== ""));
  });

  test(`${way}: a weak password gets the rules that it breaks`, async () => {
    const admin = createGuichet({ baseUrl: server.url, token: server.apiKey(), locale: "de" });
    const account = { username: `weak.${way.toLowerCase()}` };

    const error = await refusal(
      admin.account.createAccount({ account, credential: { case: "password", value: "babou45" } }),
    );

    assert.equal(error.reason, "PASSWORD_RULES");
    assert.deepEqual(error.violations.map(({ reason }) => reason), ["MIN_LENGTH", "UPPERCASE", "SPECIAL"]);
    assert.match(error.violations[1]?.description ?? "", /Großbuchstaben/);
  });

  test(`${way}: who guesses is told how long to wait`, async () => {
    const guichet = createGuichet({ baseUrl: server.url });
    const username = `guessed.${way.toLowerCase()}`;
    await signUp(server, username);

    let error: GuichetError;
    do error = await refusal(guichet.auth.login({ username, password: "wrong" }));
    while (error.reason === "BAD_CREDENTIALS");

    assert.equal(error.reason, "THROTTLED");
    assert.ok(error.retryAfterMs && error.retryAfterMs > 0);
  });

  test(`${way}: a server that is not there is unavailable, for no reason of Guichet's`, async () => {
    const nobody = createGuichet({ baseUrl: "http://127.0.0.1:9" });

    const error = await refusal(nobody.reset.getPasswordPolicy({}));

    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.reason, undefined);
  });

  test(`${way}: a call that takes too long says so`, async () => {
    const guichet = createGuichet({ baseUrl: server.url });

    const error = await refusal(guichet.auth.getSigningKeys({}, { timeoutMs: 0.001 }));

    assert.equal(error.code, Code.DeadlineExceeded);
  });
}

test("a token and a session at once are a mistake of the programmer", () => {
  const [{ createGuichet }] = WAYS;

  assert.throws(() => createGuichet({ baseUrl: server.url, token: "x", session: "cookie" }), TypeError);
});

/** The server's, by its source: a reason that the client does not know would be no reason at all. */
const REASONS = [
  ...readFileSync(new URL("../../../../server/src/error.rs", import.meta.url), "utf8")
    .split("const fn code")[0]!
    .matchAll(/=> "([A-Z_]+)"/g),
].map(([, reason]) => reason ?? "");

test("every reason of the server is known, and nothing else is one", async () => {
  const generated = new URL("../../dist/gen/google/rpc/error_details_pb.js", import.meta.url).href;
  const desc = (await import(generated)).ErrorInfoSchema as GenMessage<Message & { reason: string; domain: string }>;
  const read = (reason: string, domain: string) => {
    const details = [{ desc, value: { reason, domain } }];
    return GuichetError.from(new ConnectError("no", Code.Aborted, undefined, details)).reason;
  };

  assert.ok(REASONS.length >= 18, String(REASONS));
  assert.deepEqual(REASONS.map((reason) => read(reason, "guichet")), REASONS);
  assert.equal(read("NEWER_THAN_THIS_PACKAGE", "guichet"), undefined);
  assert.equal(read("NOT_FOUND", "somebody.else"), undefined);
});
