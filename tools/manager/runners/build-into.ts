import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DatabaseEntry } from "../../alpm/database.ts";
import type { Published } from "../../builder/build-request.ts";
import { openLog, type BuildLog } from "../../builder/log.ts";
import { SluiceError } from "../../errors.ts";
import { readPackageEntry } from "../../pkgrepo/package-entry.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { readSnapshot, type Snapshot } from "../../pkgrepo/snapshot.ts";
import { followsUpstream } from "../../workspace/identity.ts";
import { keepFinished, type FinishedPackages } from "../builds/finished.ts";
import { keptFromBefore, nameIsTaken } from "../builds/published-before.ts";
import { noteEnd } from "../builds/handle-build.ts";
import { runBuild, isCurrent } from "../builds/run-build.ts";
import { comparable } from "../reconcile/complete-packages.ts";
import { goesOn, readJobResults, writeResult, type JobResult, type JobOutcome } from "./job-results.ts";
import type { BuildingPlace } from "../installation.ts";
import { isSatisfied } from "../builds/release.ts";
import type { Revision } from "../reconcile/revision.ts";

export interface BuildIntoOptions {
  /** The commit that was scheduled. */
  readonly commit: string;
  /** In build order. */
  readonly pkgbases: readonly string[];
  /** Which builds of the same schedule are done, with or without success: what failed isn't built against. */
  readonly after: readonly string[];
  /** What earlier jobs left. */
  readonly earlier: string | undefined;
  /** Where the packages go, instead of being published. */
  readonly into: string;
  readonly signal: AbortSignal;
  readonly listen: (chunk: Uint8Array) => void;
  readonly ended: (pkgbase: string, result: JobOutcome) => void;
}

/**
 * Builds packages of one schedule without publishing them, for a pipeline whose jobs share the work: each build sees
 * what is published and, in its place, what earlier jobs built.
 */
export async function buildInto(
  place: BuildingPlace,
  options: BuildIntoOptions,
): Promise<readonly JobOutcome[]> {
  const { commit, into, earlier, signal } = options;
  const here = { ...place, folders: { ...place.folders, finished: into } };
  await mkdir(into, { recursive: true });
  const revision = await place.revisions.at(commit);
  const snapshot = await readSnapshot(place.repository);
  const published = snapshot && (await comparable(snapshot, place.revisions, revision, options.pkgbases));
  const scheduled = new Set(options.after);
  const results: JobOutcome[] = [];
  for (const [at, pkgbase] of options.pkgbases.entries()) {
    if (signal.aborted) break;
    const log = openLog(join(place.folders.logs, pkgbase, "1.log"), options.listen);
    try {
      const jobResults = await readJobResults([...(earlier === undefined ? [] : [earlier]), into]);
      const context = { revision, published, jobResults, scheduled, signal, id: at + 1 };
      const result = await buildOne(here, pkgbase, context, log);
      // Where the disk is full, the log can't be written either.
      if (result.outcome !== "lost") noteEnd(log, result);
      await writeResult(into, pkgbase, result);
      results.push(result);
      options.ended(pkgbase, result);
    } finally {
      log.close();
    }
    scheduled.add(pkgbase);
  }
  return results;
}

interface Context {
  readonly revision: Revision;
  readonly published: Snapshot | undefined;
  readonly jobResults: ReadonlyMap<string, JobResult>;
  readonly scheduled: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly id: number;
}

async function buildOne(
  place: BuildingPlace,
  pkgbase: string,
  context: Context,
  log: BuildLog,
): Promise<JobOutcome> {
  const { revision, published, signal, id } = context;
  const { commit } = revision;
  const pkg = revision.workspace.packages.get(pkgbase);
  const identity = revision.identity(pkgbase);
  if (!pkg || !identity) {
    return {
      outcome: "failed",
      message: `there is no package ${pkgbase} in commit ${commit.slice(0, 10)}`,
    };
  }
  const missing = missingNeeds(pkgbase, context);
  if (missing.length > 0) return { outcome: "blocked", message: `by ${missing.join(", ")}` };
  if (published && isCurrent(place, published, pkgbase, identity) && !followsUpstream(pkg)) {
    return { outcome: "already-built", message: "this very recipe is published" };
  }
  const before = published && keptFromBefore(place, published, id, pkg, identity);
  if (before) return { outcome: "built", message: (await takeKept(place, pkgbase, before)).version };
  const taken = published && (await nameIsTaken(place, published, revision, pkg));
  if (taken !== undefined) return { outcome: "failed", message: taken };
  const available = await availablePackages(place, published, context.jobResults);
  const inputs = { revision, pkg, identity, published, available, signal };
  const made = await runBuild(place, { id, pkgbase, commit }, inputs, log).catch(
    (error: unknown): JobOutcome => {
      // An error of one recipe or of this machine is reported, and the others are built.
      if (error instanceof SluiceError) return { outcome: "lost", message: error.message };
      throw error;
    },
  );
  if ("outcome" in made) return { outcome: made.outcome, message: made.message ?? "" };
  return { outcome: "built", message: made.version };
}

/** A revert takes what was published before; the repository keeps its own copy. */
async function takeKept(
  { folders }: BuildingPlace,
  pkgbase: string,
  packages: FinishedPackages,
): Promise<FinishedPackages> {
  const folder = await mkdtemp(join(folders.work, `${packages.build}-`));
  try {
    const files = packages.files.map((file) => join(folder, basename(file)));
    for (const [at, file] of files.entries()) await copyFile(packages.files[at]!, file);
    return await keepFinished(folders.finished, pkgbase, { ...packages, files });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What it needs of this schedule and didn't get, as CI_ON_DEPENDENCY_FAILURE has it. */
function missingNeeds(pkgbase: string, { revision, published, jobResults, scheduled }: Context): string[] {
  const failed = (revision.tree.needs.get(pkgbase) ?? []).filter((need) => {
    const result = jobResults.get(need)?.result;
    return scheduled.has(need) && !(result && goesOn(result));
  });
  switch (revision.workspace.config.CI_ON_DEPENDENCY_FAILURE) {
    case "block":
      return failed;
    case "build":
      return [];
    case "auto":
      return failed.filter((need) => !isSatisfied(pkgbase, need, revision, published?.entries ?? []));
  }
}

/** What is published, and in its place what earlier jobs built. */
async function availablePackages(
  { repository }: BuildingPlace,
  published: Snapshot | undefined,
  jobResults: ReadonlyMap<string, JobResult>,
): Promise<Published> {
  const files = [...jobResults.values()].flatMap(({ packages }) => packages?.files ?? []);
  const fresh: DatabaseEntry[] = [];
  for (const file of files) fresh.push(await readPackageEntry(file));
  const names = new Set(fresh.map(({ name }) => name));
  const kept = (published?.entries ?? []).filter(
    ({ base, name }) => !jobResults.get(base)?.packages && !names.has(name),
  );
  const paths = new Map(files.map((file) => [basename(file), file]));
  return {
    entries: [...fresh, ...kept],
    pathOf: ({ filename }) => paths.get(filename) ?? join(folderOf(repository).folder, filename),
  };
}
