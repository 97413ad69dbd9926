/** How far each institution has come. */
import type { GetMigrationReportResponse_Row as Row, MigrationCounts } from "@guichet/client/v1";

import { write } from "../csv.js";
import { guichet } from "../guichet.js";
import { element, part, text } from "../page.js";
import { save } from "../save.js";

const COLUMNS = ["legacy", "pending", "active", "disabled", "missing"] as const;

let rows: Row[] = [];

/** Draws the table as it is now. */
export async function showProgress(): Promise<void> {
  let pageToken = "";
  let total: MigrationCounts | undefined;
  const found: Row[] = [];
  do {
    const reply = await guichet.institution.getMigrationReport({ pageSize: 1_000, pageToken });
    found.push(...reply.rows);
    total ??= reply.total;
    pageToken = reply.nextPageToken;
  } while (pageToken !== "");
  rows = found;
  const [legacy, pending, active, , missing] = counted(total).map(String);
  part("#total").textContent = text("page-desk-total", {
    legacy: legacy ?? "",
    pending: pending ?? "",
    active: active ?? "",
    missing: missing ?? "",
  });
  part("#progress").replaceChildren(...rows.map(line));
}

/** The institutions, by name. */
export function institutions(): { id: string; name: string }[] {
  return rows.map(({ institutionId, displayName }) => ({ id: institutionId, name: displayName }));
}

/** Has the browser save the table. */
export function exportProgress(): void {
  const head = [text("page-desk-institution"), "external_id", ...COLUMNS.map((column) => text(`page-desk-${column}`))];
  const lines = rows.map((row) => [row.displayName, row.externalId, ...counted(row.counts)]);
  save("migration.csv", "text/csv", write([head, ...lines]));
}

function line(row: Row): HTMLElement {
  const cells = counted(row.counts).map((count) => element("td", {}, String(count)));
  return element("tr", {}, element("th", { scope: "row" }, row.displayName), ...cells);
}

function counted(counts: MigrationCounts | undefined): bigint[] {
  if (!counts) return [0n, 0n, 0n, 0n, 0n];
  return [counts.legacy, counts.pending, counts.active, counts.disabled, counts.withoutEmail];
}
