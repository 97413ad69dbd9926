/** Server streams, against a server of our own that never ends one. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createRouterTransport } from "@connectrpc/connect";
import { createGuichet, GuichetError } from "@guichet/client";
import { AccountService } from "@guichet/client/v1";

test("a stream ends where its caller aborts it, with an error like any other", async () => {
  const transport = createRouterTransport(({ service }) =>
    service(AccountService, {
      async *exportAccountData() {
        for (;;) yield { section: "event", json: "{}" };
      },
    }),
  );
  const guichet = createGuichet({ baseUrl: "http://stream.example", transport });
  const call = new AbortController();
  let n = 0;

  const reading = async () => {
    for await (const { section } of guichet.account.exportAccountData({}, { signal: call.signal })) {
      assert.equal(section, "event");
      if (++n === 3) call.abort();
    }
  };

  await assert.rejects(reading(), GuichetError);
  assert.equal(n, 3);
});
