import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { systemCode } from "../../errors.ts";
import { symbolicLink, type FileContent } from "../files.ts";
import { readWorktreeFile } from "../worktree.ts";
import { isRead, releasesDir, type ReleaseFiles } from "./release-files.ts";

/** The projects of a work tree; none where it has no `releases/`. Links aren't followed. */
export function readWorktreeReleases(root: string): ReleaseFiles {
  const files = new Map<string, FileContent | { readonly kind: "present" }>();
  for (const entry of entriesIn(join(root, releasesDir))) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (entry.isSymbolicLink()) files.set(path, symbolicLink);
    else if (entry.isFile())
      files.set(path, isRead(path) ? readWorktreeFile(root, ".", path) : { kind: "present" });
  }
  return files;
}

function entriesIn(folder: string): ReturnType<typeof listing> {
  try {
    return listing(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}

function listing(folder: string) {
  return readdirSync(folder, { withFileTypes: true, recursive: true });
}
