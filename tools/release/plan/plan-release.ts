import type { DefinedChannel, Definition } from "../definition/definition.ts";
import { classify } from "../refs/classify.ts";
import { describeRef, refText, whyUnsafe, type ReleaseRef } from "../refs/ref.ts";
import { versionOf } from "../refs/version.ts";
import type { Values } from "../template.ts";
import { judgeCondition } from "./after.ts";
import type { Evidence } from "./evidence.ts";
import { Filling } from "./filling.ts";
import { planArchives } from "./plan-archives.ts";
import { cachesOf } from "./caches.ts";
import { isLatest, isPrereleaseOf } from "./latest.ts";
import { planJobs } from "./plan-jobs.ts";
import { planPublications } from "./plan-publications.ts";
import { publicationsOf } from "./publications-of.ts";
import { publishingSteps } from "./publishing-steps.ts";
import type { NoRelease, PlannedJob, ReleasePlan } from "./release-plan.ts";

export interface Wanted {
  readonly ref: ReleaseRef;
  /** What a person or a lock says; undefined: the first channel that takes the ref. */
  readonly channel?: string | undefined;
  /** When it was decided, in milliseconds since 1970: a version of what has no tag is that day. */
  readonly at: number;
}

/**
 * From a definition and a ref to what would run and be published, or why nothing would.
 *
 * @param now milliseconds since 1970
 */
export function planRelease(
  definition: Definition,
  { ref, channel: wanted, at }: Wanted,
  evidence: Evidence,
  now: number,
): ReleasePlan {
  const none = (kind: NoRelease["kind"], channel: string | null, reasons: readonly string[]): NoRelease => ({
    kind,
    project: definition.project,
    ref,
    channel,
    reasons,
  });
  const chosen = wanted === undefined ? classify(definition, ref) : named(definition, wanted, ref);
  if (chosen.kind === "none") return none("nothing", null, [chosen.reason]);
  const { channel, reason } = chosen;
  const after = channel.after.map((condition) => judgeCondition(condition, ref.commit, evidence, now));
  const unmet = after.filter(({ isMet }) => !isMet);
  if (unmet.length > 0)
    return none(
      "wait",
      channel.name,
      unmet.map((condition) => condition.reason),
    );

  const version = ref.kind === "tag" ? versionOf(ref.name, definition.prefix) : dayOf(at);
  const filling = new Filling(definition, valuesOf(definition, channel, ref, version));
  const jobs = planJobs(definition, channel, (path, target) => filling.path(path, target), {
    cached: cachesOf(definition, channel, ref),
    isReview: ref.kind === "review",
  });
  const { chosen: published, leftOut } = publicationsOf(definition, channel);
  const archives = planArchives(definition, filling, published);
  const publications = planPublications(definition, filling, published);
  if (filling.reasons.length > 0) return none("refused", channel.name, filling.reasons);
  return {
    kind: "release",
    project: definition.project,
    source: definition.source,
    ref,
    channel: channel.name,
    version: version ?? null,
    prerelease: isPrereleaseOf(channel, version),
    reason,
    after,
    jobs,
    archives,
    publications,
    leftOut,
    steps: publishingSteps(published, isLatest(channel, version, evidence) ? channel.alias : undefined),
    machines: machinesOf(jobs),
  };
}

function named(definition: Definition, name: string, ref: ReleaseRef): ReturnType<typeof classify> {
  const channel = definition.channels.get(name);
  const unsafe = whyUnsafe(ref);
  if (unsafe !== undefined) return { kind: "none", reason: unsafe };
  if (!channel) {
    const known = [...definition.channels.keys()].join(", ");
    return { kind: "none", reason: `${definition.project} has no channel ${name}; there are ${known}` };
  }
  const usual = classify(definition, ref);
  if (usual.kind === "channel" && usual.channel === channel) return usual;
  const reason = `the ${describeRef(ref)} was named for ${name}, whose patterns don't take it`;
  return { kind: "channel", channel, reason };
}

function valuesOf(
  { project }: Definition,
  channel: DefinedChannel,
  ref: ReleaseRef,
  version: string | undefined,
): Values {
  const values = { project, channel: channel.name, ref: refText(ref), commit: ref.commit };
  return version === undefined ? values : { ...values, version };
}

/** `20260724`, in UTC. */
function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
}

function machinesOf(jobs: readonly PlannedJob[]): readonly { machine: string; jobs: readonly string[] }[] {
  const machines = new Map<string, string[]>();
  for (const { key, on } of jobs) {
    if (on === null || !("machine" in on)) continue;
    machines.set(on.machine, [...(machines.get(on.machine) ?? []), key]);
  }
  return [...machines].map(([machine, keys]) => ({ machine, jobs: keys }));
}
