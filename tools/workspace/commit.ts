import type { RecipeFiles } from "../gate/update.ts";
import type { Git } from "../git/git.ts";
import { listTree, readBlobs, type TreeEntry } from "../git/objects.ts";
import { readRepositoryConfig } from "./config/config.ts";
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
  unread,
} from "./files.ts";
import { askMakepkg, type OpenRecipe } from "./metadata/ask-makepkg.ts";
import type { Derived } from "./metadata/derived.ts";
import { KeptMetadata } from "./metadata/kept-metadata.ts";
import { isEnough } from "./metadata/metadata.ts";
import { recipeId } from "./metadata/content-ids.ts";
import { type NewText, type ReadAgain, settleReadings } from "./metadata/second-readings.ts";
import { learnReadings, sharedAnswers } from "./metadata/shared-answers.ts";
import { recipeEntries, recipeOf } from "./recipe.ts";

/** The package folders of a commit and which files they consist of; nothing of them is read yet. */
export interface CommitFolders extends Pick<WorkspaceFiles, "repositoryConfig" | "packagesDir"> {
  /** By folder name, sorted, then by path within the folder. */
  readonly entries: ReadonlyMap<string, ReadonlyMap<string, TreeEntry>>;
  /** Names of symbolic links that lie among the package folders. */
  readonly links: readonly string[];
}

/**
 * Lists the packages of a commit, not of the work tree: uncommitted files there don't count in a
 * pipeline.
 *
 * @param ifOpen where packages lie in a commit that doesn't say, and has some in `packages/` and at the root or in neither
 * @throws SluiceError `ambiguous-layout`
 */
export async function listFolders(git: Git, commit: string, ifOpen?: string): Promise<CommitFolders> {
  const all = await listTree(git, commit);
  const configEntry = all.find(({ path }) => path === ".ci/config");
  const repositoryConfig = (await contents(git, [configEntry]))(configEntry);
  const { CI_PACKAGES_DIR } = readRepositoryConfig(repositoryConfig).config;
  const layout = layoutOf(all);
  // Packages may lie in some other folder, where a commit before the settings can't say so.
  const isOpen = layout.inPackages === layout.atRoot;
  const packagesDir = packagesDirOf(CI_PACKAGES_DIR || (isOpen ? (ifOpen ?? "") : ""), layout);
  const links = all.filter(({ mode, path }) => mode === "120000" && isFolderOf(packagesDir, path));
  return {
    repositoryConfig,
    packagesDir,
    entries: group(all, packagesDir === "." ? "" : `${packagesDir}/`),
    links: links.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)),
  };
}

/** The same where it is known in which folder packages lie, though the commit has no settings that say so. */
export async function listFoldersIn(git: Git, commit: string, packagesDir: string): Promise<CommitFolders> {
  const all = await listTree(git, commit);
  const entries = group(all, packagesDir === "." ? "" : `${packagesDir}/`);
  return { repositoryConfig: { kind: "absent" }, packagesDir, entries, links: [] };
}

function layoutOf(all: readonly TreeEntry[]): { inPackages: boolean; atRoot: boolean } {
  const folders = all.flatMap(({ path }) =>
    path.endsWith("/PKGBUILD") ? [path.slice(0, -"/PKGBUILD".length)] : [],
  );
  return {
    inPackages: folders.some((folder) => /^packages\/[^/]+$/.test(folder)),
    atRoot: folders.some((folder) => !folder.includes("/") && !folder.startsWith(".")),
  };
}

/**
 * Reads what Sluice reads of package folders, of all or of some; a few Git processes, however many there are.
 *
 * @param options.srcinfos read `.SRCINFO` also where the PKGBUILD tells everything
 * @param options.compared whose PKGBUILDs are read by another program, too
 */
export async function readFolders(
  git: Git,
  { repositoryConfig, packagesDir, entries, links }: CommitFolders,
  names?: ReadonlySet<string>,
  { srcinfos = false, compared }: ReadOptions = {},
): Promise<WorkspaceFiles> {
  const wanted = [...entries].filter(
    ([name, files]) => (names?.has(name) ?? true) && (files.has("PKGBUILD") || files.has(".SRCINFO")),
  );
  const derived = await readDerived(git, wanted, names === undefined, compared);
  const isUnread = (name: string): boolean => {
    const known = derived.get(name);
    return !srcinfos && known !== undefined && isEnough(known);
  };
  const contentOf = await contents(
    git,
    wanted.flatMap(([name, files]) => [
      isUnread(name) ? undefined : files.get(".SRCINFO"),
      files.get(".CI/config"),
    ]),
  );
  const folders: FolderFiles[] = wanted
    .map(([name, files]): FolderFiles => ({
      name,
      pkgbuild: kindOf(files.get("PKGBUILD")),
      derived: derived.get(name),
      srcinfo: isUnread(name) ? unread : contentOf(files.get(".SRCINFO")),
      config: contentOf(files.get(".CI/config")),
    }))
    .concat(links.filter((name) => names?.has(name) ?? true).map(linkedFolder))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { repositoryConfig, packagesDir, folders };
}

