import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Submission, SubmittedBuild } from "../tools/queue/submission.ts";
import { openSqliteQueue } from "../tools/queue/sqlite/sqlite.ts";
import { seededRandom } from "../test/world/random.ts";
import type { BenchReport } from "./report.ts";

const count = 100_000;

/** Submits and dispatches 100,000 builds of two shapes: one transaction per claim, one per finish, all synced. */
export async function benchQueue(): Promise<BenchReport> {
  return {
    name: `queue: ${count.toLocaleString("en")} builds, claimed and finished one by one`,
    figures: {
      "layered, two needs each, with hubs": await dispatch(layered()),
      "most need nothing, few are needed": await dispatch(manyRoots()),
    },
  };
}

async function dispatch(builds: readonly SubmittedBuild[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const queue = await openSqliteQueue(join(folder, "queue.db"));
  try {
    const start = performance.now();
    await queue.submit(submission(builds));
    const submitted = performance.now();
    const finished = new Set<string>();
    for (;;) {
      const claim = await queue.claim({ worker: "bench", classes: "all", leaseMs: 60_000 });
      if (!claim) break;
      if (claim.build.needs.some((need) => !finished.has(need)))
        throw new Error("built before what it needs");
      await queue.finish(claim, { outcome: "built" });
      finished.add(claim.build.pkgbase);
    }
    const end = performance.now();
    if (finished.size !== count) throw new Error(`${finished.size} of ${count} were built`);
    const edges = builds.reduce((sum, build) => sum + build.needs.length, 0);
    const perSecond = (ms: number): string => Math.round((count / ms) * 1000).toLocaleString("en");
    return (
      `${perSecond(end - start)} builds/s in all, ${perSecond(end - submitted)} builds/s dispatched; ` +
      `${edges.toLocaleString("en")} needs submitted in ${((submitted - start) / 1000).toFixed(1)} s`
    );
  } finally {
    await queue.close();
    rmSync(folder, { recursive: true });
  }
}

/** Fifty layers; a third of all needs go to hubs, as with toolchains and big libraries. */
function layered(): SubmittedBuild[] {
  const random = seededRandom(1);
  const layer = count / 50;
  return Array.from({ length: count }, (_, index) => {
    const below = Math.floor(index / layer) * layer;
    if (below === 0) return build(index, []);
    const needs = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      random() < 1 / 3
        ? Math.floor(random() * 40)
        : Math.floor(below - 1 - random() * Math.min(below, 2 * layer)),
    );
    return build(
      index,
      needs.map((need) => Math.max(0, need)),
    );
  });
}

/** As a real workspace: seven in ten stand alone, the others need one to three, mostly of the same few. */
function manyRoots(): SubmittedBuild[] {
  const random = seededRandom(2);
  return Array.from({ length: count }, (_, index) => {
    if (index === 0 || random() < 0.7) return build(index, []);
    const needs = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      Math.floor(index * random() ** 4),
    );
    return build(index, needs);
  });
}

function build(index: number, needs: readonly number[]): SubmittedBuild {
  return {
    pkgbase: `package-${index}`,
    class: index % 10 === 0 ? "heavy" : null,
    pkgnames: [`package-${index}`, `package-${index}-docs`],
    needs: [...new Set(needs)].map((need) => `package-${need}`),
    reason: "commit 0123456789ab changed PKGBUILD",
  };
}

function submission(builds: readonly SubmittedBuild[]): Submission {
  return { commit: "0".repeat(40), arch: "x86_64", target: "bench", source: "bench", builds, removals: [] };
}
