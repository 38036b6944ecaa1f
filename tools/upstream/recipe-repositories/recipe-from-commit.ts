import { SluiceError } from "../../errors.ts";
import type { RecipeFile, RecipeFiles } from "../../gate/update.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs, type TreeEntry } from "../../git/objects.ts";
import { inParallel } from "../../system/in-parallel.ts";

/** More than any real recipe has; what is above isn't read at all. */
const mostBytes = 20 * 1024 * 1024;
const mostFiles = 2000;

/** How many blobs' bytes one process hands over, and how many processes list trees at once. */
const bytesAtOnce = 64 * 1024 * 1024;
const listingsAtOnce = 4;

export type CommitRecipe =
  | {
      readonly kind: "recipe";
      /** The whole tree; a submodule's bytes are its commit's id. */
      readonly files: RecipeFiles;
      /** The committer's date; milliseconds since 1970. */
      readonly committedAt: number;
    }
  | { readonly kind: "problem"; readonly error: SluiceError };

/**
 * Reads the recipes that whole commits of a repository consist of, in few processes however many there are. A recipe
 * of more than 20 MiB or 2,000 files is a problem, and spoils no other.
 *
 * @param commits full ids of commits that the repository has
 */
export async function recipesFromCommits(
  git: Git,
  commits: readonly string[],
): Promise<ReadonlyMap<string, CommitRecipe>> {
  const ids = [...new Set(commits)];
  const dates = await committerDates(git, ids);
  const listings = await listTrees(git, ids);
  const recipes = new Map<string, CommitRecipe>();
  for (const batch of inBatches(listings)) {
    const blobs = await readBlobs(
      git,
      batch.flatMap(({ entries }) => entries.filter(isBlob).map(({ id }) => id)),
    );
    for (const { commit, entries } of batch) {
      const files = new Map(entries.map((entry) => [entry.path, fileOf(entry, blobs)]));
      recipes.set(commit, { kind: "recipe", files, committedAt: dates.get(commit)! });
    }
  }
  for (const { commit, entries } of listings) {
    const excess = excessOf(entries);
    if (excess !== undefined) recipes.set(commit, { kind: "problem", error: tooMuch(commit, excess) });
  }
  return recipes;
}

async function committerDates(git: Git, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const args = ["log", "--no-show-signature", "--no-walk=unsorted", "--stdin", "--format=%H %ct"];
  const lines = (await git.bytes(args, `${ids.join("\n")}\n`)).toString().trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [id, seconds] = line.split(" ") as [string, string];
      return [id, Number(seconds) * 1000];
    }),
  );
}

interface Listing {
  readonly commit: string;
  readonly entries: readonly TreeEntry[];
}

function listTrees(git: Git, ids: readonly string[]): Promise<Listing[]> {
  return inParallel(ids, listingsAtOnce, async (commit) => ({
    commit,
    entries: await listTree(git, commit),
  }));
}

/** Those within the limits, together at most `bytesAtOnce` where one alone isn't more. */
function inBatches(listings: readonly Listing[]): Listing[][] {
  const batches: Listing[][] = [];
  let room = 0;
  for (const listing of listings) {
    if (excessOf(listing.entries) !== undefined) continue;
    const bytes = bytesOf(listing.entries);
    if (batches.length === 0 || bytes > room) {
      batches.push([]);
      room = bytesAtOnce;
    }
    batches.at(-1)!.push(listing);
    room -= bytes;
  }
  return batches;
}

function excessOf(entries: readonly TreeEntry[]): string | undefined {
  if (entries.length > mostFiles) return `${entries.length} files; at most ${mostFiles} are taken`;
  const bytes = bytesOf(entries);
  return bytes > mostBytes ? `${bytes} bytes; at most ${mostBytes} are taken` : undefined;
}

function bytesOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((sum, { size }) => sum + (size ?? 0), 0);
}

function isBlob({ mode }: TreeEntry): boolean {
  return mode !== "160000";
}

function fileOf({ mode, id }: TreeEntry, blobs: ReadonlyMap<string, Buffer>): RecipeFile {
  if (mode === "160000") return { mode, bytes: Buffer.from(id) };
  const bytes = blobs.get(id)!;
  if (mode === "120000") return { mode, bytes };
  // Old Git wrote other rights than these two, too, and only ever meant these.
  return { mode: mode === "100755" ? mode : "100644", bytes };
}

function tooMuch(commit: string, excess: string): SluiceError {
  return new SluiceError("recipe-too-large", `upstream's recipe has ${excess}`, {
    hint: "Nothing of it was taken; look at what upstream committed.",
    facts: { commit },
    exitCode: 1,
  });
}
