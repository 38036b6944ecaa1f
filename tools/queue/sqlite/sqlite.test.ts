import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { queueContract, toldQueueContract, type Storage } from "../contract.ts";
import type { ObservedQueue } from "../event-readers.ts";
import { openSqliteQueue } from "./sqlite.ts";

async function create(): Promise<Storage<ObservedQueue>> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-queue-"));
  return {
    open: (now) => openSqliteQueue(join(folder, "queue.db"), now),
    destroy: async () => rmSync(folder, { recursive: true }),
  };
}

describe("the queue in a SQLite file", () => {
  queueContract(create);
  toldQueueContract(create);
});
