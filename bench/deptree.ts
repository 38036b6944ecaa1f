import { fileURLToPath } from "node:url";
import { withCorpus } from "./corpus.ts";
import { milliseconds, timeInTurn } from "./processes.ts";
import type { BenchReport } from "./report.ts";

const bareReader = fileURLToPath(import.meta.resolve("./bare-reader.js"));

/** The whole process `sluice deptree` against a bare Node program that only reads the same files. */
export function benchDeptree(): Promise<BenchReport> {
  return withCorpus("deptree: 2,534 packages, whole process, medians of 25 runs in turn", (root) => {
    const time = timeInTurn(
      {
        bare: { args: [bareReader, root] },
        deptree: { args: ["dist/cli/main.js", "deptree", "--root", root] },
        chaotic: { args: ["dist/cli/main.js", "deptree", "--root", root, "--format", "chaotic"] },
      },
      { runs: 25 },
    );
    const against = (own: number): string =>
      `${milliseconds(own)}, ${(own / time.bare).toFixed(2)} times as long`;
    return {
      "a bare Node program that reads the files": milliseconds(time.bare),
      "sluice deptree": against(time.deptree),
      "sluice deptree --format chaotic": against(time.chaotic),
    };
  });
}
