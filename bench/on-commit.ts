import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { withCorpus } from "./corpus.ts";
import { milliseconds, timeInTurn } from "./processes.ts";
import type { BenchReport } from "./report.ts";

/** The whole process `sluice on-commit` after a commit that changed one package of 2,534. */
export function benchOnCommit(): Promise<BenchReport> {
  return withCorpus(
    "on-commit: one of 2,534 packages changed, whole process, medians of 15 runs in turn",
    (root) => {
      const alone = commitOnePackage(join(root));
      const remote = join(root, ".git/remote.git");
      const clone = join(root, ".git/clone");
      execFileSync("git", ["clone", "--quiet", "--bare", root, remote]);
      execFileSync("git", ["clone", "--quiet", remote, clone]);
      const time = timeInTurn({
        dryRun: { args: ["dist/cli/main.js", "on-commit", "--dry-run", "--root", root] },
        alone: {
          args: ["dist/cli/main.js", "on-commit", "--root", root],
          prepare: () => alone.moveTagBack(root),
        },
        pushed: {
          args: ["dist/cli/main.js", "on-commit", "--root", clone],
          prepare: () => alone.moveTagBack(remote),
        },
      });
      return {
        "plan only (--dry-run)": milliseconds(time.dryRun),
        "schedule written, tag moved": milliseconds(time.alone),
        "schedule written, tag pushed to a repository on this machine": milliseconds(time.pushed),
      };
    },
  );
}

function commitOnePackage(root: string): { moveTagBack: (repository: string) => void } {
  const identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"];
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", root, ...identity, ...args], { encoding: "utf8" }).trim();
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--quiet", "--message=start");
  const start = git("rev-parse", "HEAD");
  appendFileSync(join(root, "abook/PKGBUILD"), "# changed\n");
  git("commit", "--quiet", "--all", "--message=abook");
  git("repack", "--quiet", "-a", "-d");
  const moveTagBack = (repository: string): void => {
    execFileSync("git", ["-C", repository, "update-ref", "refs/tags/scheduled", start]);
  };
  moveTagBack(root);
  return { moveTagBack };
}
