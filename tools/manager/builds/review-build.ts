import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { FileBytes } from "../../alpm/file-bytes.ts";
import type { ArchivedEntry } from "../../alpm/tar.ts";
import { tarEntries } from "../../alpm/tar.ts";
import { readContents, type PackageContents } from "../../binaries/contents.ts";
import { maxUnpacked } from "../../builder/arrivals.ts";
import type { BuildRequest, Published } from "../../builder/build-request.ts";
import { openLog } from "../../builder/log.ts";
import { keptNamcap } from "../../builder/namcap.ts";
import type { Unfinished } from "../../builder/stage.ts";
import { SluiceError } from "../../errors.ts";
import { failedSection, packagesSection } from "../../gate/evidence/packages-section.ts";
import { watchedPlace } from "../../gate/evidence/watched-places.ts";
import type { EvidenceSection } from "../../gate/review/evidence.ts";
import { isOfMachine } from "../../pkgrepo/read-needs.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { readSnapshot } from "../../pkgrepo/snapshot.ts";
import { withUnpacked } from "../../pkgrepo/unpacked.ts";
import { underLock } from "../../system/lock.ts";
import type { BuildOutcome } from "../../workspace/state/evidence.ts";
import { packagePath } from "../../workspace/files.ts";
import type { BuildingPlace } from "../installation.ts";
import { explainSystemError } from "../machine.ts";

/** An update that waits for a person: nobody has approved of anything in it. */
export interface HeldUpdate {
  readonly pkgbase: string;
  /** The newest commit of its review's branch. */
  readonly commit: string;
  /** Main's, whose settings count. */
  readonly main: string;
}

interface Watching {
  readonly signal: AbortSignal;
  /** Gets the log as it comes. */
  readonly listen: (chunk: Uint8Array) => void;
  /** What is published, where it isn't below this machine's folder; default: nothing. */
  readonly elsewhere?: (() => Promise<Published | undefined>) | undefined;
}

export interface ReviewBuild {
  readonly section: EvidenceSection;
  /** How the build ended, for whoever watches: `built`, or why not. */
  readonly outcome: string;
  /** `unfinished`: it isn't the recipe's fault, so the next try may end otherwise. */
  readonly result: BuildOutcome;
}

/**
 * Builds a held update, compares its packages with the published ones, and deletes them. Sources are fetched as for
 * every build; what runs after that has no network, whatever BUILDER_NETWORK says. Nothing of it is kept: neither
 * packages nor sources, which a build of something approved could take up.
 *
 * @throws SluiceError `review-unisolated`; of the machine, such as `disk-full`
 */
export async function buildForReview(
  place: BuildingPlace,
  held: HeldUpdate,
  watching: Watching,
): Promise<ReviewBuild> {
  if (place.sandbox.name === "host") throw unisolated(held);
  const { reviews } = place.folders;
  return underLock(
    join(reviews, ".lock"),
    longestWait,
    () => buildAlone(place, held, watching),
    "review builds",
  );
}

function unisolated({ pkgbase }: HeldUpdate): SluiceError {
  return new SluiceError(
    "review-unisolated",
    `${pkgbase}: what nobody has approved isn't built without isolation`,
    {
      hint: "Use --sandbox bubblewrap or container.",
      facts: { pkgbase },
    },
  );
}

/** Seconds; longer than one of them takes. */
const longestWait = 24 * 3600;

