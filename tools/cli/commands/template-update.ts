import { readPlatform, type Platform } from "../../ci/pipeline/platform.ts";
import { applyTemplateUpdate, templateReview } from "../../ci/template/apply-template-update.ts";
import { planTemplateUpdate, type TemplatePlan } from "../../ci/template/template-update.ts";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { forgeOf } from "../wiring/forge.ts";
import { printable, warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";
import { formatTable } from "../output/table.ts";

interface Options {
  readonly root?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Takes new CI files; 1 where a person has to look at them, or to merge what was changed here. */
export async function templateUpdate({ root, dryRun = false, json = false }: Options): Promise<number> {
  const git = openGit(findRoot(root), process.env);
  const ports = { git, platform: readPlatform(process.env), now: () => new Date() };
  const plan = await planTemplateUpdate(ports);
  if (json) process.stdout.write(`${JSON.stringify(withoutContents(plan), null, 2)}\n`);
  else process.stdout.write(printable(describe(plan)));
  if (plan.kind === "current") return 0;
  const conflicts = plan.steps.some(({ kind }) => kind === "conflict");
  const exitCode = plan.kind === "review" || conflicts ? 1 : 0;
  if (dryRun) {
    if (!json) process.stdout.write("\nNothing was changed (--dry-run).\n");
    return exitCode;
  }
  const { branch, commit } = await applyTemplateUpdate(ports, plan);
  const url = plan.kind === "review" ? await openReview(ports.platform, plan, branch) : undefined;
  const next = plan.kind === "review" ? `; look at it and merge it${url ? `: ${url}` : ""}` : "";
  if (!json) process.stdout.write(printable(`\n${commit.slice(0, 10)} is on ${branch}${next}.\n`));
  return exitCode;
}

/** The branch is what counts; where there is a forge, it is opened for review there. */
async function openReview(
  platform: Platform,
  plan: Parameters<typeof templateReview>[0],
  branch: string,
): Promise<string | undefined> {
  const forge = await forgeOf(platform);
  if (forge instanceof SluiceError) return undefined;
  try {
    return (await forge.openReview(templateReview(plan, branch))).url;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    warn(`no review could be opened: ${error.message}`);
    return undefined;
  }
}

function describe(plan: TemplatePlan): string {
  if (plan.kind === "current") return `Nothing to do: ${plan.reason}.\n`;
  const { steps, tag, why, kind } = plan;
  const what = kind === "update" ? "is taken" : "waits for a review";
  const rows = steps.map(({ kind, path, reason }) => [kind, path, reason]);
  return `${tag} ${what}: ${why}\n${rows.length > 0 ? `\n${formatTable(["", "FILE", "WHY"], rows)}\n` : ""}`;
}

function withoutContents(plan: TemplatePlan): unknown {
  if (plan.kind === "current") return plan;
  const { kind, tag, why, steps, refs } = plan;
  return { kind, tag, why, head: refs.head, steps };
}
