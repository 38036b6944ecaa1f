import { filledForTarget } from "../definition/checks/check-template.ts";
import {
  allJobs,
  jobName,
  type DefinedChannel,
  type DefinedJob,
  type Definition,
} from "../definition/definition.ts";
import { channelsBefore, stagesOf } from "../definition/channel-lines.ts";
import { makersOf } from "../definition/makers.ts";
import type { PlannedJob } from "./release-plan.ts";

/**
 * The jobs of a channel's stages, each once or once for each of its targets. A gate is a need: a job needs the gating
 * jobs of the stage before, which need those before them, and what it takes from its own stage.
 *
 * @param fillPath a path with the release's and the target's fields filled in
 * @param cached whether caches are kept; null: none is used
 * @param isReview what a stranger proposes isn't let into the network, which reaches whatever this machine does
 */
export function planJobs(
  definition: Definition,
  channel: DefinedChannel,
  fillPath: (path: string, target: string | undefined) => string,
  { cached, isReview }: { readonly cached: { readonly keep: boolean } | null; readonly isReview: boolean },
): readonly PlannedJob[] {
  const makers = makersOf(allJobs(definition));
  const own = stagesOf(definition, channel);
  const planned: PlannedJob[] = [];
  let gates: readonly string[] = [];
  for (const stage of own) {
    const jobs = [...(definition.stages.get(stage)?.values() ?? [])];
    for (const job of jobs) {
      for (const target of job.targets ?? [undefined]) {
        planned.push(planJob(job, target, gates));
      }
    }
    const gating = jobs.filter(({ gate }) => gate).flatMap(keysOf);
    if (gating.length > 0) gates = gating;
  }
  return planned;

  function planJob(job: DefinedJob, target: string | undefined, gates: readonly string[]): PlannedJob {
    const takes = job.takes.flatMap((artifact) => takenOf(artifact, target));
    const within = takes.flatMap(({ from }) =>
      "job" in from && from.job.startsWith(`${job.stage}.`) ? [from.job] : [],
    );
    const of = target === undefined ? "" : `, for ${target}`;
    return {
      key: keyOf(job, target),
      stage: job.stage,
      name: job.name,
      target: target ?? null,
      script: job.script,
      on: builderOf(definition, job, target),
      network: job.network && !isReview,
      image: job.image ?? null,
      cache: job.cache.length > 0 && cached !== null ? { paths: job.cache, keep: cached.keep } : null,
      fixture: job.fixture ?? null,
      bench: job.bench ?? null,
      needs: within.length === 0 ? gates : [...gates, ...new Set(within)],
      gate: job.gate,
      takes,
      makes: [...job.makes].map(([artifact, path]) => ({
        artifact,
        target: target ?? null,
        path: fillPath(path, target),
      })),
      bundles: [...job.bundles].map(([artifact, bundle]) => ({
        artifact,
        target: target ?? null,
        ...bundle,
      })),
      reason: `stage ${job.stage} of ${channel.name}${of}`,
    };
  }

  function takenOf(artifact: string, target: string | undefined): PlannedJob["takes"] {
    return (makers.get(artifact) ?? []).flatMap((maker) => {
      const isOfTarget = target !== undefined && maker.targets !== undefined;
      const targets = isOfTarget
        ? maker.targets.filter((each) => each === target)
        : (maker.targets ?? [undefined]);
      return targets.map((each) => ({ artifact, target: each ?? null, from: originOf(maker, each) }));
    });
  }

  function originOf(maker: DefinedJob, target: string | undefined): PlannedJob["takes"][number]["from"] {
    if (own.includes(maker.stage)) return { job: keyOf(maker, target) };
    const before = channelsBefore(definition, channel.name).find((name) => {
      const other = definition.channels.get(name);
      return other !== undefined && stagesOf(definition, other).includes(maker.stage);
    });
    // Reading the definition has found it there.
    return { channel: before ?? channel.name };
  }
}

function keyOf(job: DefinedJob, target: string | undefined): string {
  return target === undefined ? jobName(job) : `${jobName(job)}@${target}`;
}

/** Of each of its targets. */
export function keysOf(job: DefinedJob): readonly string[] {
  return (job.targets ?? [undefined]).map((target) => keyOf(job, target));
}

/** A machine or class that the job names, or else the class of its target. */
function builderOf(definition: Definition, { on }: DefinedJob, target: string | undefined): PlannedJob["on"] {
  if (on !== undefined) {
    const name = filledForTarget(definition, on, target) ?? on;
    return definition.machines.has(name) ? { machine: name } : { class: name };
  }
  const fields = target === undefined ? undefined : definition.targets.get(target);
  return fields && Object.hasOwn(fields, "class") ? { class: fields["class"]! } : null;
}
