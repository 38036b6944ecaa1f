import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { queueContract } from "../contract.ts";
import { openSqliteQueue } from "./sqlite.ts";

describe("the queue in a SQLite file", () => {
  queueContract(async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-queue-"));
    return {
      open: (now) => openSqliteQueue(join(folder, "queue.db"), now),
      destroy: async () => rmSync(folder, { recursive: true }),
    };
  });
});
