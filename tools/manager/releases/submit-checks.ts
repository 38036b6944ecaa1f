import { onlyChecks } from "../../release/plan/publications-of.ts";
import type { ReleaseRef } from "../../release/refs/ref.ts";
import type { WantedCheck } from "../../workspace/state/checks.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import type { Project } from "../../workspace/releases/projects.ts";
import type { Installation } from "../installation.ts";
import { commitsSince } from "./commits-since.ts";
import { checksSource, releaseKey } from "./record/release-key.ts";
import { releasePlace } from "./release-place.ts";
import { submitRelease, type ReleaseNews } from "./submit-releases.ts";

/**
 * What channels check that publish nothing: each commit that a branch got, and what reviews propose. Each is done once;
 * what failed is done again with the next commit.
 *
 * @param head the commit of main
 * @param checks by project, as pipelines found them
 */
export async function submitChecks(
  installation: Installation,
  head: string,
  checks: ReadonlyMap<string, readonly WantedCheck[]>,
): Promise<readonly ReleaseNews[]> {
  if (checks.size === 0) return [];
  const { builds } = await installation.queue.state();
  const news: ReleaseNews[] = [];
  for (const project of (await readCommitProjects(installation.git, head)).values()) {
    for (const check of checks.get(project.name) ?? []) {
      for (const ref of await openRefs(installation, project, check)) {
        const wanted = { channel: check.channel, ref };
        const one = await submitRelease(
          installation,
          head,
          checksSource(project.name),
          project,
          wanted,
          builds,
        );
        if (one) news.push(one);
      }
    }
  }
  return news;
}

/** The commits that were begun, and those before them, that aren't done; the oldest first. */
async function openRefs(
  installation: Installation,
  { name, definition }: Project,
  { channel, ref, since }: WantedCheck,
): Promise<readonly ReleaseRef[]> {
  const defined = definition?.channels.get(channel);
  if (!definition || !defined || !onlyChecks(definition, defined)) return [];
  const { records, folders, git } = releasePlace(installation);
  const recordOf = (one: ReleaseRef) => records.read(releaseKey(name, channel, one));
  const isDone = (one: ReleaseRef): boolean => {
    const record = recordOf(one);
    return (
      record !== undefined &&
      (record.finishedAt !== null || Object.values(record.jobs).some(({ isGreen }) => !isGreen))
    );
  };
  // The newest is begun last.
  const commits =
    since === null || recordOf(ref)
      ? [ref.commit]
      : await commitsSince(git, folders.state, { project: name, source: definition.source, ref }, since);
  return commits.map((commit) => ({ ...ref, commit })).filter((one) => !isDone(one));
}
