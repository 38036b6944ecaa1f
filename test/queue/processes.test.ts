import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openSqliteQueue } from "../../tools/queue/sqlite/sqlite.ts";

test("several processes open a new queue at once and build each package exactly once, needs first", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-queue-processes-"));
  const path = join(folder, "queue.db");
  const names = Array.from({ length: 300 }, (_, index) => `p${index}`);
  const builds = names.map((pkgbase, index) => ({
    pkgbase,
    class: null,
    pkgnames: [pkgbase],
    reason: "changed",
    needs: index < 20 ? [] : [`p${index - 20}`, `p${index % 20}`],
  }));

  const script = join(import.meta.dirname, "builder.mjs");
  const opened = await Promise.all([openSqliteQueue(path), openSqliteQueue(path)]);
  await opened[0].submit({ commit: "c", target: "repo", arch: "any", source: "w", builds, removals: [] });
  const builders = await Promise.all(
    ["a", "b", "c", "d"].map((name) => promisify(execFile)(process.execPath, [script, path, name])),
  );
  const built = builders.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  expect(built.toSorted()).toEqual(names.toSorted());

  const finished = (await opened[1].history({ limit: 1000 })).toReversed().map(({ pkgbase }) => pkgbase);
  const tooEarly = builds.filter(({ pkgbase, needs }) =>
    needs.some((need) => finished.indexOf(need) > finished.indexOf(pkgbase)),
  );
  expect(tooEarly).toEqual([]);
  for (const queue of opened) await queue.close();
  rmSync(folder, { recursive: true });
});
