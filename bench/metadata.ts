import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mainThreadInTurn, milliseconds } from "./processes.ts";
import type { BenchReport } from "./report.ts";

const srcinfoReader = fileURLToPath(import.meta.resolve("./srcinfo-reader.js"));
const deriveMany = fileURLToPath(import.meta.resolve("./derive-many.js"));

/** A clone of a repository that has its packages at the root, with PKGBUILDs and `.SRCINFO` files. */
const packages = process.env["SLUICE_BENCH_PACKAGES"];
const counts = (process.env["SLUICE_BENCH_PKGBUILDS"] ?? "25000,50000,100000").split(",").map(Number);

/** Metadata of PKGBUILDs, kept and derived anew, against `.SRCINFO` files read for the same. */
export function benchMetadata(): BenchReport {
  const name = "metadata: the main thread's time of whole processes, the least of 5 runs in turn";
  if (!packages) return { name, figures: { skipped: "SLUICE_BENCH_PACKAGES names no clone" } };
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const root = join(folder, "clone");
    execFileSync("git", ["clone", "--quiet", packages, root]);
    return { name, figures: { ...figuresOf(root), ...Object.fromEntries(many(root)) } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function figuresOf(root: string): BenchReport["figures"] {
  const forget = (): void => rmSync(join(root, ".git/sluice"), { recursive: true, force: true });
  const sluice = (...args: string[]): string[] => ["dist/cli/main.js", ...args, "--root", root];
  // Else makepkg is asked about what has none, in the sandbox.
  for (const pkgbase of withoutSrcinfo(root)) rmSync(join(root, pkgbase), { recursive: true });
  const time = mainThreadInTurn({
    srcinfo: { args: [srcinfoReader, root] },
    cold: { args: sluice("deptree"), prepare: forget },
    kept: { args: sluice("deptree") },
  });
  const against = (own: number): string =>
    `${milliseconds(own)}, ${(own / time.srcinfo).toFixed(2)} times as long`;
  return {
    "a tree from .SRCINFO files alone, without a command line": milliseconds(time.srcinfo),
    "deptree, derived anew": against(time.cold),
    "deptree, kept": against(time.kept),
  };
}

function withoutSrcinfo(root: string): string[] {
  const files = execFileSync("git", ["-C", root, "ls-files", "-z", "*/PKGBUILD"], { encoding: "utf8" });
  const folders = files
    .split("\0")
    .flatMap((path) => (path === "" ? [] : [path.slice(0, -"/PKGBUILD".length)]));
  return folders.filter((folder) => !existsSync(join(root, folder, ".SRCINFO")));
}

function many(root: string): [what: string, figure: string][] {
  return counts.map((count) => [
    `${count.toLocaleString("en")} PKGBUILDs, derived anew`,
    derived(root, count),
  ]);
}

function derived(root: string, count: number): string {
  const found = execFileSync(process.execPath, [deriveMany, root, String(count)], { encoding: "utf8" });
  const { cpuSeconds, megabytes } = JSON.parse(found) as { cpuSeconds: number; megabytes: number };
  return `${cpuSeconds.toFixed(1)} s of CPU, ${((cpuSeconds / count) * 1e6).toFixed(0)} µs each, ${megabytes.toFixed(0)} MiB in all`;
}