/** One at a time, so what else is in the folder is left of a process that died. */
async function buildAlone(
  place: BuildingPlace,
  held: HeldUpdate,
  { signal, listen, elsewhere }: Watching,
): Promise<ReviewBuild> {
  const { reviews } = place.folders;
  for (const name of await readdir(reviews)) {
    if (name !== ".lock") await rm(join(reviews, name), { recursive: true, force: true });
  }
  const base = join(reviews, held.pkgbase);
  try {
    await mkdir(base);
    const folder = join(base, "build");
    await mkdir(folder);
    const published = (await publishedHere(place)) ?? (await elsewhere?.()) ?? nothingPublished;
    const request = await requestOf(place, held, published, folder, signal);
    if (request === undefined) {
      const outcome = `there is no package ${held.pkgbase} in the review's branch`;
      return { section: failedSection(outcome, []), outcome, result: "failed" };
    }
    const log = openLog(join(base, "1.log"), listen);
    const result = await place.build(request, place.sandbox, log).finally(() => log.close());
    if (result.kind !== "built") return failed(result, await lastLines(log.path));
    const before = await readAll(await publishedFiles(published, held.pkgbase), base);
    const after = await readAll(result.files, base);
    const section = packagesSection(before, after, await keptNamcap(log.path));
    return { section, outcome: "built", result: "built" };
  } catch (error) {
    if (error instanceof SluiceError && !isElsewhere(error) && error.exitCode === 1) {
      return { section: failedSection(error.message, []), outcome: error.message, result: "failed" };
    }
    throw explainSystemError(error, base);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

/** Whether it is this machine's fault, or that of whoever serves what is published: then nothing is known of the update. */
function isElsewhere(error: SluiceError): boolean {
  return isOfMachine(error) || error.code.startsWith("repository-");
}

const nothingPublished: Published = { entries: [], pathOf: ({ filename }) => filename };

async function publishedHere({ repository }: BuildingPlace): Promise<Published | undefined> {
  const snapshot = await readSnapshot(repository);
  const { folder } = folderOf(repository);
  return snapshot && { entries: snapshot.entries, pathOf: ({ filename }) => join(folder, filename) };
}

/** With main's settings: a branch that anybody may have pushed to changes none of them. */
async function requestOf(
  { git, arch, revisions, pacmanConf, extra, folders, resources }: BuildingPlace,
  { pkgbase, commit, main }: HeldUpdate,
  published: Published,
  folder: string,
  signal: AbortSignal,
): Promise<BuildRequest | undefined> {
  const [own, accepted] = [await revisions.at(commit), await revisions.at(main)];
  const [pkg, known] = [own, accepted].map(({ workspace }) => workspace.packages.get(pkgbase));
  if (!pkg || !known) return undefined;
  return {
    pkgbase,
    git,
    commit,
    path: packagePath(own.workspace.packagesDir, pkgbase),
    arch,
    srcinfo: pkg.srcinfo,
    config: { ...known.config, BUILDER_NETWORK: false, BUILDER_CACHE_SOURCES: false },
    settings: { ...accepted.workspace.config, BUILDER_NETWORK: false },
    published,
    pacmanConf,
    extra,
    keyringCache: join(folders.state, "keyrings"),
    folder,
    sourceCache: join(folder, "..", "no-cache"),
    resources,
    signal,
  };
}

function failed({ kind, message, reason }: Unfinished, log: readonly string[]): ReviewBuild {
  const mayPass = kind === "lost" || kind === "cancelled" || reason !== undefined;
  const outcome = kind === "failed" ? message : `${kind}: ${message}`;
  return { section: failedSection(message, log), outcome, result: mayPass ? "unfinished" : "failed" };
}

const linesShown = 40;

async function lastLines(path: string): Promise<readonly string[]> {
  const text = (await readFile(path)).subarray(-64 * 1024).toString();
  return text.split(/\r?\n|\r/).slice(-linesShown);
}

/** Those that are published and can be had. */
async function publishedFiles({ entries, pathOf }: Published, pkgbase: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.base !== pkgbase) continue;
    const path = await pathOf(entry);
    if (existsSync(path)) files.push(path);
  }
  return files;
}

/**
 * @param folder where they are while they are read
 * @throws SluiceError `package-unreadable`
 */
async function readAll(files: readonly string[], folder: string): Promise<readonly PackageContents[]> {
  const all: PackageContents[] = [];
  for (const file of files) {
    const read = (tar: FileBytes) => readContents(byAndBy(tarEntries(tar)), isCompared);
    try {
      all.push(await withUnpacked(file, read, maxUnpacked((await stat(file)).size), folder));
    } catch (error) {
      if (!(error instanceof SluiceError) || isOfMachine(error)) throw error;
      // Reviews are public, and nobody is told where this machine keeps its files.
      const why = error.message.replaceAll(file, "it");
      throw new SluiceError("package-unreadable", `${basename(file)}: ${why}`, { exitCode: 1, cause: error });
    }
  }
  return all;
}

function isCompared(path: string): boolean {
  return watchedPlace(path) !== undefined;
}

/** A package of a hundred thousand files lets others have their turn in between. */
async function* byAndBy(entries: Iterable<ArchivedEntry>): AsyncGenerator<ArchivedEntry> {
  let count = 0;
  for (const entry of entries) {
    yield entry;
    if (++count % 256 === 0) await setImmediate();
  }
}
