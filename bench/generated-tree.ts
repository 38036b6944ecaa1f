import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchReport } from "./report.ts";
import type { TreeFigures } from "./tree-of.ts";

const treeOf = fileURLToPath(import.meta.resolve("./tree-of.js"));

/** Graph, cycles and build order of many generated packages, each size in a process of its own. */
export async function benchGeneratedTree(): Promise<BenchReport> {
  const figures = [25_000, 50_000, 100_000].map((count) => {
    const found = JSON.parse(
      execFileSync(process.execPath, [treeOf, String(count)], { encoding: "utf8" }),
    ) as TreeFigures;
    const { seconds, megabytes, edges, cycles } = found;
    return [
      `${count.toLocaleString("en")} packages`,
      `${seconds.toFixed(2)} s, ${((seconds / count) * 1e6).toFixed(1)} µs per package, ${megabytes.toFixed(0)} MiB in all; ` +
        `${edges.toLocaleString("en")} edges, ${cycles} cycles`,
    ];
  });
  return { name: "dependency tree from memory", figures: Object.fromEntries(figures) };
}
