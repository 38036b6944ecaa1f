import { describeRef } from "../../release/refs/ref.ts";
import type { ArtifactOf, PlannedJob, PlannedRelease, ReleasePlan } from "../../release/plan/release-plan.ts";

/** A plan as people read it; `--json` has all of it. */
export function describePlan(plan: ReleasePlan): string {
  const { project, ref } = plan;
  const lines =
    plan.kind === "release"
      ? releaseLines(plan)
      : [
          `${project}, ${describeRef(ref)}: ${verdict[plan.kind]}`,
          ...plan.reasons.map((reason) => `  ${reason}`),
        ];
  return `${lines.join("\n")}\n`;
}

const verdict = {
  nothing: "nothing would be released",
  wait: "it would wait",
  refused: "it can't be released",
};

function releaseLines(plan: PlannedRelease): string[] {
  const { project, ref, channel, reason, jobs, archives, publications, steps, leftOut } = plan;
  return [
    `${project}, ${describeRef(ref)}: a release of ${channel}`,
    `  ${reason}`,
    `  commit ${ref.commit}${plan.version === null ? "" : `, version ${plan.version}`}`,
    ...plan.after.map((condition) => `  ${condition.reason}`),
    ...stageLines(jobs),
    ...(archives.length > 0 ? ["archives"] : []),
    ...archives.map(({ file, of }) => `  ${file} from ${nameOf(of)}`),
    ...(publications.length > 0 ? ["publishing, when all gates are green"] : ["nothing is published"]),
    ...publications.flatMap(({ name, to, places }) => [
      `  ${name} (${to})`,
      ...places.map(
        ({ at, holds }) => `    ${at}${holds.length > 1 ? ` (${holds.map(nameOf).join(", ")})` : ""}`,
      ),
    ]),
    ...(steps.length > 0 ? [`  in this order: ${stepLine(steps)}`] : []),
    ...leftOut.map(({ publication, reason: why }) => `  not ${publication}: ${why}`),
  ];
}

/** What each stage waits for is what gates in the stage before. */
function stageLines(jobs: readonly PlannedJob[]): string[] {
  const lines: string[] = [];
  let stage: string | undefined;
  for (const job of jobs) {
    if (job.stage !== stage) lines.push(`stage ${job.stage}`);
    ({ stage } = job);
    const takes = job.takes.length > 0 ? [`takes ${list(job.takes)}`] : [];
    const makes = job.makes.length > 0 ? [`makes ${list(job.makes)}`] : [];
    const bundles = job.bundles.map(({ artifact, of }) => `bundles ${of} as ${artifact}`);
    const notes = [...takes, ...makes, ...bundles, ...builder(job), ...(job.gate ? [] : ["no gate"])];
    lines.push(`  ${job.key}: ${[job.script, ...notes].join(", ")}`);
  }
  return lines;
}

function builder({ on }: PlannedJob): string[] {
  if (on === null) return [];
  return ["machine" in on ? `on the machine ${on.machine}` : `on class ${on.class}`];
}

function list(artifacts: readonly ArtifactOf[]): string {
  return [...new Set(artifacts.map(({ artifact }) => artifact))].join(" and ");
}

function nameOf({ artifact, target }: ArtifactOf): string {
  return target === null ? artifact : `${artifact}@${target}`;
}

/** `stage binaries, image; verify …` */
function stepLine(steps: PlannedRelease["steps"]): string {
  const groups: string[] = [];
  let last: string | undefined;
  for (const step of steps) {
    const name = step.alias === undefined ? step.publication : `${step.publication} as ${step.alias}`;
    if (step.do === last) groups.push(`${groups.pop()}, ${name}`);
    else groups.push(`${step.do} ${name}`);
    last = step.do;
  }
  return groups.join("; ");
}
