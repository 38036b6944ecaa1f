import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BenchReport } from "./report.ts";

/** The metadata of a real package repository of 2,534 packages; not a part of this one. */
const archive = "../shared/corpus/chaotic-aur-srcinfo.tar.zst";

/** Measures on an unpacked copy of the corpus, or says that there is none. */
export async function withCorpus(
  name: string,
  measure: (root: string) => Promise<BenchReport["figures"]> | BenchReport["figures"],
): Promise<BenchReport> {
  if (!existsSync(archive)) return { name, figures: { skipped: `there is no ${archive}` } };
  const root = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    execFileSync("tar", ["--zstd", "-xf", resolve(archive), "-C", root]);
    return { name, figures: await measure(root) };
  } finally {
    rmSync(root, { recursive: true });
  }
}
