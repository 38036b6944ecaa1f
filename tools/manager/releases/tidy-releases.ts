import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseRecord, projectOfRecord, type ReleaseRecord } from "../../release/record/record.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import type { Project } from "../../workspace/releases/projects.ts";
import type { Installation } from "../installation.ts";
import { JobCaches } from "./jobs/job-caches.ts";
import { releasePlace } from "./release-place.ts";

const day = 24 * 3600_000;

/**
 * Deletes what no release needs any more: files that jobs made, caches, sources that nobody has used for a week, and, a
 * year later, what is on record of commits and reviews that were only checked.
 *
 * @param head the commit of main
 */
export async function tidyReleases(
  installation: Installation,
  head: string,
  { HISTORY_DAYS, LOG_DAYS }: Pick<RepositoryConfig, "HISTORY_DAYS" | "LOG_DAYS">,
): Promise<void> {
  const { records, artifacts, folders, git, now } = releasePlace(installation);
  const projects = await readCommitProjects(git, head);
  const known = [...records.texts()].flatMap(([path, text]) => {
    const record = parseRecord(text);
    return record ? [{ path, project: projectOfRecord(path)!, record }] : [];
  });
  const newest = new Map<string, number>();
  for (const { project, record } of known) {
    const channel = `${project}/${record.channel}`;
    newest.set(channel, Math.max(newest.get(channel) ?? 0, record.finishedAt ?? 0));
  }
  const needed = new Set<string>();
  for (const { path, project, record } of known) {
    const isLocked = locks(projects.get(project), record);
    const endedAt = lastOf(record);
    const isPublished = Object.keys(record.publications).length > 0;
    const wasReleased = record.ref.kind === "tag" || isPublished;
    const isNewest = record.finishedAt === newest.get(`${project}/${record.channel}`);
    if (!wasReleased && !isLocked && !isNewest && endedAt < now() - HISTORY_DAYS * day) records.forget(path);
    // What is published may get lost where it was brought, and another channel may go on with what the newest made.
    const isOpen = record.finishedAt === null && isLocked;
    const days = isPublished ? HISTORY_DAYS : LOG_DAYS;
    if (!isOpen && !isNewest && endedAt < now() - days * day) continue;
    for (const { sha256 } of Object.values(record.jobs).flatMap((job) => Object.values(job.artifacts).flat()))
      needed.add(sha256);
  }
  await artifacts.dropAllBut(needed, now() - day);
  await new JobCaches(folders.state, now).sweep();
  await tidySources(folders.state, now());
}

/** Sources that nobody has used for a week, at a manager or a builder. What a killed process left is among them. */
export async function tidySources(state: string, now: number): Promise<void> {
  const home = join(state, "releases", "sources");
  for (const project of await readdir(home).catch(() => [])) {
    for (const name of await readdir(join(home, project)).catch(() => [])) {
      const path = join(home, project, name);
      const usedAt = (await stat(path).catch(() => undefined))?.mtimeMs ?? now;
      if (name !== "git" && now - usedAt > 7 * day) await rm(path, { recursive: true, force: true });
    }
  }
}

function locks(project: Project | undefined, { channel, ref }: ReleaseRecord): boolean {
  return project?.locks.get(channel)?.ref.commit === ref.commit;
}

/** When something happened last, in milliseconds since 1970. */
function lastOf({ jobs, publications, finishedAt }: ReleaseRecord): number {
  const times = [...Object.values(jobs), ...Object.values(publications)].map(({ at }) => at);
  return Math.max(finishedAt ?? 0, ...times);
}
