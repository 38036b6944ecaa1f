import { packagePath } from "./files.ts";
import { staleIn } from "./metadata/stale-in.ts";
import { readProjects, type Project } from "./releases/projects.ts";
import { readWorktreeReleases } from "./releases/worktree-releases.ts";
import { describeProblem, parseWorkspace, type Workspace, type WorkspaceProblem } from "./workspace.ts";
import type { KeptMetadata } from "./metadata/kept-metadata.ts";
import { readWorktree, readWorktreeFile } from "./worktree.ts";

/** Every problem that the files of a work tree have by themselves, by path. */
export function lintWorkspace(
  root: string,
  kept: KeptMetadata,
): {
  workspace: Workspace;
  /** How many projects are released from here. */
  projects: number;
  problems: readonly WorkspaceProblem[];
} {
  const workspace = parseWorkspace(readWorktree(root, kept, { reads: "srcinfos" }));
  const { packagesDir, packages, problems } = workspace;
  const found = [...problems];
  for (const { pkgbase, committed, isReadOtherwise } of packages.values()) {
    const path = packagePath(packagesDir, pkgbase);
    const pkgbuild = readWorktreeFile(root, path, "PKGBUILD");
    if (pkgbuild.kind !== "file" || !committed || isReadOtherwise) continue;
    const stale = staleIn(pkgbuild.text, committed);
    if (stale.length === 0) continue;
    const message = `is stale in ${stale.join(", ")}; write it with: sluice srcinfo ${pkgbase} --write`;
    found.push({ kind: "srcinfo-stale", pkgbase, path: `${path}/.SRCINFO`, message });
  }
  const projects = readProjects(readWorktreeReleases(root));
  found.push(...projectProblems(projects.values()));
  return { workspace, projects: projects.size, problems: found.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** An adapter that several projects share is wrong once. */
function projectProblems(projects: Iterable<Project>): WorkspaceProblem[] {
  const found = [...projects].flatMap(({ problems }) =>
    problems.map(({ file, ...rest }): WorkspaceProblem => {
      return { kind: "release", pkgbase: undefined, path: file, ...rest };
    }),
  );
  return [...new Map(found.map((problem) => [describeProblem(problem), problem])).values()];
}
