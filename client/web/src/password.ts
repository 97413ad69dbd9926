/** Passwords that one can look at, and a word where the Caps Lock key spoils them. */
import { element, text } from "./page.js";

/** Gives a password field its button and its notice. */
export function reveal(input: HTMLInputElement): void {
  const button = element("button", { type: "button", class: "quiet", "aria-controls": input.id });
  const draw = () => {
    const shown = input.type === "text";
    button.textContent = text(shown ? "page-hide" : "page-show");
    // The short word fits beside the field at any size; whoever hears it needs to know what is shown.
    button.ariaLabel = text(shown ? "page-hide-password" : "page-show-password");
  };
  button.addEventListener("click", () => {
    input.type = input.type === "text" ? "password" : "text";
    draw();
  });
  // A shown password must not end up among the texts that the browser remembers.
  input.form?.addEventListener("submit", () => {
    input.type = "password";
    draw();
  });
  draw();

  const box = element("span", { class: "password" });
  input.replaceWith(box);
  box.append(input, button);
  box.after(capsLock(input));
}

function capsLock(input: HTMLInputElement): HTMLElement {
  const notice = element("span", { class: "hint", role: "status" });
  const look = (event: KeyboardEvent | MouseEvent) => {
    notice.textContent = event.getModifierState?.("CapsLock") ? text("page-caps-lock") : "";
  };
  input.addEventListener("keydown", look);
  input.addEventListener("keyup", look);
  input.addEventListener("click", look);
  return notice;
}
