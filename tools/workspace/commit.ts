import type { Git } from "../git/git.ts";
import { listTree, readBlobs, type TreeEntry } from "../git/objects.ts";
import { readRepositoryConfig } from "./config.ts";
import {
  decodeFile,
  linkedFolder,
  maximumBytes,
  packagesDirOf,
  symbolicLink,
  tooLarge,
  type FileContent,
  type FolderFiles,
  type WorkspaceFiles,
} from "./files.ts";

/** The package folders of a commit: what Sluice reads of them, and which files they consist of. */
export interface CommitFiles extends WorkspaceFiles {
  /** By folder name, then by path within the folder: what identifies the file's mode and content. */
  readonly entries: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * Reads the packages of a commit, not of the work tree: what somebody has lying about there is none of a
 * pipeline's business. Two Git processes, however many packages.
 */
export async function readCommit(git: Git, commit: string): Promise<CommitFiles> {
  const all = await listTree(git, commit);
  const repositoryEntry = all.find(({ path }) => path === ".ci/config");
  const config = (await contents(git, [repositoryEntry]))(repositoryEntry);
  const { CI_PACKAGES_DIR } = readRepositoryConfig(config).config;
  const packagesDir = packagesDirOf(
    CI_PACKAGES_DIR,
    all.some(({ path }) => path.startsWith("packages/")),
  );

  const byFolder = group(all, packagesDir === "." ? "" : `${packagesDir}/`);
  const wanted = [...byFolder.values()].flatMap((files) => metadata.map((path) => files.get(path)));
  const contentOf = await contents(git, wanted);
  const links = all.filter(({ mode, path }) => mode === "120000" && isFolderOf(packagesDir, path));
  const folders: FolderFiles[] = [...byFolder]
    .filter(([, files]) => files.has("PKGBUILD") || files.has(".SRCINFO"))
    .map(([name, files]) => ({
      name,
      pkgbuild: kindOf(files.get("PKGBUILD")),
      srcinfo: contentOf(files.get(".SRCINFO")),
      config: contentOf(files.get(".CI/config")),
    }))
    .concat(links.map(({ path }) => linkedFolder(path.slice(path.lastIndexOf("/") + 1))))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries = new Map(
    [...byFolder].map(([name, files]) => [
      name,
      new Map([...files].map(([path, { mode, id }]) => [path, `${mode} ${id}`])),
    ]),
  );
  return { repositoryConfig: config, packagesDir, folders, entries };
}

const metadata = [".SRCINFO", ".CI/config"];

/** Files by their package folder, folders sorted by name, those that begin with a dot left out. */
function group(all: readonly TreeEntry[], prefix: string): Map<string, Map<string, TreeEntry>> {
  const folders = new Map<string, Map<string, TreeEntry>>();
  for (const entry of all) {
    if (!entry.path.startsWith(prefix)) continue;
    const slash = entry.path.indexOf("/", prefix.length);
    if (slash === -1 || entry.path[prefix.length] === ".") continue;
    const folder = entry.path.slice(prefix.length, slash);
    let files = folders.get(folder);
    if (!files) folders.set(folder, (files = new Map()));
    files.set(entry.path.slice(slash + 1), entry);
  }
  return new Map([...folders].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a path lies directly in the packages folder, where nothing but package folders belongs. */
function isFolderOf(packagesDir: string, path: string): boolean {
  return (
    packagesDir !== "." && path.startsWith(`${packagesDir}/`) && !path.includes("/", packagesDir.length + 1)
  );
}

async function contents(
  git: Git,
  entries: readonly (TreeEntry | undefined)[],
): Promise<(entry: TreeEntry | undefined) => FileContent> {
  const readable = entries.filter((entry) => entry !== undefined).filter((entry) => !refusal(entry));
  const blobs = await readBlobs(
    git,
    readable.map(({ id }) => id),
  );
  return (entry) => {
    if (!entry) return { kind: "absent" };
    return refusal(entry) ?? decodeFile(blobs.get(entry.id)!);
  };
}

function refusal({ mode, size }: TreeEntry): FileContent | undefined {
  if (mode === "120000") return symbolicLink;
  if (size === undefined) return { kind: "refused", reason: "is a submodule" };
  return size > maximumBytes ? tooLarge(size) : undefined;
}

function kindOf(entry: TreeEntry | undefined): FolderFiles["pkgbuild"] {
  if (!entry) return { kind: "absent" };
  const refused = refusal(entry);
  return refused?.kind === "refused" ? refused : { kind: "present" };
}
