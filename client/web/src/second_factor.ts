/** The authenticator app of one's own account, and the codes that stand in for it. */
import { blame, field, formNamed, onSubmit } from "./form.js";
import { guichet } from "./guichet.js";
import { announce, element, part, text } from "./page.js";
import { reveal } from "./password.js";
import { listSessions } from "./session_list.js";
import { attempt, withSession } from "./signed_in.js";
import { square } from "./square.js";

/** Shows what there is now. */
export function showFactor(enrolled: boolean, codesLeft: number): void {
  part("#factor-state").textContent = enrolled ? text("page-factor-on", { count: codesLeft }) : text("page-factor-off");
  formNamed("factor-begin").hidden = enrolled;
  formNamed("factor-change").hidden = !enrolled;
  formNamed("factor-confirm").hidden = true;
}

/** Has the forms add an app, make new codes and remove the app. */
export function offerFactor(): void {
  add();
  const form = formNamed("factor-change");
  const password = field(form, "current_password");
  reveal(password);
  onSubmit(form, (typed) =>
    withSession(async () => {
      const { recoveryCodes } = await guichet.auth.generateRecoveryCodes({ currentPassword: typed("current_password") });
      form.reset();
      showCodes(recoveryCodes);
    }),
  );
  part("#factor-remove").addEventListener("click", () =>
    attempt(async () => {
      if (!form.reportValidity()) return;
      await guichet.auth.removeTotp({ currentPassword: password.value });
      form.reset();
      part("#recovery-codes").replaceChildren();
      showFactor(false, 0);
      announce(text("page-factor-removed"));
    }),
  );
}

function add(): void {
  const begin = formNamed("factor-begin");
  const confirm = formNamed("factor-confirm");
  reveal(field(begin, "current_password"));
  onSubmit(begin, (typed) =>
    withSession(async () => {
      const { secret, uri } = await guichet.auth.beginTotpEnrollment({ currentPassword: typed("current_password") });
      begin.reset();
      begin.hidden = true;
      part("#factor-square").replaceChildren(square(uri, secret));
      part("#factor-secret").textContent = secret.replace(/(.{4})(?=.)/g, "$1 ");
      confirm.hidden = false;
      const code = field(confirm, "totp_code");
      blame(code, "");
      code.focus();
    }),
  );
  onSubmit(confirm, (typed) =>
    withSession(async () => {
      const { recoveryCodes } = await guichet.auth.confirmTotpEnrollment({ totpCode: typed("totp_code") });
      confirm.reset();
      part("#factor-square").replaceChildren();
      part("#factor-secret").textContent = "";
      showCodes(recoveryCodes);
      await listSessions();
    }),
  );
}

function showCodes(codes: readonly string[]): void {
  showFactor(true, codes.length);
  part("#recovery-codes").replaceChildren(...codes.map((code) => element("li", {}, element("code", {}, code))));
  announce(text("page-factor-keep"));
}
