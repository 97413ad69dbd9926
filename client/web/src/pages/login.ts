/** Signing in. */
import { deviceName } from "../device.js";
import { blame, field, formNamed, onSubmit } from "../form.js";
import { guichet } from "../guichet.js";
import { part, text } from "../page.js";
import { reveal } from "../password.js";

const form = formNamed("login");
const username = field(form, "username");

reveal(field(form, "password"));

// A calm hint until somebody types an address, which is the one mistake that everybody makes: then a firm word.
username.addEventListener("input", () => {
  const isAddress = username.value.includes("@");
  part("#username-hint").hidden = isAddress;
  blame(username, isAddress ? text("error-EMAIL_NOT_USERNAME") : "");
});

onSubmit(form, async (typed) => {
  await guichet.auth.login({
    username: typed("username").trim(),
    password: typed("password"),
    deviceName: deviceName(),
  });
  // The server has put it there from its list: no address leads anywhere else.
  location.assign(form.dataset["target"] ?? "/Account");
});
