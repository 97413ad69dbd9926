/** Everything held about the person, as a file. */
import { guichet } from "./guichet.js";
import { save } from "./save.js";

/** Has the browser save it as JSON: one list of records for each section. */
export async function download(): Promise<void> {
  const sections: Record<string, unknown[]> = {};
  for await (const { section, json } of guichet.account.exportAccountData({})) {
    (sections[section] ??= []).push(JSON.parse(json));
  }
  save("guichet.json", "application/json", JSON.stringify(sections, null, 2));
}
