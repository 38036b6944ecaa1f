import { manageAur, type AurDecision, type AurOutcome } from "../../ci/aur/manage-aur.ts";
import { readWorkspaceRefs } from "../../ci/pipeline/workspace-refs.ts";
import { readPlatform, type Platform } from "../../ci/pipeline/platform.ts";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { info, printable, reportError } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";
import { formatTable } from "../output/table.ts";

interface Options {
  readonly root?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Pushes managed packages to the AUR as main has them; 1 where one of them couldn't be. */
export async function pushAur(
  { root, dryRun = false, json = false }: Options,
  pkgbases: readonly string[],
): Promise<number> {
  const git = openGit(findRoot(root), process.env);
  const platform = readPlatform(process.env);
  requireDefaultBranch(platform);
  const { head: commit } = await readWorkspaceRefs(git, platform);
  const ports = { git, platform, key: process.env["AUR_KEY"], now: () => new Date() };
  const { plan, outcomes } = await manageAur(ports, { commit, pkgbases, dryRun });
  const results = dryRun ? plan.decisions : outcomes;
  if (json) process.stdout.write(`${JSON.stringify({ commit, packages: results.map(plainly) }, null, 2)}\n`);
  else process.stdout.write(describe(results));
  for (const result of results) if (result.kind === "problem") reportError(result.error);
  const isManaging = plan.workspace.config.CI_MANAGE_AUR;
  info(
    isManaging ? conclusion(results, dryRun) : "CI_MANAGE_AUR isn't true in .ci/config: nothing is pushed.",
  );
  return results.some(({ kind }) => kind === "problem") ? 1 : 0;
}

/** What somebody tries out on another branch isn't for everybody yet. */
function requireDefaultBranch({ branch, defaultBranch }: Platform): void {
  if (branch === undefined || defaultBranch === undefined || branch === defaultBranch) return;
  throw new SluiceError(
    "not-main",
    `this pipeline runs on ${branch}; the AUR gets what ${defaultBranch} has`,
    {
      hint: `Run it on ${defaultBranch}.`,
    },
  );
}

/** Without what only the push needs. */
function plainly(result: AurDecision | AurOutcome): object {
  if (result.kind === "push") {
    const { tree: _, ...shown } = result;
    return shown;
  }
  if (result.kind !== "problem") return result;
  const { code, message, hint } = result.error;
  return { ...result, error: { code, message, hint } };
}

function describe(results: readonly (AurDecision | AurOutcome)[]): string {
  const rows = results.flatMap((result) => {
    if (result.kind === "unchanged") return [];
    const why = result.kind === "problem" ? result.error.code : result.reason;
    return [[result.kind, result.pkgbase, why]];
  });
  return rows.length === 0 ? "" : `${formatTable(["", "PKGBASE", "WHY"], rows)}\n`;
}

function conclusion(results: readonly (AurDecision | AurOutcome)[], dryRun: boolean): string {
  const count = (kind: string): number => results.filter((result) => result.kind === kind).length;
  const parts = [
    dryRun ? `${count("push")} to push` : `${count("pushed")} pushed`,
    `${count("unchanged")} unchanged`,
    ...(count("wait") > 0 ? [`${count("wait")} waiting`] : []),
    ...(count("problem") > 0 ? [`${count("problem")} with problems`] : []),
  ];
  return printable(`AUR: ${parts.join(", ")}${dryRun ? "; nothing was changed (--dry-run)" : ""}.`);
}
