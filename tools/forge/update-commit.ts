import { isPkgbase } from "../alpm/names.ts";
import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import {
  nameBytes,
  readTree,
  writeBlob,
  writeCommit,
  writeTree,
  type Identity,
  type LevelEntry,
} from "../git/write-objects.ts";
import { reviewTitle } from "./review-texts.ts";

/** One file of a recipe, as upstream has it. */
export interface RecipeFile {
  /** Within the package's folder. */
  readonly path: string;
  readonly mode: "100644" | "100755" | "120000";
  /** Of a symbolic link: where it points to. */
  readonly content: Uint8Array;
}

/** An update that a person has to judge. */
export interface WantedUpdate {
  readonly pkgbase: string;
  /** Upstream's revision: a digest of the new recipe, 16 or more lower-case hexadecimal digits. */
  readonly revision: string;
  /** What the reviewer reads, in Markdown; upstream's text in it is inert. */
  readonly body: string;
  /** The whole new recipe. */
  readonly files: readonly RecipeFile[];
  /** The commit of main that the branch starts from. */
  readonly base: string;
}

/**
 * Makes the commit that a review shows, and returns its id: main with this package's new recipe and no other
 * change. Git's objects alone are written, neither work tree nor index nor a ref. What isn't upstream's in the
 * folder (`.CI`, `.git*`) stays as main has it.
 *
 * @param packagesDir `packages`, or `.` for packages at the root
 * @throws SluiceError `recipe-path` where a file has no business in a recipe.
 */
export async function makeUpdateCommit(
  git: Git,
  update: WantedUpdate,
  { packagesDir, identity, date }: { packagesDir: string; identity: Identity; date: Date },
): Promise<string> {
  if (!isPkgbase(update.pkgbase)) throw badPath(update, update.pkgbase);
  const folder = packagesDir === "." ? [update.pkgbase] : [...packagesDir.split("/"), update.pkgbase];
  const level = (await readTree(git, `${update.base}:${folder.join("/")}`)) ?? [];
  const kept = level.filter(({ name }) => isOurs(name));
  const recipe = await writeRecipe(git, update, kept);
  const tree = await replace(git, update.base, folder, recipe);
  const message = `${reviewTitle(update.pkgbase)}\n`;
  return writeCommit(git, { tree, parents: [update.base], identity, date, message });
}

/** `.CI` is the workspace's, and no upstream may bring Git's own files. */
function isOurs(name: string): boolean {
  return /^\.(?:ci|git.*)$/i.test(name);
}

/** A folder of files being built: by name either a file or a further folder. */
type Folder = Map<string, RecipeFile | Folder>;

async function writeRecipe(git: Git, update: WantedUpdate, kept: readonly LevelEntry[]): Promise<string> {
  const root: Folder = new Map();
  for (const file of update.files) place(root, file, update);
  return writeFolder(git, root, kept);
}

function place(root: Folder, file: RecipeFile, update: WantedUpdate): void {
  const parts = file.path.split("/");
  const name = parts.pop()!;
  if ([...parts, name].some((part) => /^\.{0,2}$/.test(part) || isOurs(part) || part.includes("\0"))) {
    throw badPath(update, file.path);
  }
  let folder = root;
  for (const part of parts) {
    const inner = folder.get(part) ?? new Map<string, RecipeFile | Folder>();
    if (!(inner instanceof Map)) throw badPath(update, file.path);
    folder.set(part, inner);
    folder = inner;
  }
  if (folder.has(name)) throw badPath(update, file.path);
  folder.set(name, file);
}

async function writeFolder(git: Git, folder: Folder, kept: readonly LevelEntry[] = []): Promise<string> {
  const entries: LevelEntry[] = [...kept];
  for (const [name, item] of folder) {
    const isFolder = item instanceof Map;
    const id = isFolder ? await writeFolder(git, item) : await writeBlob(git, item.content);
    entries.push({ mode: isFolder ? "040000" : item.mode, id, name: nameBytes(name) });
  }
  return writeTree(git, entries);
}

/** The tree of `treeish` with another folder at `path`. */
async function replace(git: Git, treeish: string, path: readonly string[], tree: string): Promise<string> {
  const [name, ...rest] = path as [string, ...string[]];
  const level = (await readTree(git, treeish)) ?? [];
  const inner = treeish.includes(":") ? `${treeish}/${name}` : `${treeish}:${name}`;
  const id = rest.length === 0 ? tree : await replace(git, inner, rest, tree);
  const others = level.filter((entry) => entry.name !== nameBytes(name));
  return writeTree(git, [...others, { mode: "040000", id, name: nameBytes(name) }]);
}

function badPath({ pkgbase }: WantedUpdate, path: string): SluiceError {
  return new SluiceError("recipe-path", `${pkgbase}: ${JSON.stringify(path)} can't be a file of a recipe`, {
    hint: "Upstream's files are paths below the package's folder, each once, without .CI, .git or `..`.",
    facts: { pkgbase, path },
    exitCode: 1,
  });
}
