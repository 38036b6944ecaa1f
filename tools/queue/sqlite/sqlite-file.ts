import { resolve } from "node:path";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { SluiceError } from "../../errors.ts";

type Value = string | number | null;

/** How long to wait for other processes' transactions; each takes well under a millisecond. */
const busyTimeoutMs = 30_000;

/**
 * `power-loss`: waits until the disk has it, 0.13 ms on an SSD. `crash`: survives the death of every process,
 * at once; a power loss may undo it as long as nothing later has waited for the disk.
 */
export type Durability = "power-loss" | "crash";

const synchronous = { "power-loss": "pragma synchronous = full", crash: "pragma synchronous = normal" };

/**
 * A SQLite file in WAL mode, for several processes at once.
 *
 * `@photostructure/sqlite` because it brings its binaries along in the package, has the API of node:sqlite
 * (which Node 20 lacks), and is as fast as better-sqlite3 (3,800 pairs of synced transactions per second
 * where libsql does 3,500), which has to be compiled for a minute on Node 20.
 */
export class SqliteFile {
  readonly #db: DatabaseSyncInstance;
  readonly #path: string;
  #durability: Durability | undefined;
  readonly #statements = new Map<string, StatementSyncInstance>();

  private constructor(db: DatabaseSyncInstance, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** Opens or creates it with this schema, one text of SQL for each version of the format. The library is loaded only here. */
  static async open(path: string, schema: readonly string[]): Promise<SqliteFile> {
    const { DatabaseSync } = await import("@photostructure/sqlite");
    let db: DatabaseSyncInstance | undefined;
    try {
      // Absolute, since SQLite takes `file:…` for a URI.
      db = new DatabaseSync(resolve(path), { timeout: busyTimeoutMs });
      enterWal(db);
      // Queues of 100,000 builds exceed the default cache, and what is rewritten often is checkpointed less.
      db.exec("pragma cache_size = -65536; pragma wal_autocheckpoint = 4000");
      const file = new SqliteFile(db, path);
      file.transaction("power-loss", () => file.#migrate(schema));
      return file;
    } catch (error) {
      db?.close();
      throw explain(error, path);
    }
  }

  #migrate(schema: readonly string[]): void {
    const { user_version: version } = this.get<{ user_version: number }>("pragma user_version")!;
    if (version > schema.length) {
      throw new SluiceError("queue-newer", `The queue was written by a newer Sluice (format ${version}).`, {
        facts: { path: this.#path },
        hint: `Update Sluice; this one knows format ${schema.length}.`,
      });
    }
    if (version === schema.length) return;
    for (const sql of schema.slice(version)) this.#db.exec(sql);
    this.#db.exec(`pragma user_version = ${schema.length}`);
  }

  /** All or nothing. Other processes see none of it before, and wait with their own. */
  transaction<T>(durability: Durability, work: () => T): T {
    if (this.#durability !== durability) this.#db.exec(synchronous[durability]);
    this.#durability = durability;
    return this.#within("begin immediate", work);
  }

  /** Everything read as it is at one moment; waits for nobody. */
  snapshot<T>(work: () => T): T {
    return this.#within("begin", work);
  }

  #within<T>(begin: string, work: () => T): T {
    try {
      this.run(begin);
      const result = work();
      this.run("commit");
      return result;
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec("rollback");
      throw explain(error, this.#path);
    }
  }

  run(sql: string, ...values: Value[]): void {
    this.#prepare(sql).run(...values);
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** The library keeps the file open until the statements are garbage, so its -wal may stay behind; whoever
   * opens the file next reads that too. */
  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSyncInstance {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Switching to WAL doesn't wait for others that do the same, so it is done only once per file. */
function enterWal(db: DatabaseSyncInstance): void {
  for (let attempt = 1; ; attempt++) {
    try {
      const mode = db.prepare("pragma journal_mode").get() as { journal_mode: string };
      if (mode.journal_mode !== "wal") db.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      if (resultCode(error) !== busy || attempt === 100) throw error;
    }
  }
}

const busy = 5;

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that a person can do something about. */
const problems: Readonly<Record<number, { code: string; message: string; hint: string }>> = {
  [busy]: {
    code: "queue-busy",
    message: `Another process has kept the queue locked for ${busyTimeoutMs / 1000} seconds.`,
    hint: "See which process has the file open (fuser -v FILE), and end it if it hangs.",
  },
  8: {
    code: "queue-unwritable",
    message: "The queue can't be written.",
    hint: "Give this user write access to the file and its folder.",
  },
  10: {
    code: "queue-io",
    message: "The disk failed while the queue was read or written.",
    hint: "Check the disk and the system's log. What was acknowledged before is intact if the disk is.",
  },
  11: corrupt(),
  13: {
    code: "queue-disk-full",
    message: "The disk is full: the queue can't be written.",
    hint: "Free some space and try again; what was accepted before is intact.",
  },
  14: {
    code: "queue-unopenable",
    message: "The queue can't be opened.",
    hint: "The folder must exist, and this user must be able to write there.",
  },
  26: corrupt(),
};

function corrupt(): { code: string; message: string; hint: string } {
  return {
    code: "queue-corrupt",
    message: "The queue's file is damaged.",
    hint:
      "Published packages are not affected. Stop all that use it, move the file away with its -wal and -shm, " +
      "and start again: whatever is not published yet is scheduled again.",
  };
}

function explain(error: unknown, path: string): unknown {
  const problem = problems[resultCode(error) ?? 0];
  if (!problem) return error;
  const { code, message, hint } = problem;
  return new SluiceError(code, message, { hint, facts: { path }, cause: error });
}

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;
}
