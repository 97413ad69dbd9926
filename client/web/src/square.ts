/** QR codes. */
import { encode } from "uqr";

import { element } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";

/** A QR code, black on white whatever the colours of the page. */
export function square(link: string, label = link): HTMLElement {
  const { data, size } = encode(link, { ecc: "M", border: 4 });
  const dots = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${size} ${size}`);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", label);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", dots.join(""));
  drawing.append(path);
  return element("div", { class: "square" }, drawing);
}
