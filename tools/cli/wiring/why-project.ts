import { noEvidence } from "../../release/plan/evidence.ts";
import { planRelease } from "../../release/plan/plan-release.ts";
import type { ReleasePlan } from "../../release/plan/release-plan.ts";
import { takenBy } from "../../release/definition/taken-refs.ts";
import { describeRef } from "../../release/refs/ref.ts";
import type { Project } from "../../workspace/releases/projects.ts";
import { printable } from "../output/report.ts";
import { requireDefinition } from "../../workspace/releases/required.ts";

interface ChannelFacts {
  readonly channel: string;
  readonly takes: string;
  /** What its lock file says; null: it has none. */
  readonly lock: { readonly ref: string; readonly reason: string } | null;
  readonly plan: ReleasePlan | null;
}

/**
 * What each channel of a project takes, what its lock says and what that comes to.
 *
 * @throws SluiceError as `requireDefinition`
 */
export function whyProject(project: Project, json: boolean, now: number): number {
  const definition = requireDefinition(project);
  const facts = [...definition.channels.values()].map((channel): ChannelFacts => {
    const lock = project.locks.get(channel.name);
    return {
      channel: channel.name,
      takes: takenBy(channel),
      lock: lock ? { ref: describeRef(lock.ref), reason: lock.reason } : null,
      plan: lock
        ? planRelease(definition, { ref: lock.ref, channel: channel.name, at: now }, noEvidence, now)
        : null,
    };
  });
  const text = json
    ? JSON.stringify({ project: project.name, channels: facts }, null, 2)
    : [`${project.name} is released from ${definition.source}:`, ...facts.flatMap(describe)].join("\n");
  process.stdout.write(`${json ? text : printable(text)}\n`);
  return 0;
}

function describe({ channel, takes, lock, plan }: ChannelFacts): string[] {
  const head = `${channel} takes ${takes}`;
  if (!lock || !plan) return [`${head}: no lock file, so nothing was released`];
  return [`${head}: ${lock.ref} (${lock.reason})`, ...outcome(plan).map((line) => `  ${line}`)];
}

function outcome(plan: ReleasePlan): readonly string[] {
  if (plan.kind !== "release") return plan.reasons;
  const names = plan.publications.map(({ name }) => name);
  const published = names.length === 0 ? "publishes nothing" : `publishes ${names.join(", ")}`;
  return [
    `${plan.jobs.length} jobs in ${new Set(plan.jobs.map(({ stage }) => stage)).size} stages; ${published}`,
  ];
}
