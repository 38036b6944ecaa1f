import { readPlatform } from "../../ci/platform.ts";
import { applyTemplateUpdate, planTemplateUpdate, type TemplatePlan } from "../../ci/template-update.ts";
import { openGit } from "../../git/git.ts";
import { printable } from "../report.ts";
import { findRoot } from "../root.ts";
import { formatTable } from "../table.ts";

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
  const done = `${commit.slice(0, 10)} is on ${branch}${plan.kind === "review" ? "; look at it and merge it" : ""}.`;
  if (!json) process.stdout.write(printable(`\n${done}\n`));
  return exitCode;
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
  const { kind, tag, why, steps, line } = plan;
  return { kind, tag, why, head: line.head, steps };
}
