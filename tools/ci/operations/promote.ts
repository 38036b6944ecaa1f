import { SluiceError } from "../../errors.ts";
import type { Definition } from "../../release/definition/definition.ts";
import { isLocked } from "../../release/plan/next-locks.ts";
import { planRelease } from "../../release/plan/plan-release.ts";
import type { ReleasePlan } from "../../release/plan/release-plan.ts";
import { evidenceOf } from "../../release/record/record-evidence.ts";
import { formatLock } from "../../release/refs/lock.ts";
import { describeRef, type ReleaseRef } from "../../release/refs/ref.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { requireDefinition, requireProject, requireUnmoved } from "../../workspace/releases/required.ts";
import { planOperation, readCurrentState, type OperationPlan, type OperationPorts } from "./operation.ts";

export interface PromotePlan extends OperationPlan {
  readonly ref: ReleaseRef;
  readonly release: ReleasePlan;
  /** Whether the lock file says so already. */
  readonly isLocked: boolean;
}

export interface PromotePorts extends OperationPorts {
  /** What the project's repository has under a name that a person gives. */
  readonly askRef: (definition: Definition, name: string) => Promise<ReleaseRef>;
}

/**
 * Commits a lock: the channel releases this ref. It says which commit that is, so that nothing else is ever built under
 * its name.
 *
 * @throws SluiceError `unknown-project`, `release-definition`, `moved-tag`, `not-releasable`, and what `askRef` throws
 */
export async function planPromote(
  ports: PromotePorts,
  { project: name, channel, ref: wanted }: { project: string; channel: string; ref: string },
): Promise<PromotePlan> {
  const present = await readCurrentState(ports);
  const project = requireProject(await readCommitProjects(ports.git, present.refs.head), name);
  const definition = requireDefinition(project);
  ports.progress(`asking for the refs of ${name}`);
  const ref = await ports.askRef(definition, wanted);
  requireUnmoved(project, ref);
  const now = ports.now().getTime();
  const evidence = evidenceOf(definition, present.stateBranch.state.records.get(name) ?? []);
  const release = planRelease(definition, { ref, channel, at: now }, evidence, now);
  if (release.kind !== "release") throw notReleasable(name, channel, ref, release.reasons);
  const isThere = isLocked(project.locks.get(channel), ref);
  const lock = formatLock({ ref, reason: "promoted by hand" });
  const file = { mode: "100644", content: Buffer.from(lock) } as const;
  const plan = await planOperation(ports, present, {
    kind: "chore(release)",
    subject: `chore(release): ${name} ${channel}: ${describeRef(ref)}`,
    packages: [],
    changes: new Map(isThere ? [] : [[`releases/${name}/${channel}.lock`, file]]),
  });
  return { ...plan, ref, release, isLocked: isThere };
}

function notReleasable(
  project: string,
  channel: string,
  ref: ReleaseRef,
  reasons: readonly string[],
): SluiceError {
  const message = `${project}: the ${describeRef(ref)} can't be released by ${channel}: ${reasons.join("; ")}`;
  return new SluiceError("not-releasable", message, {
    hint: `\`sluice why ${project}\` shows what each channel takes.`,
    facts: { project, ref: ref.name },
    exitCode: 1,
  });
}
