/** A new e-mail address, confirmed by its link. */
import { formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { clicked, takeLink } from "../link.js";

const form = formNamed("confirm-email");
const link = takeLink(form);

onSubmit(form, async () => {
  const { email } = await guichet.account.confirmEmailChange(link);
  clicked(form, { email });
});
