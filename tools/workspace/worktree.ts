import {
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Dirent,
} from "node:fs";
import { join, relative } from "node:path";
import { isPkgbase } from "../alpm/names.ts";
import { SluiceError, systemCode } from "../errors.ts";
import type { RecipeFile, RecipeFiles } from "../gate/update.ts";
import { readRepositoryConfig } from "./config/config.ts";
import {
  decodeFile,
  linkedFolder,
  maximumBytes,
  packagesDirOf,
  absent,
  symbolicLink,
  tooLarge,
  unread,
  type FileContent,
  type FolderFiles,
  type WorkspaceFiles,
} from "./files.ts";
import { blobId, recipeId } from "./metadata/content-ids.ts";
import type { Derived } from "./metadata/derived.ts";
import type { KeptMetadata, Part } from "./metadata/kept-metadata.ts";
import { isEnough } from "./metadata/metadata.ts";
import { isInCiFolder } from "./recipe.ts";

interface ReadOptions {
  /**
   * `tree`: no more than the dependency tree is made of, so neither settings nor what `.SRCINFO` says of a newer version.
   * `srcinfos`: `.SRCINFO` also where the PKGBUILD tells everything.
   */
  readonly reads?: "tree" | "srcinfos";
}

/**
 * Reads the packages of a work tree. Reading is synchronous: for thousands of small files that is several
 * times as fast as any other way.
 *
 * @param kept what is known of them already
 * @throws SluiceError `no-workspace` where `root` or the packages folder can't be listed.
 */
export function readWorktree(root: string, kept: KeptMetadata, options: ReadOptions = {}): WorkspaceFiles {
  const repositoryConfig = readIn(root, ".ci", "config");
  const packagesDir = findPackagesDir(root, repositoryConfig);
  const top = join(root, packagesDir);
  const entries = list(top, root).filter(({ name }) => !name.startsWith("."));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    repositoryConfig,
    packagesDir,
    folders: {
      [Symbol.iterator]: () => readFolders(top, entries, options, kept),
    },
  };
}

/**
 * The names of a work tree's packages, sorted; nothing of them is read.
 *
 * @throws SluiceError as `readWorktree`
 */
export function listPackages(root: string): string[] {
  const top = packagesFolder(root);
  const folders = list(top, root).filter((entry) => entry.isDirectory() && isPkgbase(entry.name));
  return folders
    .map(({ name }) => name)
    .filter((name) => existsSync(`${top}/${name}/PKGBUILD`))
    .sort();
}

/** Where the package folders lie. */
export function packagesFolder(root: string): string {
  return join(root, findPackagesDir(root, readIn(root, ".ci", "config")));
}

function findPackagesDir(root: string, repositoryConfig: FileContent): string {
  const { config } = readRepositoryConfig(repositoryConfig);
  return packagesDirOf(config.CI_PACKAGES_DIR, {
    inPackages: holdsPackages(join(root, "packages")),
    atRoot: !config.CI_PACKAGES_DIR && holdsPackages(root),
  });
}

function* readFolders(
  top: string,
  entries: readonly Dirent[],
  options: ReadOptions,
  kept: KeptMetadata,
): Generator<FolderFiles> {
  for (const entry of entries) {
    const folder = `${top}/${entry.name}`;
    if (entry.isDirectory()) {
      const files = readFolder(folder, entry.name, kept, options);
      if (files) yield files;
    } else if (entry.isSymbolicLink() && pointsToFolder(folder)) {
      yield linkedFolder(entry.name);
    }
  }
  kept.save(options.reads === "tree" ? "tree" : "all");
}

/** A package's PKGBUILD, for those who read more than the metadata. */
export function readWorktreeFile(root: string, folder: string, file: string): FileContent {
  return read(join(root, folder, file));
}

