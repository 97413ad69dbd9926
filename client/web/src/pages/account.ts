/** "My account": sessions, password, address, data. */
import { GuichetError } from "@guichet/client";

import { blame, field, formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { announce, part, text } from "../page.js";
import { reveal } from "../password.js";
import { RuleList } from "../rule_list.js";
import { download } from "../download.js";
import { offerFactor, showFactor } from "../second_factor.js";
import { listSessions } from "../session_list.js";
import { attempt, leave, type Onward, withSession } from "../signed_in.js";

/** Who may unblock others' accounts. */
const DESK_ROLES = ["admin", "institution_admin"];

let identifiers: string[] = [];
let onward: Onward = "back";
/** Whose page this is: of the first one whose session it has. */
let owner: string | undefined;

/** Another person may sign in, or this one out, in another tab: what stands here is not for whoever comes next. */
function close(accountId: string | undefined): void {
  owner ??= accountId;
  if (accountId === owner) return;
  part("main").hidden = true;
  if (accountId === undefined) leave(onward);
  else location.reload();
}

async function open(): Promise<void> {
  const { username, email, roles, totpEnrolled, recoveryCodesLeft } = await guichet.auth.getUserInfo({});
  identifiers = [username, email, email.split("@")[0] ?? ""];
  part("#who").textContent = text("page-account-who", { username });
  field(formNamed("change-password"), "username").value = username;
  showFactor(totpEnrolled, recoveryCodesLeft);
  await listSessions();
  // All at once: what appears later moves what somebody is about to press.
  part("#desk").hidden = !roles.some((role) => DESK_ROLES.includes(role));
  for (const hidden of document.querySelectorAll<HTMLElement>("[data-script]")) hidden.hidden = false;
}

function changePassword(): void {
  const form = formNamed("change-password");
  const [current, wanted, confirmation] = ["current_password", "new_password", "confirm_password"].map((name) => {
    const input = field(form, name);
    reveal(input);
    return input;
  }) as [HTMLInputElement, HTMLInputElement, HTMLInputElement];
  const rules = new RuleList(wanted, () => identifiers);
  const send = async () => {
    if (confirmation.value !== wanted.value) {
      blame(confirmation, text("page-mismatch"));
      return confirmation.focus();
    }
    try {
      await guichet.account.changePassword({ currentPassword: current.value, newPassword: wanted.value });
    } catch (thrown) {
      rules.mark(GuichetError.from(thrown));
      throw thrown;
    }
    form.reset();
    announce(text("page-account-password-done"));
    await listSessions();
  };
  onSubmit(form, () => withSession(send));
}

function changeEmail(): void {
  const form = formNamed("change-email");
  reveal(field(form, "current_password"));
  onSubmit(form, (typed) =>
    withSession(async () => {
      const newEmail = typed("new_email").trim();
      await guichet.account.requestEmailChange({ newEmail, currentPassword: typed("current_password") });
      form.reset();
      announce(text("page-account-email-done", { email: newEmail }));
    }),
  );
}

guichet.session?.onChange(close);
changePassword();
changeEmail();
offerFactor();
onSubmit(formNamed("sign-out"), async () => {
  onward = "application";
  await guichet.auth.logout({});
  leave(onward);
});
part("#end-others").addEventListener("click", () =>
  attempt(async () => {
    await guichet.auth.revokeAllSessions({ keepCurrent: true });
    await listSessions();
  }),
);
part("#download").addEventListener("click", () => attempt(download));
void attempt(open);
