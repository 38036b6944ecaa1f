import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { inParallel } from "../../system/in-parallel.ts";
import type { VerifiedPackage } from "./plan-publish.ts";
import type { Change } from "./change.ts";
import { run } from "../../system/run.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Writes both databases as they are after the change, unsigned, into `folder`.
 *
 * repo-add unpacks the whole database, changes it and packs it again, which on thousands of packages takes
 * far longer than describing a new one. So it describes the added packages in small databases of their own,
 * one per core, and bsdtar joins those with the published one, less what was replaced or removed.
 */
export async function mergeDatabases(
  transaction: Transaction,
  change: Change,
  folder: string,
): Promise<void> {
  const { paths, published, staging } = transaction;
  const parts = await inParallel(split(change.add), availableParallelism(), async (packages, index) => {
    const part = join(staging, `part-${index}`);
    await mkdir(part);
    const files = packages.map(({ filename }) => `./${filename}`);
    const options = { cwd: paths.folder, env: { TMPDIR: part, ...namesAsTheyAre } };
    await run("repo-add", ["--quiet", "--nocolor", join(part, paths.database), ...files], options);
    return part;
  });

  const leaving = join(staging, "leaving");
  await writeFile(leaving, patternsOf(leavingEntries(published, change)).join("\n"));
  for (const name of [paths.database, paths.files]) {
    const archives = parts.map((part) => join(part, name));
    if (published && !change.anew) {
      const staying = join(staging, "staying.tar");
      await run("bsdtar", ["-cf", staying, "--exclude-from", leaving, `@${join(published.folder, name)}`]);
      archives.unshift(staying);
    }
    const input = archives.length > 0 ? archives.map((path) => `@${path}`) : ["--files-from", "/dev/null"];
    await run("bsdtar", ["-czf", join(folder, name), ...input]);
  }
}

/**
 * repo-add is a bash script that hands on names of folders as they are: bsdtar takes `@foo-1-1` for an archive whose
 * content is meant, and pushd `+foo-1-1` for a number. Functions of these names come in between.
 */
const namesAsTheyAre = {
  "BASH_FUNC_bsdtar%%": `() {
    local argument
    local -a arguments=() options=()
    for argument; do
      if [[ $argument == @* ]]; then
        argument=./$argument
        options=(-s ',^\\./,,')
      fi
      arguments+=("$argument")
    done
    command bsdtar "\${options[@]}" "\${arguments[@]}"
  }`,
  "BASH_FUNC_pushd%%": `() {
    if [[ $1 == +* ]]; then builtin pushd "./$1"; else builtin pushd "$@"; fi
  }`,
};

/** As many parts as cores, unless that makes them too small to be worth it or too long for a command line. */
function split(packages: readonly VerifiedPackage[]): VerifiedPackage[][] {
  const size = Math.min(2000, Math.max(8, Math.ceil(packages.length / availableParallelism())));
  return Array.from({ length: Math.ceil(packages.length / size) }, (_, index) =>
    packages.slice(index * size, (index + 1) * size),
  );
}

function leavingEntries(published: Snapshot | undefined, { add, remove }: Change): DatabaseEntry[] {
  const replaced = new Set([...remove, ...add.map(({ pkgname }) => pkgname)]);
  return (published?.entries ?? []).filter(({ name }) => replaced.has(name));
}

/** Folders of the archive, anchored at its start; names and versions hold nothing that a pattern expands. */
function patternsOf(entries: readonly DatabaseEntry[]): string[] {
  return entries.map(({ name, version }) => `^${name}-${version}`);
}
