/** Tables as text (RFC 4180), as spreadsheets of the countries of our languages write and read them. */

/** What spreadsheets take for the beginning of a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** Has a spreadsheet show each cell as it is. The mark in front says that it is UTF-8. */
export function write(rows: readonly (readonly (string | bigint)[])[]): string {
  const cell = (value: string | bigint) => {
    const plain = String(value);
    return `"${(FORMULA.test(plain) ? `'${plain}` : plain).replaceAll('"', '""')}"`;
  };
  return `\uFEFF${rows.map((row) => row.map(cell).join(";")).join("\r\n")}\r\n`;
}

/** Reads a table whose cells are divided by whatever its first line has most of. Empty lines are left out. */
export function read(content: string): string[][] {
  const first = content.split(/\r?\n/, 1)[0] ?? "";
  const count = (mark: string) => first.split(mark).length;
  const [divider] = [";", ",", "\t"].sort((one, other) => count(other) - count(one));
  const rows: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    rows.at(-1)?.push(cell.trim());
    cell = "";
  };
  for (let at = 0; at < content.length; at++) {
    const mark = content[at] ?? "";
    if (isQuoted && mark === '"' && content[at + 1] === '"') cell += content[++at];
    else if (mark === '"' && (isQuoted || cell === "")) isQuoted = !isQuoted;
    else if (isQuoted) cell += mark;
    else if (mark === divider) endCell();
    else if (mark === "\n") {
      endCell();
      rows.push([]);
    } else cell += mark;
  }
  endCell();
  return rows.filter((row) => row.some((value) => value !== ""));
}

/** The text of a file: UTF-8, or what older spreadsheets write. */
export async function decode(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