interface ReadOptions {
  readonly srcinfos?: boolean;
  readonly compared?: { readonly names: ReadonlySet<string>; readonly read: ReadAgain };
}

/** What the PKGBUILDs of folders say, by the folder's name; only those are read of which it isn't kept. */
async function readDerived(
  git: Git,
  folders: readonly (readonly [name: string, files: ReadonlyMap<string, TreeEntry>])[],
  isWhole: boolean,
  compared: ReadOptions["compared"],
): Promise<ReadonlyMap<string, Derived>> {
  const kept = KeptMetadata.of(git.dir);
  if (kept.hasNews) await learnReadings(git, kept, "here");
  const recipes = folders.flatMap(([name, files]) => {
    const entry = files.get("PKGBUILD");
    return entry && !refusal(entry) ? [{ name, entry }] : [];
  });
  const derived = new Map<string, Derived>();
  const isNew = recipes.filter(({ name, entry }) => {
    const known = kept.get(entry.id);
    if (known) derived.set(name, known);
    return !known || (compared?.names.has(name) && !kept.isCompared(entry.id));
  });
  const contentOf = await contents(
    git,
    isNew.map(({ entry }) => entry),
  );
  const texts = isNew.flatMap(({ name, entry }): NewText[] => {
    const content = contentOf(entry);
    if (content.kind !== "file") return [];
    return [{ id: entry.id, text: content.text, isCompared: compared?.names.has(name) ?? false }];
  });
  await settleReadings(kept, texts, () => learnReadings(git, kept, "remote"), compared?.read);
  await kept.reading(() => {
    for (const { name, entry } of isNew) {
      const content = contentOf(entry);
      if (content.kind === "file") derived.set(name, kept.derive(entry.id, content.text));
    }
  });
  const open = folders.filter(
    ([name, files]) => !files.has(".SRCINFO") && (derived.get(name)?.unknown.length ?? 0) > 0,
  );
  const answers = await askMakepkg(
    kept,
    open.map(([name, files]) => openRecipe(git, name, files)),
    () => sharedAnswers(git, "remote"),
  );
  for (const [name, answer] of answers) derived.set(name, answer);
  kept.save(isWhole ? "all" : undefined);
  return derived;
}

function openRecipe(git: Git, pkgbase: string, folder: ReadonlyMap<string, TreeEntry>): OpenRecipe {
  const entries = recipeEntries(folder);
  const readable = entries.filter(([, entry]) => !refusal(entry)).map(([, { id }]) => id);
  const files = async (): Promise<RecipeFiles> => {
    const blobs = await readBlobs(git, readable);
    return new Map([...recipeOf(folder, blobs)].filter(([path]) => blobs.has(folder.get(path)!.id)));
  };
  return { pkgbase, id: recipeId(entries), files };
}

/** Names of the folders that one commit has and another hasn't, or that consist of other files there. */
export function differingFolders(a: CommitFolders, b: CommitFolders): Set<string> {
  const names = new Set([...a.entries.keys(), ...b.entries.keys()]);
  for (const name of names) {
    const files = a.entries.get(name);
    const others = b.entries.get(name);
    if (!files || !others || files.size !== others.size) continue;
    if ([...files].every(([path, entry]) => sameFile(entry, others.get(path)))) names.delete(name);
  }
  return names;
}

/** Whether two files have the same content and mode. */
export function sameFile(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

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

/** What files of a commit hold, in one Git process. */
export async function contents(
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

/** Why a file isn't read. */
export function refusal({ mode, size }: TreeEntry): FileContent | undefined {
  if (mode === "120000") return symbolicLink;
  if (size === undefined) return { kind: "refused", reason: "is a submodule" };
  return size > maximumBytes ? tooLarge(size) : undefined;
}

function kindOf(entry: TreeEntry | undefined): FolderFiles["pkgbuild"] {
  if (!entry) return { kind: "absent" };
  const refused = refusal(entry);
  return refused?.kind === "refused" ? refused : { kind: "present" };
}
