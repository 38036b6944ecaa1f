import { checkTemplate, filledForTarget } from "./check-template.ts";
import { allJobs, jobName, madeBy, type DefinedJob, type Definition } from "../definition.ts";
import { named, shown, suggestion } from "../explain.ts";
import { limits } from "../limits.ts";
import { makersOf } from "../makers.ts";
import type { Mistake } from "../problems.ts";
import { buildClass } from "../texts.ts";

/** What jobs say of targets, machines and each other's artifacts. */
export function checkJobs(definition: Definition): Mistake[] {
  const jobs = allJobs(definition);
  const count = jobs.reduce((sum, { targets }) => sum + (targets?.length ?? 1), 0);
  if (count > limits.jobs) {
    const message = `stages: come to ${count} jobs, one for each target; at most ${limits.jobs} are possible`;
    return [{ at: ["stages"], message }];
  }
  return [
    ...jobs.flatMap((job) => [
      ...checkTargets(job),
      ...checkMachine(definition, job),
      ...[...job.makes].flatMap(([artifact, path]) =>
        checkTemplate(definition, [...placeOf(job), "makes", artifact], path, job.targets),
      ),
    ]),
    ...checkArtifacts(jobs),
  ];
}

function placeOf({ stage, name }: DefinedJob): readonly string[] {
  return ["stages", stage, name];
}

function checkTargets(job: DefinedJob): Mistake[] {
  if (job.targets === undefined || job.targets.length > 0) return [];
  const at = [...placeOf(job), "for"];
  return [{ at, message: `${named(at)}no target matches` }];
}

/** A class of builders can be any; where a file has machines, a name that isn't one of them is a slip. */
function checkMachine(definition: Definition, job: DefinedJob): Mistake[] {
  const { on, targets } = job;
  if (on === undefined) return [];
  const at = [...placeOf(job), "on"];
  const mistakes = checkTemplate(definition, at, on, targets, []);
  if (mistakes.length > 0) return mistakes;
  const names = new Set(
    (targets ?? [undefined]).map((target) => filledForTarget(definition, on, target) ?? on),
  );
  return [...names].flatMap((name) => {
    const why = whyNobody(definition, name);
    return why === undefined ? [] : [{ at, message: `${named(at)}${why}`, lacks: name }];
  });
}

function whyNobody({ machines }: Definition, name: string): string | undefined {
  if (machines.has(name)) return undefined;
  if (machines.size > 0) {
    return `there is no machine ${shown(name)}${suggestion(name, [...machines.keys()])}`;
  }
  return buildClass.safeParse(name).success ? undefined : `${shown(name)} is no class of builders`;
}

/** What is taken was made before, for the same target, by a job that others may wait for. */
function checkArtifacts(jobs: readonly DefinedJob[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const everywhere = makersOf(jobs);
  const made = new Map<string, DefinedJob[]>();
  for (const job of jobs) {
    for (const artifact of job.takes) {
      const at = [...placeOf(job), "takes"];
      const why = whyNotTaken(job, artifact, made.get(artifact), everywhere);
      if (why)
        mistakes.push({ at, message: `${named(at)}${why.message}`, ...(why.lacks && { lacks: artifact }) });
    }
    for (const artifact of madeBy(job)) {
      const others = made.get(artifact) ?? [];
      const other = others.find((each) => overlap(each.targets, job.targets));
      const at = [...placeOf(job), "makes", artifact];
      if (other && other !== job)
        mistakes.push({ at, message: `${named(at)}${jobName(other)} makes it, too` });
      made.set(artifact, [...others, job]);
    }
  }
  return mistakes;
}

function whyNotTaken(
  job: DefinedJob,
  artifact: string,
  makers: readonly DefinedJob[] | undefined,
  everywhere: ReadonlyMap<string, readonly DefinedJob[]>,
): { readonly message: string; readonly lacks?: true } | undefined {
  if (!makers) {
    const [later] = everywhere.get(artifact) ?? [];
    if (later) return { message: `${shown(artifact)} is made by ${jobName(later)}, which comes later` };
    return {
      message: `no job makes ${shown(artifact)}${suggestion(artifact, [...everywhere.keys()])}`,
      lacks: true,
    };
  }
  const loose = makers.find(({ gate }) => !gate);
  if (loose) {
    return {
      message: `${jobName(loose)} makes ${artifact} and has gate = false, so that nothing can wait for it`,
    };
  }
  const lacking = (job.targets ?? []).find(
    (target) => !makers.some(({ targets }) => overlap(targets, [target])),
  );
  return lacking === undefined
    ? undefined
    : { message: `${artifact} isn't made for ${shown(lacking)}, and ${jobName(job)} runs for it` };
}

/** Undefined is all targets. */
function overlap(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((target) => b.includes(target));
}
