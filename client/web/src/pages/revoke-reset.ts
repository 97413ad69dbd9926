/** "This was not me." */
import { formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { forgetLink, takeLink } from "../link.js";
import { announce, part, text } from "../page.js";

const form = formNamed("revoke-reset");
const link = takeLink(form);

onSubmit(form, async () => {
  await guichet.reset.revokeReset(link);
  forgetLink();
  part("#what").remove();
  form.remove();
  announce(text("page-revoke-done"));
});
