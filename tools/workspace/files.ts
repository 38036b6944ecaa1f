import { isUtf8 } from "node:buffer";
import { SluiceError } from "../errors.ts";
import type { Derived } from "./metadata/derived.ts";

/** The text of one file of a workspace, or why there is none. */
export type FileContent =
  | { readonly kind: "file"; readonly text: string }
  | { readonly kind: "absent" }
  /** There is something, but Sluice doesn't read it: a symbolic link, a folder, too large, not UTF-8. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * What Sluice reads of a workspace, from the work tree or from a commit: plain data, so that everything that
 * follows is the same for both.
 */
export interface WorkspaceFiles {
  readonly repositoryConfig: FileContent;
  /** Where the package folders lie, from the root of the workspace; `.` is the root itself. */
  readonly packagesDir: string;
  /**
   * By the folder's name, sorted; also folders whose name no package may have. Those of a work tree are read
   * while they are iterated, so that thousands of files aren't in memory at the same time.
   */
  readonly folders: Iterable<FolderFiles>;
}

/** A folder that holds, or seems to hold, a package. */
export interface FolderFiles {
  readonly name: string;
  /** The folder itself is one; what it points to isn't read. */
  readonly symbolicLink?: true;
  readonly pkgbuild: FileContent | { readonly kind: "present" };
  /** What the PKGBUILD's text tells; undefined where there is no text to read. */
  readonly derived?: Derived | undefined;
  /** The committed `.SRCINFO`; unread where the PKGBUILD tells everything and nobody compares the two. */
  readonly srcinfo: FileContent | { readonly kind: "unread" };
  readonly config: FileContent;
}

/** Real ones have a few KB (configuration), up to 100 KB (.SRCINFO). */
export const maximumBytes = 4 * 1024 * 1024;

export function tooLarge(bytes: number): FileContent {
  return {
    kind: "refused",
    reason: `has ${(bytes / 1024 / 1024).toFixed(1)} MB, more than the ${maximumBytes / 1024 / 1024} MB that it may have`,
  };
}

export const absent = { kind: "absent" } as const;
export const unread = { kind: "unread" } as const;

export const symbolicLink: FileContent = {
  kind: "refused",
  reason: "is a symbolic link; put a regular file there",
};

/** Decodes a file; a byte order mark is dropped. */
export function decodeFile(bytes: Uint8Array): FileContent {
  if (!isUtf8(bytes)) return { kind: "refused", reason: `is not UTF-8 (line ${firstBadLine(bytes)})` };
  return { kind: "file", text: decoder.decode(bytes) };
}

const decoder = new TextDecoder();

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end === -1 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(start, stop))) return line;
    start = stop + 1;
  }
  return line;
}

export function linkedFolder(name: string): FolderFiles {
  return { name, symbolicLink: true, pkgbuild: absent, derived: undefined, srcinfo: absent, config: absent };
}

/**
 * Without CI_PACKAGES_DIR packages lie in `packages/`, or at the root where some lie there. Both at once can't be
 * meant: whichever were taken, the others would count as removed.
 *
 * @throws SluiceError `ambiguous-layout`
 */
export function packagesDirOf(configured: string, found: { inPackages: boolean; atRoot: boolean }): string {
  if (configured) return configured;
  if (!found.inPackages || !found.atRoot) return found.atRoot ? "." : "packages";
  throw new SluiceError("ambiguous-layout", "there are packages in packages/ as well as at the root", {
    hint: "Set CI_PACKAGES_DIR=packages or CI_PACKAGES_DIR=. in .ci/config; nothing was changed.",
  });
}

/** `packages/foo`, or `foo` where packages lie at the root. */
export function packagePath(packagesDir: string, pkgbase: string): string {
  return packagesDir === "." ? pkgbase : `${packagesDir}/${pkgbase}`;
}
