/** "This was not me." */
import { field, formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { addressOf, clicked, rememberedLink, takeLink } from "../link.js";

const form = formNamed("revoke-reset");
const remembered = rememberedLink();

if (field(form, "code").value === "" && remembered) {
  // Loaded again. What the button does depends on the link, and only the server knows.
  location.replace(addressOf(remembered));
} else {
  const link = takeLink(form);
  onSubmit(form, async () => {
    await guichet.reset.revokeReset(link);
    clicked(form);
  });
}
