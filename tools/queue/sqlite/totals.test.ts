import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { schema } from "./schema.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { count, listTotals } from "./totals.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-totals-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("classes that recipes make up don't make counts without end", async () => {
  const file = await SqliteFile.open(join(folder, "queue.db"), schema);
  file.transaction("crash", () => {
    for (let at = 0; at < 2000; at++) count(file, "builds", { class: `class ${at}`, outcome: "built" });
  });
  const totals = listTotals(file);
  file.close();
  expect(totals).toHaveLength(501);
  expect(totals.find(({ labels }) => labels["class"] === "other")?.value).toBe(1500);
});
