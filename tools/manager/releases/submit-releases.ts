import { SluiceError } from "../../errors.ts";
import type { PendingBuild } from "../../queue/queue.ts";
import type { SubmittedBuild } from "../../queue/submission.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import type { ReleaseRef } from "../../release/refs/ref.ts";
import { readLock, type Lock } from "../../release/refs/lock.ts";
import type { Project } from "../../workspace/releases/projects.ts";
import type { Installation } from "../installation.ts";
import { leftOf, neededToPublish, progressOf, type OpenRelease } from "./record/progress.ts";
import { releaseAt } from "./record/release-at.ts";
import {
  publishJob,
  releaseArch,
  releaseKey,
  releaseOf,
  releaseTarget,
  type ReleaseKey,
} from "./record/release-key.ts";
import { whyImpossible } from "./jobs/run-job.ts";
import { whyUnsigned } from "./signature.ts";
import { releasePlace } from "./release-place.ts";

/** What was done about one release that isn't finished. */
export type ReleaseNews =
  | { readonly kind: "submitted"; readonly release: ReleaseKey; readonly jobs: number }
  | { readonly kind: "waits"; readonly release: ReleaseKey; readonly reasons: readonly string[] }
  | { readonly kind: "troubled"; readonly error: SluiceError };

/**
 * Desired state against actual state: a lock that main has and whose release isn't on record as finished is to be
 * made. What is queued already, and what failed by this very definition, is left alone.
 *
 * @param head the commit of main
 */
export async function submitReleases(
  installation: Installation,
  head: string,
  source: string,
): Promise<readonly ReleaseNews[]> {
  const projects = [...(await readCommitProjects(installation.git, head)).values()];
  const { builds } = await installation.queue.state();
  const news: ReleaseNews[] = [];
  await cancelSuperseded(installation, projects, builds);
  for (const project of projects) {
    for (const channel of project.locks.keys()) {
      for (const commit of await missedLocks(installation, head, project, channel)) {
        const earlier = (await readCommitProjects(installation.git, commit)).get(project.name);
        const one =
          earlier && (await submitRelease(installation, commit, source, earlier, { channel }, builds));
        if (one) news.push(one);
      }
      const one = await submitRelease(installation, head, source, project, { channel }, builds);
      if (one) news.push(one);
    }
  }
  return news;
}

/**
 * Commits in which the channel had other locks since the last one that is on record, the oldest first: while nobody
 * looked, it may have got several, and each is a release. Where nothing is on record, the newest alone counts.
 */
async function missedLocks(
  installation: Installation,
  head: string,
  { name, locks }: Project,
  channel: string,
): Promise<readonly string[]> {
  const { git } = installation;
  const { records } = releasePlace(installation);
  const isOnRecord = ({ ref }: Lock): boolean => records.read(releaseKey(name, channel, ref)) !== undefined;
  if (isOnRecord(locks.get(channel)!)) return [];
  const file = `releases/${name}/${channel}.lock`;
  const log = await git.text(["log", `--max-count=${mostMissed}`, "--format=%H", head, "--", file]);
  const missed: string[] = [];
  for (const commit of log.split("\n").slice(1)) {
    const { ok, stdout } = await git.attempt(["show", `${commit}:${file}`]);
    const { lock } = ok ? readLock(file, `${stdout}\n`) : {};
    if (lock && isOnRecord(lock)) return missed.toReversed();
    if (lock) missed.push(commit);
  }
  return [];
}

const mostMissed = 100;

/** What waits for a failed job of a release that its channel doesn't have any more would wait forever. */
async function cancelSuperseded(
  { queue }: Installation,
  projects: readonly Project[],
  pending: readonly PendingBuild[],
): Promise<void> {
  const wanted = new Set(
    projects.flatMap(({ name, locks }) =>
      [...locks].map(([channel, { ref }]) => releaseTarget(releaseKey(name, channel, ref))),
    ),
  );
  for (const build of pending) {
    if (build.status.kind !== "blocked" || !releaseOf(build) || wanted.has(build.target)) continue;
    const hasLock = projects.some(
      ({ name, locks }) => locks.has(releaseOf(build)!.channel) && name === releaseOf(build)!.project,
    );
    await queue.cancel(
      build,
      hasLock ? "its channel has another release by now" : "a check before it has failed",
    );
  }
}

/**
 * @param head the commit of the workspace by which it is made
 * @param wanted without `ref` what the channel's lock says
 */
export async function submitRelease(
  installation: Installation,
  head: string,
  source: string,
  project: Project,
  wanted: { readonly channel: string; readonly ref?: ReleaseRef },
  pending: readonly PendingBuild[],
): Promise<ReleaseNews | undefined> {
  const { records, artifacts, now } = releasePlace(installation);
  let found;
  try {
    found = (await releaseAt(installation.git, head, project, records, { ...wanted, now: now() }))!;
  } catch (error) {
    if (error instanceof SluiceError) return { kind: "troubled", error };
    throw error;
  }
  const { plan, key } = found;
  if (records.read(key)?.finishedAt) return undefined;
  if (plan.kind !== "release") return { kind: "waits", release: key, reasons: plan.reasons };
  const impossible = plan.jobs.flatMap((job) => {
    const why = whyImpossible(job, installation);
    return why === undefined ? [] : [`${job.key}: ${why}`];
  });
  if (impossible.length > 0)
    return { kind: "waits", release: key, reasons: [...new Set(impossible)].slice(0, 5) };
  const unsigned = await whyUnsigned(installation.git, head, found.definition, installation.folders.state);
  if (unsigned !== undefined) return { kind: "waits", release: key, reasons: [unsigned] };
  const release: OpenRelease = { ...found, plan };
  const target = releaseTarget(key);
  const isQueued = pending.some((build) => build.target === target);
  const record = records.read(key);
  const isNew = record?.definition !== release.digest;
  const failed = Object.values(progressOf(records, release).jobs).some(({ isGreen }) => !isGreen);
  if (!isNew && (isQueued || failed)) return undefined;
  const left = await leftOf(records, release, artifacts);
  records.write(key, progressOf(records, release));
  await installation.queue.submit({
    commit: head,
    arch: releaseArch,
    target,
    source,
    // The project's commit takes the statuses of what is only checked, the workspace's those of its locks.
    pipeline: { commit: wanted.ref?.commit ?? head, id: null, url: null },
    onDependencyFailure: "block",
    builds: left.map((job) => toSubmit(release, job)),
    removals: [],
  });
  return { kind: "submitted", release: key, jobs: left.length };
}

function toSubmit({ plan, key }: OpenRelease, name: string): SubmittedBuild {
  const reason = `${key.project} ${key.channel} ${key.ref}`;
  const job = plan.jobs.find((each) => each.key === name);
  if (!job) {
    return { pkgbase: publishJob, class: null, pkgnames: [], needs: neededToPublish(plan), reason };
  }
  const on = job.on !== null && "class" in job.on ? job.on.class : null;
  return { pkgbase: job.key, class: on, pkgnames: [], needs: job.needs, reason };
}