function readFolder(
  folder: string,
  name: string,
  kept: KeptMetadata,
  { reads }: ReadOptions,
): FolderFiles | undefined {
  const isForTree = reads === "tree";
  const { pkgbuild, text } = readPkgbuild(`${folder}/PKGBUILD`, kept, isForTree ? "tree" : "all");
  const isTold = text && (isForTree ? text.whole : isEnough(text));
  const isUnread = isTold && reads !== "srcinfos";
  const srcinfo = isUnread ? unread : read(`${folder}/.SRCINFO`);
  if (pkgbuild.kind === "absent" && srcinfo.kind === "absent") return undefined;
  const isOpen = srcinfo.kind === "absent" && text !== undefined && text.unknown.length > 0;
  const derived = isOpen ? (kept.get(idOf(readRecipe(folder))) ?? text) : text;
  const config = isForTree ? absent : readIn(folder, ".CI", "config");
  return { name, pkgbuild, derived, srcinfo, config };
}

/** What a PKGBUILD says; its file is read only where that isn't kept. */
function readPkgbuild(
  path: string,
  kept: KeptMetadata,
  part: Part,
): Pick<FolderFiles, "pkgbuild"> & { text?: Derived | undefined } {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const known = stats?.isFile() ? kept.ofFile(stats, part) : undefined;
  if (known) return { pkgbuild: { kind: "present" }, text: known };
  const pkgbuild = read(path);
  if (pkgbuild.kind !== "file") return { pkgbuild };
  // Hashing thousands of texts takes longer than the rest of a look that finds nothing.
  const id = part === "all" || kept.knowsTexts ? blobId(pkgbuild.text) : "";
  const text = kept.derive(id, pkgbuild.text, part);
  if (stats) kept.addFile(stats, id, text, part);
  return { pkgbuild, text };
}

export function idOf(recipe: RecipeFiles): string {
  return recipeId([...recipe].map(([path, { mode, bytes }]) => [path, { mode, id: blobId(bytes) }] as const));
}

/** The files of a recipe, all but `.CI`, as Git would take them. */
export function readRecipe(folder: string): RecipeFiles {
  const files = new Map<string, RecipeFile>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file);
    if (isInCiFolder(path)) continue;
    if (entry.isSymbolicLink()) files.set(path, { mode: "120000", bytes: Buffer.from(readlinkSync(file)) });
    if (!entry.isFile()) continue;
    const { size, mode } = lstatSync(file);
    if (size > maximumBytes) continue;
    files.set(path, { mode: (mode & 0o100) === 0 ? "100644" : "100755", bytes: readFileSync(file) });
  }
  return files;
}

/** Reads `parent/folder/file` where neither the folder nor the file is a link. */
function readIn(parent: string, folder: string, file: string): FileContent {
  const content = read(`${parent}/${folder}/${file}`);
  if (content.kind !== "file") return content;
  return lstatSync(join(parent, folder)).isSymbolicLink() ? symbolicLink : content;
}

function read(path: string): FileContent {
  try {
    // O_NONBLOCK: opening a named pipe must not wait for a writer. Reading as text in one call is several times
    // as fast as reading bytes; only what then has a replacement character is read again, to tell why.
    const text = readFileSync(path, { encoding: "utf8", flag: regularFileOnly });
    if (text.length > maximumBytes) return tooLarge(text.length);
    if (text.includes("\uFFFD")) return decodeFile(readFileSync(path));
    return { kind: "file", text: text.startsWith("\uFEFF") ? text.slice(1) : text };
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return absent;
    if (code === "ELOOP") return symbolicLink;
    if (code === "ERR_STRING_TOO_LONG" || code === "ERR_FS_FILE_TOO_LARGE")
      return tooLarge(lstatSync(path).size);
    return { kind: "refused", reason: code === "EISDIR" ? "is a folder" : `can't be read (${code})` };
  }
}

// Node takes numbers here as well as letters (its documentation, "File system flags"); its types know the letters.
const regularFileOnly = (constants.O_RDONLY |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK) as unknown as string;

function list(folder: string, root: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new SluiceError("no-workspace", `${folder}: no packages folder (${systemCode(error)})`, {
      hint: `Run Sluice in a workspace or name one with --root; where packages don't lie in packages/, set CI_PACKAGES_DIR in ${join(root, ".ci/config")}.`,
      facts: { path: folder },
      cause: error,
    });
  }
}

/** Whether some folder in it has a PKGBUILD. Links aren't followed. */
function holdsPackages(folder: string): boolean {
  if (!isFolder(folder)) return false;
  return readdirSync(folder).some(
    (name) => !name.startsWith(".") && existsSync(`${folder}/${name}/PKGBUILD`),
  );
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function pointsToFolder(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
