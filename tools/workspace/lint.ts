import { packagePath } from "./files.ts";
import { staleFields } from "./stale-srcinfo.ts";
import { parseWorkspace, type Workspace, type WorkspaceProblem } from "./workspace.ts";
import { readWorktree, readWorktreeFile } from "./worktree.ts";

/** Every problem that the files of a work tree have by themselves, by path. */
export function lintWorkspace(root: string): {
  workspace: Workspace;
  problems: readonly WorkspaceProblem[];
} {
  const workspace = parseWorkspace(readWorktree(root));
  const { packagesDir, packages, problems } = workspace;
  const found = [...problems];
  for (const { pkgbase, srcinfo } of packages.values()) {
    const path = packagePath(packagesDir, pkgbase);
    const pkgbuild = readWorktreeFile(root, path, "PKGBUILD");
    if (pkgbuild.kind === "refused" && !found.some((problem) => problem.path === `${path}/PKGBUILD`)) {
      found.push({ kind: "pkgbuild", pkgbase, path: `${path}/PKGBUILD`, message: pkgbuild.reason });
    }
    if (pkgbuild.kind !== "file" || !srcinfo) continue;
    const stale = staleFields(pkgbuild.text, srcinfo);
    if (stale.length === 0) continue;
    const message = `is stale in ${stale.join(", ")}; run makepkg --printsrcinfo > .SRCINFO`;
    found.push({ kind: "srcinfo-stale", pkgbase, path: `${path}/.SRCINFO`, message });
  }
  return { workspace, problems: found.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
