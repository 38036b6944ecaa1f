import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withCorpus } from "./corpus.ts";
import { milliseconds, timeInTurn } from "./processes.ts";
import type { BenchReport } from "./report.ts";

const srcinfoReader = fileURLToPath(import.meta.resolve("./srcinfo-reader.js"));
const deriveMany = fileURLToPath(import.meta.resolve("./derive-many.js"));

/** Metadata of PKGBUILDs, kept and derived anew, against .SRCINFO files read for the same. */
export function benchMetadata(): Promise<BenchReport> {
  return withCorpus("metadata: 2,534 packages, whole processes, medians of 15 runs in turn", (root) => {
    const git = (...args: string[]): void => void execFileSync("git", ["-C", root, ...args]);
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git(
      "-c",
      "user.name=bench",
      "-c",
      "user.email=bench@example.org",
      "commit",
      "--quiet",
      "--message=start",
    );
    const forget = (): void => rmSync(join(root, ".git/sluice"), { recursive: true, force: true });
    const sluice = (...args: string[]): string[] => ["dist/cli/main.js", ...args, "--root", root];
    const time = timeInTurn({
      srcinfo: { args: [srcinfoReader, root] },
      cold: { args: sluice("deptree"), prepare: forget },
      kept: { args: sluice("deptree") },
      onCommitCold: { args: sluice("on-commit", "--dry-run"), prepare: forget },
      onCommitKept: { args: sluice("on-commit", "--dry-run") },
    });
    const against = (own: number): string =>
      `${milliseconds(own)}, ${(own / time.srcinfo).toFixed(2)} times as long`;
    const many = [25_000, 50_000, 100_000].map((count) => [
      `${count.toLocaleString("en")} PKGBUILDs, derived anew`,
      derived(root, count),
    ]);
    return {
      "a tree from .SRCINFO files alone": milliseconds(time.srcinfo),
      "deptree, derived anew": against(time.cold),
      "deptree, kept": against(time.kept),
      "on-commit --dry-run of all packages, derived anew": milliseconds(time.onCommitCold),
      "on-commit --dry-run of all packages, kept": milliseconds(time.onCommitKept),
      ...Object.fromEntries(many),
    };
  });
}

function derived(root: string, count: number): string {
  const found = execFileSync(process.execPath, [deriveMany, root, String(count)], { encoding: "utf8" });
  const { cpuSeconds, megabytes } = JSON.parse(found) as { cpuSeconds: number; megabytes: number };
  return `${cpuSeconds.toFixed(1)} s of CPU, ${((cpuSeconds / count) * 1e6).toFixed(0)} µs each, ${megabytes.toFixed(0)} MiB in all`;
}
