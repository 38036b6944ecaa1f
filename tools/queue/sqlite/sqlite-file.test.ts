import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { schema } from "./schema.ts";
import { openSqliteQueue } from "./sqlite.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-queue-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
let path: string;
beforeEach(() => {
  path = join(folder, `${++count}.db`);
});

async function problem(work: () => Promise<unknown>): Promise<SluiceError> {
  const error: unknown = await work().catch((error: unknown) => error);
  if (!(error instanceof SluiceError)) throw new Error(`not a known error: ${String(error)}`);
  return error;
}

test("a file that is no queue at all is reported with what to do, and left as it is", async () => {
  writeFileSync(path, "hello".repeat(1000));
  const error = await problem(() => openSqliteQueue(path));
  expect(error).toMatchObject({
    code: "queue-corrupt",
    message: "The queue's file is damaged.",
    facts: { path },
  });
  expect(error.hint).toContain("Published packages are not affected");
  expect(readFileSync(path, "utf8")).toBe("hello".repeat(1000));
});

test("a queue damaged in the middle is reported by whatever comes upon it", async () => {
  const queue = await openSqliteQueue(path);
  const builds = Array.from({ length: 2000 }, (_, index) => ({
    pkgbase: `p${index}`,
    class: null,
    pkgnames: [],
    needs: [],
    reason: "changed",
  }));
  await queue.submit({ commit: "c", target: "repo", arch: "any", source: "w", builds, removals: [] });
  await queue.close();
  const file = await SqliteFile.open(path, schema);
  file.get("pragma wal_checkpoint(truncate)");
  file.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0x5a, 4096, bytes.length - 4096));
  const error = await problem(async () => (await openSqliteQueue(path)).state());
  expect(error).toMatchObject({ code: "queue-corrupt", facts: { path } });
});

test("a queue written by a newer Sluice is not touched", async () => {
  const newer = await SqliteFile.open(path, [...schema, ""]);
  newer.close();
  expect(await problem(() => openSqliteQueue(path))).toMatchObject({
    code: "queue-newer",
    hint: `Update Sluice; this one knows format ${schema.length}.`,
  });
});

test("the builds of a queue without lines are handed out, each in that of its repository and architecture", async () => {
  const older = await SqliteFile.open(path, schema.slice(0, 2));
  const spec = { commit: "c", source: "w", class: null, pkgnames: [], needs: [], reasons: ["changed"] };
  for (const [id, target] of ["one", "one", "two"].entries()) {
    older.run("insert into package (target, arch, pkgbase) values (?, 'x86_64', ?)", target, `p${id}`);
    older.run(
      "insert into build (package, submission, spec, state, queued_at) values (?, 1, ?, 'ready', 0)",
      id + 1,
      JSON.stringify(spec),
    );
  }
  older.close();
  const queue = await openSqliteQueue(path);
  const ready = await queue.ready({ classes: "all", limit: 9 });
  await queue.close();
  expect(ready.map(({ pkgbase }) => pkgbase)).toEqual(["p0", "p2", "p1"]);
});

test("a folder that is missing, or a folder in the file's place, is named", async () => {
  expect(await problem(() => openSqliteQueue(join(folder, "missing/queue.db")))).toMatchObject({
    code: "queue-unopenable",
    facts: { path: join(folder, "missing/queue.db") },
  });
  mkdirSync(path);
  expect(await problem(() => openSqliteQueue(path))).toMatchObject({ code: "queue-unopenable" });
});

test("a full disk loses nothing that was accepted, and the queue goes on once there is space", async () => {
  const file = await SqliteFile.open(path, ["create table t (text text)"]);
  const fill = (): void =>
    file.transaction("power-loss", () => file.run("insert into t values (?)", "x".repeat(100_000)));
  fill();
  const { page_count: pages } = file.get<{ page_count: number }>("pragma page_count")!;
  file.get(`pragma max_page_count = ${pages + 5}`);
  expect(await problem(async () => fill())).toMatchObject({ code: "queue-disk-full", facts: { path } });
  file.get(`pragma max_page_count = ${pages + 100}`);
  fill();
  expect(file.get("select count(*) as count from t")).toEqual({ count: 2 });
  file.close();
});

test("a transaction that fails leaves nothing behind", async () => {
  const file = await SqliteFile.open(path, ["create table t (text text)"]);
  expect(() =>
    file.transaction("crash", () => {
      file.run("insert into t values ('half')");
      throw new Error("a bug");
    }),
  ).toThrow("a bug");
  expect(file.all("select * from t")).toEqual([]);
  file.close();
});

test("the database library is not loaded before a queue is opened", () => {
  const sources = ["sqlite.ts", "sqlite-file.ts"].map((name) =>
    readFileSync(join(import.meta.dirname, name), "utf8"),
  );
  expect(sources.join("\n")).not.toMatch(/^import (?!type).*@photostructure/m);
});
