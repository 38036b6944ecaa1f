import { planRelease } from "../../release/plan/plan-release.ts";
import type { ReleasePlan } from "../../release/plan/release-plan.ts";
import type { ReleaseRecord } from "../../release/record/record.ts";
import { evidenceOf } from "../../release/record/record-evidence.ts";
import type { Lock } from "../../release/refs/lock.ts";
import type { Definition } from "../../release/definition/definition.ts";
import { ownSource } from "../../release/definition/own-source.ts";
import { takenBy } from "../../release/definition/taken-refs.ts";
import { describeRef, refText } from "../../release/refs/ref.ts";
import type { Project } from "../../workspace/releases/projects.ts";
import { printable } from "../output/report.ts";
import { requireDefinition } from "../../workspace/releases/required.ts";

interface ChannelFacts {
  readonly channel: string;
  readonly takes: string;
  /** What its lock file says; null: it has none. */
  readonly lock: { readonly ref: string; readonly reason: string } | null;
  readonly plan: ReleasePlan | null;
  /** What has happened of it; null: nothing yet. */
  readonly record: ReleaseRecord | null;
}

/**
 * What each channel of a project takes, what its lock says and what that comes to.
 *
 * @throws SluiceError as `requireDefinition`
 */
export function whyProject(
  project: Project,
  records: readonly ReleaseRecord[],
  json: boolean,
  now: number,
): number {
  const definition = requireDefinition(project);
  const evidence = evidenceOf(definition, records);
  const facts = [...definition.channels.values()].map((channel): ChannelFacts => {
    const lock = project.locks.get(channel.name);
    return {
      channel: channel.name,
      takes: takenBy(channel),
      lock: lock ? { ref: describeRef(lock.ref), reason: lock.reason } : null,
      record: records.find((record) => lock && isOf(record, channel.name, lock)) ?? null,
      plan: lock
        ? planRelease(definition, { ref: lock.ref, channel: channel.name, at: now }, evidence, now)
        : null,
    };
  });
  const text = json
    ? JSON.stringify({ project: project.name, channels: facts }, null, 2)
    : [`${project.name} is released from ${sourceOf(definition)}:`, ...facts.flatMap(describe)].join("\n");
  process.stdout.write(`${json ? text : printable(text)}\n`);
  return 0;
}

function sourceOf({ source }: Definition): string {
  return source === ownSource ? "this workspace's own repository" : source;
}

function isOf({ channel, ref }: ReleaseRecord, name: string, lock: Lock): boolean {
  return channel === name && refText(ref) === refText(lock.ref) && ref.commit === lock.ref.commit;
}

function describe({ channel, takes, lock, plan, record }: ChannelFacts): string[] {
  const head = `${channel} takes ${takes}`;
  if (!lock || !plan) return [`${head}: no lock file, so nothing was released`];
  return [
    `${head}: ${lock.ref} (${lock.reason})`,
    ...[...outcome(plan), ...progress(record)].map((line) => `  ${line}`),
  ];
}

function progress(record: ReleaseRecord | null): readonly string[] {
  if (record === null) return [];
  if (record.finishedAt !== null) return ["released: every job is green, and all is published"];
  const failed = Object.entries(record.jobs).filter(([, { isGreen }]) => !isGreen);
  const green = Object.keys(record.jobs).length - failed.length;
  return [
    `not released yet: ${green} jobs are green`,
    ...failed.map(([job, { message = "failed" }]) => `${job}: ${message}`),
  ];
}

function outcome(plan: ReleasePlan): readonly string[] {
  if (plan.kind !== "release") return plan.reasons;
  const names = plan.publications.map(({ name }) => name);
  const published = names.length === 0 ? "publishes nothing" : `publishes ${names.join(", ")}`;
  return [
    `${plan.jobs.length} jobs in ${new Set(plan.jobs.map(({ stage }) => stage)).size} stages; ${published}`,
  ];
}
