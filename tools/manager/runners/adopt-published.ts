import { inOneLine } from "../../errors.ts";
import { basename, dirname, join } from "node:path";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { readDatabase } from "../../pkgrepo/database-file.ts";
import { sha256Of } from "../../system/digest.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import type { FinishedBuild } from "../../pkgrepo/publishing/stage-packages.ts";
import type { Repository } from "../../pkgrepo/repository.ts";
import { readSnapshot } from "../../pkgrepo/snapshot.ts";
import { mainPackages } from "../reconcile/main-packages.ts";
import type { Revision } from "../reconcile/revision.ts";

/** What became of a package of the other repository. */
export interface Adopted {
  readonly pkgbase: string;
  readonly outcome: "adopted" | "left-out";
  readonly message: string;
}

/**
 * Takes over what another tool has published: of each package of main that its database has in main's version, the
 * files beside the database, checked against it and signed again. They count as made from main's recipe, so that
 * nothing of it is built again.
 *
 * @param database the file, with the packages beside it
 * @throws SluiceError `database-…`, and what `publish` throws
 */
export async function adoptPublished(
  repository: Repository,
  head: Revision,
  database: string,
  now: Date,
): Promise<readonly Adopted[]> {
  const byBase = new Map<string, DatabaseEntry[]>();
  for (const entry of await readDatabase(database)) {
    byBase.set(entry.base, [...(byBase.get(entry.base) ?? []), entry]);
  }
  const own = new Set((await readSnapshot(repository))?.madeFrom.keys());
  const builds: FinishedBuild[] = [];
  const results = new Map<string, Adopted>();
  for (const [pkgbase, entries] of byBase) {
    const why = own.has(pkgbase)
      ? "it is published here already"
      : await whyNot(head, pkgbase, entries, dirname(database));
    const version = entries[0]!.version;
    if (why === undefined) builds.push(buildOf(head, pkgbase, entries, dirname(database)));
    const outcome = why === undefined ? "adopted" : "left-out";
    results.set(pkgbase, { pkgbase, outcome, message: why === undefined ? version : `${version}: ${why}` });
  }
  const outcomes = await publish(repository, builds, now, { packages: mainPackages(head), removals: [] });
  for (const outcome of outcomes) {
    if (outcome.kind !== "refused") continue;
    const { pkgbase, error } = outcome;
    results.set(pkgbase, { pkgbase, outcome: "left-out", message: inOneLine(error) });
  }
  return [...results.values()].sort((a, b) => (a.pkgbase < b.pkgbase ? -1 : 1));
}

async function whyNot(
  head: Revision,
  pkgbase: string,
  entries: readonly DatabaseEntry[],
  folder: string,
): Promise<string | undefined> {
  const pkg = head.workspace.packages.get(pkgbase);
  if (!pkg) return "it isn't in the workspace";
  const certain = await head.knownVersion(pkgbase);
  const said = pkg.srcinfo && srcinfoVersion(pkg.srcinfo);
  for (const { version, filename, sha256 } of entries) {
    // Where pkgver() has the last word, what is published may be ahead of the recipe.
    const isMain =
      certain === undefined ? said !== undefined && vercmp(version, said) >= 0 : version === certain;
    if (!isMain) return `main has ${certain ?? said ?? "an unknown version"}`;
    const digest = await sha256Of(join(folder, basename(filename))).catch(() => undefined);
    if (digest === undefined) return `${basename(filename)} isn't beside the database`;
    if (digest !== sha256) return `${basename(filename)} isn't the file that the database names`;
  }
  return undefined;
}

function buildOf(
  head: Revision,
  pkgbase: string,
  entries: readonly DatabaseEntry[],
  folder: string,
): FinishedBuild {
  const { srcinfo } = head.workspace.packages.get(pkgbase)!;
  const { inputs, recipeTree, bump } = head.identity(pkgbase)!;
  return {
    pkgbase,
    pkgnames: srcinfo?.packages.map(({ pkgname }) => pkgname) ?? [pkgbase],
    files: entries.map(({ filename }) => join(folder, basename(filename))),
    madeFrom: { commit: head.commit, inputs, recipeTree, bump, vcs: {} },
  };
}
