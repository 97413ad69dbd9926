/** "This was not me." Only the server knows what the button does in the end: the link may die before it is pressed. */
import { field, formNamed } from "../form.js";
import { addressOf, rememberedLink, takeLink } from "../link.js";

/** Milliseconds until a press counts again: by then the server has answered the one before, unless it was stopped. */
const PAUSE = 10_000;

const form = formNamed("revoke-reset");
const remembered = rememberedLink();

if (field(form, "code").value === "" && remembered) {
  // Loaded again. What the button does depends on the link.
  location.replace(addressOf(remembered));
} else {
  takeLink(form);
  form.addEventListener("submit", (event) => {
    // The answer to a second click would tell that nothing was left to do.
    if (form.ariaBusy === "true") {
      event.preventDefault();
      return;
    }
    form.ariaBusy = "true";
    setTimeout(rest, PAUSE);
  });
  addEventListener("pageshow", (event) => {
    // Whoever comes back may find the page as they left it.
    if (event.persisted) rest();
  });
}

function rest(): void {
  form.ariaBusy = null;
}
