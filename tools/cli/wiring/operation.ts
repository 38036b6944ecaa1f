import { appendFileSync } from "node:fs";
import type { OperationPlan, OperationPorts } from "../../ci/operations/operation.ts";
import type { RequestPlan } from "../../ci/pipeline/push-request.ts";
import { readPlatform } from "../../ci/pipeline/platform.ts";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { inertInline } from "../../gate/review/inert.ts";
import { allBuilds, type Schedule } from "../../schedule/schedule.ts";
import { info, reportError } from "../output/report.ts";
import { findRoot } from "./root.ts";
import { formatTable } from "../output/table.ts";

/** Options that all operations by hand share. */
export interface OperationOptions {
  readonly root?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function operationPorts({ root }: OperationOptions): OperationPorts {
  return {
    git: openGit(findRoot(root), process.env),
    platform: readPlatform(process.env),
    now: () => new Date(),
    progress: info,
  };
}

/**
 * What an operation is about: what the person named, else what the CI's form filled into a variable.
 *
 * @param separator what separates two in the variable
 * @throws SluiceError `usage` where neither names anything
 */
export function requested(
  operands: readonly string[],
  variable: "PACKAGES" | "ADD_PACKAGES",
  separator: RegExp,
  example: string,
): readonly string[] {
  const given = operands.length > 0 ? operands : (process.env[variable] ?? "").split(separator);
  const names = given.filter((name) => name !== "");
  if (names.length > 0) return names;
  throw new SluiceError("usage", "no package is named", {
    hint: `Name some, for example: sluice ${example}; or set ${variable}.`,
  });
}

/** What separates two names in PACKAGES. */
export const betweenNames = /[\s,:]+/;

/** Tells what an operation does or did, and returns the exit code. */
export function reportOperation(
  plan: OperationPlan,
  done: boolean,
  rows: readonly (readonly [what: string, pkgbase: string, why: string])[],
  { dryRun, json, details }: OperationOptions & { readonly details: Readonly<Record<string, unknown>> },
): number {
  const { refs, range, head, packages, schedule, refusal } = plan;
  const scheduled = [
    ...allBuilds(schedule).map(({ pkgbase, reason }) => ["build", pkgbase, reason] as const),
    ...schedule.removals.map(({ pkgbase, reason }) => ["remove", pkgbase, reason] as const),
  ];
  const all = [...rows, ...(refusal ? [] : scheduled)];
  if (json) {
    const refused = refusal ? { code: refusal.code, message: refusal.message, hint: refusal.hint } : null;
    const summary = { base: refs.head, head: done ? head : null, range, packages, ...details };
    process.stdout.write(`${JSON.stringify({ ...summary, schedule, refusal: refused }, null, 2)}\n`);
  } else if (all.length > 0) {
    process.stdout.write(`${formatTable(["", "PKGBASE", "WHY"], all)}\n`);
  }
  const conclusion = conclude(plan, done, dryRun);
  summarise(all, refusal ? `${refusal.message}` : conclusion);
  if (refusal) return reportError(refusal);
  info(conclusion);
  return 0;
}

function conclude(
  { refs, head, packages, schedule }: OperationPlan,
  done: boolean,
  dryRun: boolean | undefined,
): string {
  const counts = `${packages.length} changed, ${countsOf(schedule)}`;
  if (!done || dryRun) return `${counts}; nothing was changed (--dry-run).`;
  return `${counts}; ${head === refs.head ? "main is unchanged" : `${refs.hasRemote ? "pushed" : "made"} commit ${head.slice(0, 10)}`}.`;
}

export function countsOf(schedule: Schedule): string {
  const { removals } = schedule;
  return `${allBuilds(schedule).length} to build${removals.length > 0 ? `, ${removals.length} to remove` : ""}`;
}

/** Whether `sluice up` builds, so that the builders were asked in the repository itself. */
export function describeAsked({ workspace, builds }: Pick<RequestPlan, "workspace" | "builds">): string {
  const isAsked = workspace.config.CI_SCHEDULE_TO === "manager" && builds.length > 0;
  return `wrote .ci/schedule.json${isAsked ? " and asked builders on the branch `state`" : ""}`;
}

/** The page of a pipeline run, where the platform has one. */
function summarise(rows: readonly (readonly string[])[], conclusion: string): void {
  const { summaryFile } = readPlatform(process.env);
  if (summaryFile === undefined) return;
  const lines = rows.map((row) => `| ${row.map((cell) => inertInline(cell, 500)).join(" | ")} |`);
  const table = lines.length > 0 ? `\n\n| | Package | Why |\n| --- | --- | --- |\n${lines.join("\n")}` : "";
  appendFileSync(summaryFile, `**${inertInline(conclusion, 500)}**${table}\n`);
}
