import { appendFileSync } from "node:fs";
import { changesSummary } from "../../ci/checks/changes-summary.ts";
import { checkChanges as check, needsPerson } from "../../ci/checks/check-changes.ts";
import { readPlatform } from "../../ci/pipeline/platform.ts";
import { systemCode } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { printable, warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options {
  readonly root?: string;
  readonly json?: boolean;
}

/** Tells what a contributor's commits do to packages; 0 where nothing is worse than a new version. */
export async function checkChanges({ root, json = false }: Options, range: string): Promise<number> {
  const report = await check(openGit(findRoot(root), process.env), range);
  const summary = changesSummary(report);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : printable(summary));
  const { summaryFile } = readPlatform(process.env);
  if (summaryFile) showOnPlatform(summaryFile, summary);
  return needsPerson(report) ? 1 : 0;
}

/** The answer is on standard output already. */
function showOnPlatform(file: string, summary: string): void {
  try {
    appendFileSync(file, summary);
  } catch (error) {
    warn(`the platform's summary file can't be written (${systemCode(error)})`);
  }
}
