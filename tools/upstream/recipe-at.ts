import type { RecipeFile, RecipeFiles } from "../gate/update.ts";
import type { ObjectReader } from "../git/object-reader.ts";

/** A recipe as upstream's Git has it. */
export interface FetchedRecipe {
  readonly files: RecipeFiles;
  /** The commit's id. */
  readonly revision: string;
  /** As the committer's clock had it, in milliseconds since 1970. */
  readonly committedAt: number | undefined;
}

/** The whole tree of a commit, which may be named by a ref; undefined where there is none. */
export async function recipeAt(reader: ObjectReader, name: string): Promise<FetchedRecipe | undefined> {
  const commit = await reader.read(name);
  if (commit?.type !== "commit") return undefined;
  const header = commit.content.toString("latin1").split("\n\n", 1)[0]!;
  const tree = /^tree (\w+)$/m.exec(header)![1]!;
  const seconds = /^committer .*> (\d+) [+-]\d+$/m.exec(header)?.[1];
  const files = new Map<string, RecipeFile>();
  await collect(reader, tree, "", files);
  const committedAt = seconds === undefined ? undefined : Number(seconds) * 1000;
  return { files, revision: commit.id, committedAt };
}

async function collect(
  reader: ObjectReader,
  tree: string,
  prefix: string,
  files: Map<string, RecipeFile>,
): Promise<void> {
  const entries = (await reader.readTree(tree)) ?? [];
  await Promise.all(
    entries.map(async ({ mode, name, id }) => {
      const path = prefix + name;
      if (mode === "040000") await collect(reader, id, `${path}/`, files);
      else if (mode === "160000") files.set(path, { mode, bytes: Buffer.from(id) });
      else files.set(path, { mode: fileMode(mode), bytes: (await reader.read(id))!.content });
    }),
  );
}

/** Old commits have a few modes that Git no longer writes, such as 100664. */
function fileMode(mode: string): RecipeFile["mode"] {
  if (mode === "120000") return mode;
  return Number.parseInt(mode, 8) & 0o100 ? "100755" : "100644";
}
