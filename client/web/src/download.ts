/** Everything held about the person, as a file. */
import { guichet } from "./guichet.js";

/** Has the browser save it as JSON: one list of records for each section. */
export async function download(): Promise<void> {
  const sections: Record<string, unknown[]> = {};
  for await (const { section, json } of guichet.account.exportAccountData({})) {
    (sections[section] ??= []).push(JSON.parse(json));
  }
  const file = new Blob([JSON.stringify(sections, null, 2)], { type: "application/json" });
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = "guichet.json";
  link.click();
  URL.revokeObjectURL(address);
}
