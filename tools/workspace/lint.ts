import { baseValue, type Srcinfo } from "../alpm/srcinfo.ts";
import { packagePath } from "./files.ts";
import { parseWorkspace, type WorkspaceProblem } from "./workspace.ts";
import { readWorktree, readWorktreeFile } from "./worktree.ts";

/** Every problem of a work tree, by path. */
export function lintWorkspace(root: string): {
  packages: number;
  problems: readonly WorkspaceProblem[];
} {
  const { packagesDir, packages, problems } = parseWorkspace(readWorktree(root));
  const found = [...problems];
  for (const { pkgbase, srcinfo } of packages.values()) {
    const path = packagePath(packagesDir, pkgbase);
    const pkgbuild = readWorktreeFile(root, path, "PKGBUILD");
    if (pkgbuild.kind === "refused" && !found.some((problem) => problem.path === `${path}/PKGBUILD`)) {
      found.push({ kind: "pkgbuild", pkgbase, path: `${path}/PKGBUILD`, message: pkgbuild.reason });
    }
    if (pkgbuild.kind !== "file" || !srcinfo) continue;
    for (const message of staleFields(pkgbuild.text, srcinfo)) {
      found.push({ kind: "srcinfo-stale", pkgbase, path: `${path}/.SRCINFO`, message });
    }
  }
  return { packages: packages.size, problems: found.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/**
 * Compares the versions that a PKGBUILD assigns literally with those of its `.SRCINFO`. What would have to be
 * executed to be known isn't compared.
 */
function staleFields(pkgbuild: string, srcinfo: Srcinfo): string[] {
  const messages: string[] = [];
  for (const field of ["pkgver", "pkgrel", "epoch"]) {
    const literal = literalAssignment(pkgbuild, field);
    const recorded = baseValue(srcinfo, field) ?? "";
    if (literal !== undefined && literal !== recorded) {
      messages.push(
        `is stale: ${field} is ${recorded || "missing"}, the PKGBUILD says ${literal || "none"}; run makepkg --printsrcinfo > .SRCINFO`,
      );
    }
  }
  return messages;
}

function literalAssignment(pkgbuild: string, name: string): string | undefined {
  const assignments = [
    ...pkgbuild.matchAll(new RegExp(`^${name}=(['"]?)([A-Za-z0-9._+:~]*)\\1[ \\t]*(?:#.*)?\\r?$`, "gm")),
  ];
  const all = [...pkgbuild.matchAll(new RegExp(`^[ \\t]*${name}\\+?=`, "gm"))];
  return assignments.length === 1 && all.length === 1 ? assignments[0]![2] : undefined;
}
