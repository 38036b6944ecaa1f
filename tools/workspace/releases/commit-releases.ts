import type { Git } from "../../git/git.ts";
import { listTree } from "../../git/objects.ts";
import { contents, refusal } from "../commit.ts";
import type { FileContent } from "../files.ts";
import { readProjects, type Project } from "./projects.ts";
import { isRead, releasesDir, type ReleaseFiles } from "./release-files.ts";

/** The projects of a commit by name; none where it has no `releases/`. */
export async function readCommitProjects(git: Git, commit: string): Promise<ReadonlyMap<string, Project>> {
  return readProjects(await readCommitReleases(git, commit));
}

export async function readCommitReleases(git: Git, commit: string): Promise<ReleaseFiles> {
  const entries = await listTree(git, commit, releasesDir);
  const contentOf = await contents(
    git,
    entries.filter(({ path }) => isRead(path)),
  );
  return new Map(
    entries.map((entry): [string, FileContent | { readonly kind: "present" }] => [
      entry.path,
      isRead(entry.path) ? contentOf(entry) : (refusal(entry) ?? { kind: "present" }),
    ]),
  );
}
