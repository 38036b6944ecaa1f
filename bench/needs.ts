import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingPrograms } from "../test/world/programs.ts";
import { readNeeds } from "../tools/pkgrepo/read-needs.ts";
import { parseSrcinfo } from "../tools/alpm/srcinfo.ts";
import { findNeeds } from "../tools/ci/needs/find-needs.ts";
import { readPackageConfig, readRepositoryConfig } from "../tools/workspace/config/config.ts";
import { generatedGives, generatedRecords } from "./generated-needs.ts";
import { median, type BenchReport } from "./report.ts";

const url = "https://mirror.example.org/extra.db";

/** What it costs to know what packages need: reading one, and comparing many. */
export async function benchNeeds(): Promise<BenchReport> {
  const counts = [2500, 25_000, 100_000];
  // The largest is as much as there is in all the repositories of Arch Linux and the AUR.
  const compared: [string, string][] = [];
  for (const count of counts) {
    const seconds = await compare(count);
    const each = (seconds / count) * 1e6;
    compared.push([`${count} packages`, `${seconds.toFixed(2)} s of CPU, ${each.toFixed(0)} µs each`]);
  }
  return {
    name: "needs: a comparison that finds nothing gone, and the reading of a package",
    figures: { ...Object.fromEntries(compared), ...(await reading()) },
  };
}

async function compare(count: number): Promise<number> {
  const pkgbases = Array.from({ length: count }, (_, index) => `p${index}`);
  const records = [...generatedRecords(pkgbases, 10).values()];
  const known = generatedGives(url);
  const srcinfo = parseSrcinfo("pkgbase = p\npkgver = 1.0\npkgrel = 1\npkgname = p");
  const { config } = readPackageConfig({ kind: "absent" });
  const search = {
    upstreams: { gives: async () => [{ url, known, isNew: false }], symbols: async () => new Map() },
    packages: new Map(pkgbases.map((pkgbase) => [pkgbase, { pkgbase, srcinfo, config }])),
    config: readRepositoryConfig({ kind: "file", text: `CI_LIB_DB=${url}\n` }).config,
    state: { gives: [], broken: {} },
    published: async () => ({ digest: "1", records: async () => records }),
    rebuilt: new Set<string>(),
    now: () => new Date(),
  };
  const first = await findNeeds(search);
  const times: number[] = [];
  for (let run = 0; run < 2; run++) {
    const before = process.cpuUsage();
    const found = await findNeeds({ ...search, state: first.state });
    const { user, system } = process.cpuUsage(before);
    if (found.bumps.length + found.broken.length > 0) throw new Error("something was found");
    times.push((user + system) / 1e6);
  }
  return median(times);
}

/** Against bsdcat alone, on a package of this machine's own programs and libraries. */
async function reading(): Promise<BenchReport["figures"]> {
  const missing = missingPrograms("bsdtar", "bsdcat", "zstd");
  if (missing.length > 0) return { "reading a package": `skipped: ${missing.join()} is missing` };
  const home = mkdtempSync(join(tmpdir(), "sluice-bench-needs-"));
  try {
    const tar = join(home, "whole.tar");
    const file = join(home, "whole-1-1-x86_64.pkg.tar.zst");
    execFileSync("bsdtar", ["-cf", tar, "-C", "/", "usr/bin"], {
      stdio: "ignore",
    });
    execFileSync("zstd", ["-q", "-3", "-T0", tar, "-o", file]);
    const { size } = statSync(tar);
    const [alone, toDisk]: [number[], number[]] = [[], []];
    const whole: number[] = [];
    // The first is of a program that just started, which a builder is once.
    for (let run = 0; run < 6; run++) {
      alone.push(cpuOf(["bsdcat", file], "/dev/null"));
      toDisk.push(cpuOf(["bsdcat", file], join(home, "unpacked")));
      const before = process.cpuUsage();
      const record = await readNeeds(file, {
        pkgname: "whole",
        pkgbase: "whole",
        version: "1-1",
        arch: "x86_64",
        depends: [],
        provides: [],
      });
      if (record.unread !== undefined && !record.unread.includes("PKGINFO")) throw new Error(record.unread);
      const { user, system } = process.cpuUsage(before);
      if (run > 0) whole.push((user + system) / 1e6);
    }
    const [unpacking, own] = [median(alone), median(whole)];
    return {
      [`unpacking ${(size / 1e6).toFixed(0)} MB with bsdcat`]: `${unpacking.toFixed(2)} s of CPU, into a file ${median(toDisk).toFixed(2)} s`,
      "reading what it needs, beside that": `${own.toFixed(3)} s of CPU, ${((100 * own) / unpacking).toFixed(0)} %`,
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}

function cpuOf(command: readonly string[], output: string): number {
  const script = `TIMEFORMAT='%U %S'; time "\${@:2}" > "$1"`;
  const { stderr } = spawnSync("bash", ["-c", script, "bash", output, ...command], { encoding: "utf8" });
  const [user = 0, system = 0] = stderr.trim().split(" ").map(Number);
  return user + system;
}
