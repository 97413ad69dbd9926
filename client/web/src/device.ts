/** What this device is called in the list of sessions. */

/** Browser and system, as far as the browser tells: `Firefox, Windows`. */
export function deviceName(agent: string = navigator.userAgent): string {
  return [first(BROWSERS, agent), first(SYSTEMS, agent)].filter((name) => name !== "").join(", ");
}

/** In this order: most browsers also carry the names of those they resemble. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

function first(names: readonly [RegExp, string][], agent: string): string {
  return names.find(([mark]) => mark.test(agent))?.[1] ?? "";
}
