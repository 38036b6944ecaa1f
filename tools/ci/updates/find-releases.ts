import { SluiceError } from "../../errors.ts";
import type { FileChanges, FileInCommit } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { ownSource } from "../../release/definition/own-source.ts";
import { nextLocks, triggeredLocks, type RefDecision, type SeenRefs } from "../../release/plan/next-locks.ts";
import { evidenceOf } from "../../release/record/record-evidence.ts";
import { formatLock } from "../../release/refs/lock.ts";
import type { ReleaseRef } from "../../release/refs/ref.ts";
import type { Refs } from "../../upstream/refs/ref-lists.ts";
import { nextChecks, type WantedCheck } from "../../workspace/state/checks.ts";
import type { State } from "../../workspace/state/state.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import type { Project } from "../../workspace/releases/projects.ts";
import { requireDefinition } from "../../workspace/releases/required.ts";
import { ownRefs } from "../pipeline/own-refs.ts";

/** What a run found of one project. */
export type ReleaseSighting =
  | { readonly kind: "looked"; readonly project: string; readonly decisions: readonly RefDecision[] }
  /** `skipped`: its repository couldn't be asked, the next run does. `problem`: a person has to correct something. */
  | { readonly kind: "skipped" | "problem"; readonly project: string; readonly error: SluiceError };

export interface ReleasesFound {
  readonly sightings: readonly ReleaseSighting[];
  /** Lock files as they are to be, by path. */
  readonly changes: FileChanges;
  /** By project; those that are gone are forgotten. */
  readonly seen: ReadonlyMap<string, SeenRefs>;
  /** By project: what its channels only check. */
  readonly checks: ReadonlyMap<string, readonly WantedCheck[]>;
}

/**
 * Looks for new refs of each project, with one question to each repository however many projects it holds. A new ref
 * that a channel takes becomes the channel's lock.
 *
 * @param state refs as the last run has seen them, and what has happened of releases
 * @param trigger only channels that wait for it; undefined: those that wait for none
 */
export async function findReleases(
  git: Git,
  commit: string,
  upstreams: Pick<Upstreams, "refsOf">,
  { releases: seen, records, checks: openChecks }: Pick<State, "releases" | "records" | "checks">,
  now: Date,
  trigger?: string,
): Promise<ReleasesFound> {
  const projects = [...(await readCommitProjects(git, commit)).values()];
  const changes = new Map<string, FileInCommit>();
  const next = new Map<string, SeenRefs>();
  const checks = new Map<string, readonly WantedCheck[]>();
  const sightings = await Promise.all(projects.map(look));
  return { sightings, changes, seen: next, checks };

  async function look(project: Project): Promise<ReleaseSighting> {
    const { name, locks } = project;
    const before = seen.get(name);
    if (before) next.set(name, before);
    checks.set(name, openChecks.get(name) ?? []);
    let definition;
    try {
      definition = requireDefinition(project);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      return { kind: "problem", project: name, error };
    }
    const { source } = definition;
    const wantsReviews = [...definition.channels.values()].some(({ reviews }) => reviews === true);
    const more = wantsReviews ? reviewRefs : [];
    const answer = await (source === ownSource ? ownRefs(git, more) : upstreams.refsOf(source, more));
    if (answer.kind !== "refs") {
      return { kind: answer.kind === "problem" ? "problem" : "skipped", project: name, error: answer.error };
    }
    const refs = releaseRefs(answer.refs);
    const evidence = evidenceOf(definition, records.get(name) ?? []);
    const found =
      trigger === undefined
        ? nextLocks(definition, locks, refs, before, evidence, now.getTime())
        : {
            decisions: triggeredLocks(definition, locks, refs, trigger, evidence, now.getTime()),
            seen: before,
          };
    if (found.seen) next.set(name, found.seen);
    checks.set(name, nextChecks(openChecks.get(name) ?? [], found.decisions, now.getTime()));
    for (const decision of found.decisions) {
      if (decision.kind !== "lock") continue;
      const content = Buffer.from(formatLock(decision.lock));
      changes.set(`releases/${name}/${decision.channel}.lock`, { mode: "100644", content });
    }
    return { kind: "looked", project: name, decisions: found.decisions };
  }
}

/** The projects whose lock files change. */
export function releasedProjects({ sightings }: ReleasesFound): string[] {
  return sightings.flatMap((sighting) =>
    sighting.kind === "looked" && sighting.decisions.some(({ kind }) => kind === "lock")
      ? [sighting.project]
      : [],
  );
}

/** Where forges keep what is proposed: GitHub, Forgejo and Gitea; GitLab. */
const reviewRefs = ["refs/pull/", "refs/merge-requests/"];

function releaseRefs(refs: Refs): ReleaseRef[] {
  return [...refs].flatMap(([full, { id, peeled }]): ReleaseRef[] => {
    const [, number] = /^refs\/(?:pull|merge-requests)\/([0-9]{1,12})\/head$/.exec(full) ?? [];
    if (number !== undefined) return [{ kind: "review", name: number, commit: id }];
    const [, folder, name] = /^refs\/(tags|heads)\/(.+)$/.exec(full) ?? [];
    if (name === undefined) return [];
    return [{ kind: folder === "tags" ? "tag" : "branch", name, commit: peeled ?? id }];
  });
}
