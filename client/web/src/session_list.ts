/** Where the person is signed in. */
import type { Session } from "@guichet/client/v1";

import { GuichetError } from "@guichet/client";
import { sentence } from "./form.js";
import { guichet } from "./guichet.js";
import { element, moment, part, say, text } from "./page.js";
import { withSession } from "./signed_in.js";
import { milliseconds } from "./time.js";

/** Draws the list as it is now. */
export async function listSessions(): Promise<void> {
  const { sessions } = await guichet.auth.listSessions({});
  part("#sessions").replaceChildren(...sessions.map(row));
  part<HTMLButtonElement>("#end-others").hidden = sessions.length < 2;
}

function row(session: Session): HTMLElement {
  const name = session.deviceName || text("page-account-unnamed");
  const since = text("page-account-since", {
    start: moment(milliseconds(session.createTime)),
    last: moment(milliseconds(session.lastUseTime)),
    place: session.clientAddress,
  });
  const title = element("strong", {}, session.current ? `${name} (${text("page-account-this")})` : name);
  const item = element("li", {}, title, element("br"), since);
  if (!session.current) item.append(element("br"), endButton(session, name));
  return item;
}

function endButton(session: Session, name: string): HTMLButtonElement {
  const label = text("page-account-end");
  const button = element("button", { type: "button", class: "quiet", "aria-label": `${label}: ${name}` }, label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await withSession(async () => {
        await guichet.auth.revokeSession({ sessionId: session.id });
        await listSessions();
        part("#sessions").focus();
      });
    } catch (thrown) {
      button.disabled = false;
      say(sentence(GuichetError.from(thrown)));
    }
  });
  return button;
}
