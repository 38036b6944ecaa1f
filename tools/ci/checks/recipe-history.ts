import type { RecipeFile, RecipeFiles } from "../../gate/judge.ts";
import type { Git } from "../../git/git.ts";
import { ObjectReader } from "../../git/object-reader.ts";

/** One package's recipe before and after one commit, or between main and a branch. */
export interface HistoricalUpdate {
  /** The commit, or the branch's tip. */
  readonly commit: string;
  readonly pkgbase: string;
  readonly before: RecipeFiles;
  readonly after: RecipeFiles;
}

/**
 * Every update of a recipe in a workspace's history, newest first. Packages that were added or removed are no
 * updates, nor are commits that only touched `.CI`.
 *
 * @param range anything that `git log` takes
 * @param author part of the author's name or address; undefined: anybody
 */
export async function* updatesInHistory(
  git: Git,
  { range, author, packagesDir }: { range: string; author: string | undefined; packagesDir: string },
): AsyncGenerator<HistoricalUpdate> {
  const filter = author === undefined ? [] : ["--fixed-strings", `--author=${author}`];
  const log = await git.bytes([
    "log",
    "--no-merges",
    "-z",
    "--format=%H %P",
    ...filter,
    "--end-of-options",
    range,
  ]);
  const reader = new ObjectReader(git);
  try {
    for (const line of log.toString().split("\0")) {
      const [commit, parent] = line.trim().split(" ");
      if (commit && parent) yield* updatesBetween(reader, parent, commit, packagesDir);
    }
  } finally {
    reader.close();
  }
}

/** What each of these branches would change on main: the old system's open reviews. */
export async function* updatesOnBranches(
  git: Git,
  { pattern, main, packagesDir }: { pattern: string; main: string; packagesDir: string },
): AsyncGenerator<HistoricalUpdate> {
  const refs = await git.text([
    "for-each-ref",
    "--format=%(objectname)",
    `refs/heads/${pattern}`,
    `refs/remotes/*/${pattern}`,
  ]);
  const reader = new ObjectReader(git);
  try {
    for (const tip of new Set(refs.split("\n").filter(Boolean))) {
      const base = await git.attempt(["merge-base", main, tip]);
      if (base.ok) yield* updatesBetween(reader, base.stdout, tip, packagesDir);
    }
  } finally {
    reader.close();
  }
}

/** Compares the trees from the top, so that only what differs is read. */
async function* updatesBetween(
  reader: ObjectReader,
  before: string,
  after: string,
  packagesDir: string,
): AsyncGenerator<HistoricalUpdate> {
  const top = packagesDir === "." ? "" : packagesDir;
  const [old, current] = await Promise.all([
    reader.readTree(`${before}:${top}`),
    reader.readTree(`${after}:${top}`),
  ]);
  const folders = new Map(old?.filter(({ mode }) => mode === folder).map(({ name, id }) => [name, id]));
  for (const { name, mode, id } of current ?? []) {
    const previous = folders.get(name);
    if (mode !== folder || name.startsWith(".") || previous === undefined || previous === id) continue;
    const [recipeBefore, recipeAfter] = await Promise.all([
      readRecipe(reader, previous),
      readRecipe(reader, id),
    ]);
    if (!recipeBefore.has("PKGBUILD") || !recipeAfter.has("PKGBUILD")) continue;
    if (sameRecipe(recipeBefore, recipeAfter)) continue;
    yield { commit: after, pkgbase: name, before: recipeBefore, after: recipeAfter };
  }
}

const folder = "040000";

async function readRecipe(reader: ObjectReader, tree: string): Promise<RecipeFiles> {
  const files = new Map<string, RecipeFile>();
  await collect(tree, "");
  return files;

  async function collect(id: string, prefix: string): Promise<void> {
    for (const { mode, name, id: entry } of (await reader.readTree(id)) ?? []) {
      if (prefix === "" && name === ".CI") continue;
      if (mode === folder) await collect(entry, `${prefix}${name}/`);
      else if (mode === "160000") files.set(prefix + name, { mode, bytes: Buffer.from(entry) });
      else
        files.set(prefix + name, {
          mode: fileMode(mode),
          bytes: (await reader.read(entry))?.content ?? nothing,
        });
    }
  }
}

const nothing = new Uint8Array();

/** Old commits have a few modes that Git no longer writes, such as 100664. */
function fileMode(mode: string): RecipeFile["mode"] {
  if (mode === "120000") return mode;
  return Number.parseInt(mode, 8) & 0o100 ? "100755" : "100644";
}

function sameRecipe(a: RecipeFiles, b: RecipeFiles): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([path, { mode, bytes }]) => {
    const other = b.get(path);
    return other?.mode === mode && Buffer.compare(bytes, other.bytes) === 0;
  });
}
