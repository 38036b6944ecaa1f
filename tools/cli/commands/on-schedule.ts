import { appendFileSync } from "node:fs";
import { SluiceError } from "../../errors.ts";
import { planOnSchedule, type OnSchedulePlan } from "../../ci/on-schedule/on-schedule.ts";
import type { SchedulePorts } from "../../ci/pipeline/ports.ts";
import { planOnTrigger } from "../../ci/on-schedule/on-trigger.ts";
import { runRequest, type RequestPorts } from "../../ci/pipeline/push-request.ts";
import type { OnScheduleOutcome } from "../../ci/on-schedule/apply-on-schedule.ts";
import { planAsJson } from "../../ci/on-schedule/plan-json.ts";
import { readPlatform, type Platform } from "../../ci/pipeline/platform.ts";
import { takeTemplate, type TemplateOutcome } from "../../ci/template/take-template.ts";
import { runOnSchedule } from "../../ci/on-schedule/run-on-schedule.ts";
import {
  headings,
  needsPerson,
  releaseLines,
  reportLines,
  reportMarkdown,
  type ReportLine,
} from "../../ci/on-schedule/schedule-report.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import {
  planReleaseOnTrigger,
  triggersOfProjects,
  type ReleaseOnTriggerPlan,
} from "../../ci/operations/release-on-trigger.ts";
import { foldersOf } from "../../manager/folders.ts";
import { openGit } from "../../git/git.ts";
import { reviewPlace } from "../wiring/forge.ts";
import { info, printable, reportError, warn } from "../output/report.ts";
import { describeAsked } from "../wiring/operation.ts";
import { lookAtHeldSources } from "../wiring/review-sources.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { findRoot } from "../wiring/root.ts";
import { publishedRecords } from "../wiring/published-records.ts";
import { timeoutSignal } from "../../timeout-signal.ts";
import { formatTable } from "../output/table.ts";
import { allBuilds } from "../../schedule/schedule.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

const now = (): Date => new Date();

/** How long a run goes on to look at further sources of what is held; the next one looks at the rest. In milliseconds. */
const longestLook = 15 * 60_000;

interface Options {
  readonly root?: string;
  readonly trigger?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function onSchedule(options: Options): Promise<number> {
  const git = openGit(findRoot(options.root), process.env);
  const platform = readPlatform(process.env);
  const trigger = options.trigger ?? (process.env["TRIGGER"] || undefined);
  if (trigger !== undefined) return onTrigger({ git, platform, now, progress: info }, trigger, options);
  const forge = await reviewPlace(git, platform);
  return withUpstreams(process.env, async (upstreams) => {
    const published = publishedRecords(foldersOf(stateFolder(options)).repositories);
    const ports = { git, platform, upstreams, published, forge, now, progress: info };
    const run = await planOrRun(ports, options);
    const code = report(run, platform, options);
    if (run.outcome) await lookAtHeldSources({ ...ports, signal: timeoutSignal(longestLook) }, run.plan);
    return code;
  });
}

async function planOrRun(ports: SchedulePorts, { dryRun }: Options): Promise<Run> {
  if (!dryRun) return runOnSchedule(ports);
  const plan = await planOnSchedule(ports);
  return { plan, outcome: undefined, template: await takeTemplate(ports, plan.workspace.config, true) };
}

interface Run {
  readonly plan: OnSchedulePlan;
  readonly outcome: OnScheduleOutcome | undefined;
  readonly template: TemplateOutcome;
}

function report({ plan, outcome, template }: Run, { summaryFile }: Platform, { json }: Options): number {
  const lines = reportLines(plan, outcome, template);
  const conclusion = conclude(plan, outcome);
  if (json) {
    process.stdout.write(`${JSON.stringify(planAsJson(plan, outcome, template), null, 2)}\n`);
  } else if (lines.length > 0) {
    process.stdout.write(describe(lines));
  }
  if (summaryFile !== undefined) appendFileSync(summaryFile, reportMarkdown(lines, conclusion));
  if (plan.reviews instanceof SluiceError) {
    warn(`reviews: ${plan.reviews.message}${plan.reviews.hint ? ` (${plan.reviews.hint})` : ""}`);
  }
  info(conclusion);
  return needsPerson(plan, outcome, template) ? 1 : 0;
}

function describe(lines: readonly ReportLine[]): string {
  const rows = lines.map(({ what, pkgbase, why }) => [headings[what], pkgbase, why]);
  return `${formatTable(["", "PKGBASE", "WHY"], rows)}\n`;
}

function conclude(
  { changed, builds, removals, updates, refs }: OnSchedulePlan,
  outcome: OnScheduleOutcome | undefined,
): string {
  const counts = [
    `${updates.length} ${updates.length === 1 ? "upstream" : "upstreams"}`,
    `${changed.length} changed`,
    `${updates.filter(({ kind }) => kind === "hold").length} held`,
    `${builds.length} to build`,
    ...(removals.length > 0 ? [`${removals.length} to remove`] : []),
  ].join(", ");
  if (!outcome) return `${counts}; nothing was changed (--dry-run).`;
  const done = outcome.committed
    ? `${refs.hasRemote ? "pushed" : "made"} commit ${outcome.head.slice(0, 10)}`
    : "main is unchanged";
  return `${counts}; ${done}.`;
}

async function onTrigger(ports: RequestPorts, trigger: string, { dryRun, json }: Options): Promise<number> {
  const decide = () => planOnTrigger(ports, trigger);
  const plan = dryRun ? await decide() : await runRequest(ports, decide);
  const { schedule, triggers } = plan;
  const builds = allBuilds(schedule);
  const ofProjects = await triggersOfProjects(ports.git, plan.refs.head);
  const released = ofProjects.has(trigger) ? await releaseOnTrigger(ports, trigger, dryRun) : undefined;
  const lines = released ? releaseLines(released.releases) : [];
  const releases = released?.releases.sightings ?? [];
  if (json) process.stdout.write(`${JSON.stringify({ trigger, schedule, releases }, null, 2)}\n`);
  else if (builds.length > 0) {
    const rows = builds.map(({ pkgbase, class: name }) => [pkgbase, name ?? "any"]);
    process.stdout.write(`${formatTable(["PKGBASE", "CLASS"], rows)}\n`);
  }
  if (!json && lines.length > 0) process.stdout.write(describe(lines));
  const all = [...new Set([...triggers, ...ofProjects])].sort();
  const known = all.length > 0 ? `; there are: ${all.join(", ")}` : "";
  if (builds.length === 0 && !released) warn(`no package has CI_ON_TRIGGER=${printable(trigger)}${known}`);
  const did = dryRun ? "nothing was changed (--dry-run)" : describeAsked(plan);
  info(`${builds.length} to build; ${did}.`);
  if (released?.refusal) return reportError(released.refusal);
  return lines.some(({ what }) => what === "problem") ? 1 : 0;
}

function releaseOnTrigger(
  ports: RequestPorts,
  trigger: string,
  dryRun: boolean | undefined,
): Promise<ReleaseOnTriggerPlan> {
  return withUpstreams(process.env, async (upstreams) => {
    const decide = () => planReleaseOnTrigger({ ...ports, upstreams }, trigger);
    return dryRun ? decide() : (await runOperation(ports, decide)).plan;
  });
}
