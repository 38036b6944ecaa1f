import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { missingPrograms } from "../test/world/programs.ts";
import { milliseconds } from "./processes.ts";
import type { DumpFigures } from "./read-dump.ts";
import { median, type BenchReport } from "./report.ts";

const [serveDump, readDump] = ["./serve-dump.js", "./read-dump.js"].map((path) =>
  fileURLToPath(import.meta.resolve(path)),
) as [string, string];

/** Looking packages up in the AUR's metadata dump, which another process serves; in turn with other ways to do so. */
export async function benchAurDump(rows = 100_000, asked = 2_500, runs = 5): Promise<BenchReport> {
  const server = spawn(process.execPath, [serveDump, String(rows)], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [url] = (await once(createInterface(server.stdout), "line")) as [string];
    const node = (address: string, ...way: string[]): DumpFigures => {
      const args = [readDump, address, String(asked), ...way];
      const figures = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as DumpFigures;
      if (figures.found !== asked) throw new Error(`${figures.found} of ${asked} packages were found`);
      return figures;
    };
    const hasJq = missingPrograms("bash", "curl", "gunzip", "jq").length === 0;
    const measured = Array.from({ length: runs }, () => ({
      packed: node(url),
      declared: node(`${url}/declared`),
      whole: node(url, "whole"),
      jq: hasJq ? withJq(url) : undefined,
    }));
    const jq = measured.flatMap((run) => run.jq ?? []);
    return {
      name: `aur-dump: ${asked} of ${rows} rows, medians of ${runs} runs in turn`,
      figures: {
        sluice: say(measured.map((run) => run.packed)),
        "sluice, packing declared as Content-Encoding": say(measured.map((run) => run.declared)),
        "unpacked and parsed whole in Node": say(measured.map((run) => run.whole)),
        "curl | gunzip | jq": jq.length > 0 ? times(jq) : "skipped: they aren't all installed",
      },
    };
  } finally {
    server.kill();
  }
}

function say(figures: readonly DumpFigures[]): string {
  return `${times(figures)}, ${median(figures.map((one) => one.megabytes)).toFixed(0)} MiB`;
}

function times(figures: readonly Pick<DumpFigures, "wall" | "cpu">[]): string {
  const [wall, cpu] = (["wall", "cpu"] as const).map((figure) => median(figures.map((one) => one[figure])));
  return `${milliseconds(wall!)}, ${milliseconds(cpu!)} of CPU`;
}

/** As a shell pipeline does it; Bash counts the CPU of all three. */
function withJq(url: string): Pick<DumpFigures, "wall" | "cpu"> {
  const script = `TIMEFORMAT='%R %U %S'; time (curl -s "$1" | gunzip | jq -r "$2" > /dev/null)`;
  const args = ["-c", script, "bash", url, ".[] | [.PackageBase, .LastModified] | @tsv"];
  const { stderr } = spawnSync("bash", args, { encoding: "utf8" });
  const [real, user, system] = stderr.trim().split(" ").map(Number) as [number, number, number];
  return { wall: real * 1000, cpu: (user + system) * 1000 };
}
