import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatSrcinfo } from "../alpm/srcinfo.ts";
import { packagePath } from "./files.ts";
import { derive } from "./metadata/derived.ts";
import { KeptMetadata } from "./metadata/kept-metadata.ts";
import { staleIn } from "./metadata/stale-in.ts";
import { existingPackages } from "./package-names.ts";
import { describeProblem, parseWorkspace, unknownPackages, type Workspace } from "./workspace.ts";
import { askAboutWorktree, learnAboutWorktree } from "./ask-about-worktree.ts";
import { readWorktree, readWorktreeFile } from "./worktree.ts";

/** A package's `.SRCINFO` as it should be, and what lies there. */
export interface SrcinfoFile {
  readonly pkgbase: string;
  /** From the root of the workspace. */
  readonly path: string;
  /** Null where it isn't known; `why` says so. */
  readonly text: string | null;
  /** `missing` also where what lies there can't be read. */
  readonly is: "current" | "stale" | "missing";
  /** Fields that aren't the PKGBUILD's: `depends`, `depends of foo-docs`. */
  readonly fields: readonly string[];
  readonly why?: string;
}

/**
 * What the `.SRCINFO` files of a work tree should say.
 *
 * @param names pkgbases or pkgnames; none: all packages
 * @throws SluiceError `unknown-package`, and as `readWorktree`
 */
export async function srcinfoFiles(root: string, names: readonly string[]): Promise<SrcinfoFile[]> {
  const kept = KeptMetadata.of(root, derive);
  if (kept.hasNews) await learnAboutWorktree(root, kept);
  const read = (): Workspace => parseWorkspace(readWorktree(root, kept, { reads: "srcinfos" }));
  const first = read();
  const workspace = (await askAboutWorktree(root, unknownPackages(first), kept)) ? read() : first;
  const { packages, packagesDir, problems } = workspace;
  const wanted = names.length === 0 ? [...packages.keys()] : existingPackages(names, packages);
  return wanted.map((pkgbase) => {
    const { srcinfo, committed, isReadOtherwise } = packages.get(pkgbase)!;
    const folder = packagePath(packagesDir, pkgbase);
    const path = `${folder}/.SRCINFO`;
    const fields = committed && !isReadOtherwise ? staleFieldsIn(root, folder, committed) : [];
    const is = committed ? (fields.length > 0 ? "stale" : "current") : "missing";
    if (srcinfo) return { pkgbase, path, text: formatSrcinfo(srcinfo), is, fields };
    const problem = problems.find((found) => found.pkgbase === pkgbase && found.kind !== "folder-name");
    const why = problem ? describeProblem(problem) : `${path}: it isn't known what it should say`;
    return { pkgbase, path, text: null, is, fields, why };
  });
}

/** Writes those that are stale or missing, each in one rename; the others stay to the byte. */
export function writeSrcinfoFiles(root: string, files: readonly SrcinfoFile[]): SrcinfoFile[] {
  const wanted = files.filter(({ is, text }) => is !== "current" && text !== null);
  for (const { path, text } of wanted) {
    const file = join(root, path);
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, text!);
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
  return wanted;
}

function staleFieldsIn(
  root: string,
  folder: string,
  committed: Parameters<typeof staleIn>[1],
): readonly string[] {
  const pkgbuild = readWorktreeFile(root, folder, "PKGBUILD");
  return pkgbuild.kind === "file" ? staleIn(pkgbuild.text, committed) : [];
}
