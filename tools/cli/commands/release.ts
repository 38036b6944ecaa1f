import { openGit } from "../../git/git.ts";
import { noEvidence } from "../../release/plan/evidence.ts";
import { planRelease } from "../../release/plan/plan-release.ts";
import type { ReleasePlan } from "../../release/plan/release-plan.ts";
import { describePlan } from "../output/release-plan.ts";
import { info, printable } from "../output/report.ts";
import { askProjectRef } from "../../upstream/refs/project-ref.ts";
import { withRemoteRefs } from "../wiring/remote-refs.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { requireDefinition, requireProject } from "../../workspace/releases/required.ts";
import { findRoot } from "../wiring/root.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";

interface Options {
  readonly root?: string;
  readonly channel?: string;
  readonly json?: boolean;
}

export async function release(
  { root, channel, json = false }: Options,
  name: string,
  ref: string | undefined,
): Promise<number> {
  const git = openGit(findRoot(root), process.env);
  const project = requireProject(await readCommitProjects(git, "HEAD"), name);
  const definition = requireDefinition(project);
  await mentionUncommitted(git, "releases", new Set([name]));
  const now = Date.now();
  const wanted =
    ref === undefined
      ? [...project.locks]
          .filter(([each]) => channel === undefined || each === channel)
          .map(([each, lock]) => ({ ref: lock.ref, channel: each, at: now }))
      : [
          {
            ref: await withRemoteRefs(git, (remotes) => askProjectRef(remotes, definition, ref)),
            channel,
            at: now,
          },
        ];
  const plans = wanted.map((each) => planRelease(definition, each, noEvidence, now));
  if (json) process.stdout.write(`${JSON.stringify(plans, null, 2)}\n`);
  else process.stdout.write(printable(plans.map(describePlan).join("\n")));
  if (plans.length === 0)
    info(`${name} has no lock file yet, so nothing was released. Name a tag or a branch.`);
  return plans.some(needsPerson) ? 1 : 0;
}

function needsPerson({ kind }: ReleasePlan): boolean {
  return kind === "refused";
}
