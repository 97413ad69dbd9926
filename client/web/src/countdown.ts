/** Waiting that one can see. */

/** Tells the seconds left, one by one down to 0. Returns what stops it. */
export function countdown(milliseconds: number, tell: (seconds: number) => void): () => void {
  // By the clock, since timers stand still while a device sleeps.
  const end = Date.now() + milliseconds;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1_000));
    if (seconds === 0) clearInterval(timer);
    tell(seconds);
  };
  const timer = setInterval(tick, 1_000);
  tick();
  return () => clearInterval(timer);
}

/** Keeps a button from being pressed for a while, and shows on it for how long. */
export function pause(button: HTMLButtonElement, milliseconds: number): void {
  const label = button.textContent ?? "";
  button.disabled = true;
  countdown(milliseconds, (seconds) => {
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? `${label} (${clock(seconds)})` : label;
  });
}

function clock(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return `${minutes}:${String(rest).padStart(2, "0")}`;
}
