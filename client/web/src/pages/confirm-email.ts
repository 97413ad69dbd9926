/** A new e-mail address, confirmed by its link. */
import { formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { forgetLink, takeLink } from "../link.js";
import { announce, part, text } from "../page.js";

const form = formNamed("confirm-email");
const link = takeLink(form);

onSubmit(form, async () => {
  const { email } = await guichet.account.confirmEmailChange(link);
  forgetLink();
  part("#what").remove();
  form.remove();
  announce(text(form.dataset["done"] ?? "", { email }));
});
