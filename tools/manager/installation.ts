import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { foldersOf, type Folders } from "./folders.ts";
import { buildPackage } from "../builder/build.ts";
import type { ExtraRepositories, Resources } from "../builder/build-request.ts";
import { SluiceError, systemCode } from "../errors.ts";
import type { Git } from "../git/git.ts";
import type { Repository } from "../pkgrepo/repository.ts";
import { publishedKeys, snapshotReader, type Snapshot } from "../pkgrepo/snapshot.ts";
import { withSigner } from "../pkgrepo/signing/signing.ts";
import type { ObservedQueue } from "../queue/event-readers.ts";
import type { BuildKey } from "../queue/submission.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Checkpoint } from "../steps.ts";
import type { RepositoryConfig } from "../workspace/config/config.ts";
import type { WorkspaceAddress } from "./builder-protocol.ts";
import type { FetchOptions } from "./main-branch.ts";
import { explainSystemError } from "./machine.ts";
import { commitsOf, revisionsOf, type Commits, type Revisions } from "./reconcile/revision.ts";
import { openSigningKeys, type KeyPlaces } from "./keys/signing-keys.ts";

/** For how many days files stay that left the database, for clients and mirrors that still ask for them. */
export const keepDays = 14;

/** What building takes: the workspace, a sandbox, and what is published, which it only reads. */
export interface BuildingPlace {
  readonly git: Git;
  readonly revisions: Revisions;
  readonly repository: Pick<Repository, "root" | "name" | "arch">;
  readonly sandbox: Sandbox;
  /** Where jobs run that name an image of their own; undefined: nowhere. */
  readonly sandboxOf: ((image: string) => Sandbox) | undefined;
  readonly arch: string;
  readonly pacmanConf: string;
  readonly extra: ExtraRepositories | undefined;
  readonly folders: Folders;
  readonly build: typeof buildPackage;
  readonly resources: Resources | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

/** One package repository of one architecture, its workspace, and a folder with all the rest. */
export interface Installation extends BuildingPlace {
  readonly queue: ObservedQueue;
  readonly repository: Repository;
  /** What clients see now; undefined before the first publish. */
  readonly readPublished: () => Promise<Snapshot | undefined>;
  readonly now: () => Date;
  /** As they were when it was opened. */
  readonly settings: StateOptions["settings"];
  /** Where builders elsewhere fetch it from, where it isn't the workspace that the manager was started in. */
  readonly workspace?: WorkspaceAddress | undefined;
  /** How its remote is followed, likewise. */
  readonly fetch?: FetchOptions | undefined;
  /** Of the first architecture: those of the others, where packages go as well that are made for any. */
  readonly others: readonly Installation[];
}

/** All that one manager publishes. They share a queue. */
export type Installations = readonly [Installation, ...Installation[]];

/** Which of these a build or a removal is about. */
export function installationOf(
  installations: readonly Installation[],
  { target, arch }: Pick<BuildKey, "target" | "arch">,
): Installation | undefined {
  return installations.find(({ repository }) => repository.name === target && repository.arch === arch);
}

/** Those of each workspace; the one that the manager was started in comes first. */
export function byWorkspace(installations: Installations): readonly [Installations, ...Installations[]] {
  const groups = new Map<Git, [Installation, ...Installation[]]>();
  for (const one of installations) {
    const known = groups.get(one.git);
    if (known) known.push(one);
    else groups.set(one.git, [one]);
  }
  const [first, ...further] = groups.values();
  return [first!, ...further];
}

export function whyNotHere(
  { target, arch }: Pick<BuildKey, "target" | "arch">,
  installations: readonly Installation[],
): string {
  const here = installations.map(({ repository }) => `${repository.name} (${repository.arch})`);
  return `it is for ${target} (${arch}), and ${here.join(", ")} is published here`;
}

export interface StateOptions {
  readonly settings: Pick<RepositoryConfig, "BUILD_REPO" | "SIGNING_KEY" | "CI_ARCHES">;
  readonly state: string;
  /** The operator's GnuPG home, where SIGNING_KEY names a key in it. */
  readonly gnupgHome: string;
  /** The folder of what is kept apart from other package repositories, keys among it; default: `state`. */
  readonly own?: string;
  readonly checkpoint?: Checkpoint;
}

interface PlaceOptions {
  readonly git: Git;
  readonly settings: Pick<RepositoryConfig, "BUILD_REPO">;
  readonly arch: string;
  readonly state: string;
  readonly sandbox: Sandbox;
  readonly sandboxOf?: BuildingPlace["sandboxOf"];
  readonly pacmanConf?: string;
  readonly extra?: ExtraRepositories | undefined;
  readonly build?: typeof buildPackage;
  readonly resources?: Resources | undefined;
  readonly checkpoint?: Checkpoint;
  /** Default: those of that folder. */
  readonly folders?: Folders;
  readonly commits?: Commits;
}

type InstallationOptions = StateOptions &
  Omit<PlaceOptions, "arch"> &
  Pick<Installation, "workspace" | "fetch"> & {
    readonly now?: () => Date;
    /** Default: the one in `state`. */
    readonly queue?: ObservedQueue;
  };

/**
 * Makes the state folder, adds it to Git's ignore list, and opens what is in it: an installation for each architecture
 * of CI_ARCHES, the first one first, which share a queue.
 *
 * @param options.settings as they are at HEAD; they name the package repository and its key until this ends, while
 *   each build has those of its own commit
 * @throws SluiceError `state-unwritable`, `disk-full`, `signing-key`, `queue-…`
 */
export async function openInstallations(options: InstallationOptions): Promise<Installations> {
  const { state, own = state, settings, git, checkpoint, now = () => new Date() } = options;
  const [first, ...further] = settings.CI_ARCHES;
  const commits = commitsOf(git);
  const shared = { settings, now, workspace: options.workspace, fetch: options.fetch };
  const like = await openRepository(options);
  const home = {
    ...(await openBuildingPlace({ ...options, arch: first!, commits, folders: foldersOf(state, own) })),
    ...shared,
    repository: like,
    readPublished: snapshotReader(like),
  };
  const away = [];
  for (const arch of further) {
    const folders = foldersOf(state, join(state, "further", settings.BUILD_REPO, arch));
    const place = await openBuildingPlace({ ...options, arch, commits, folders });
    const repository = await openRepository(options, { arch, like });
    away.push({ ...place, ...shared, repository, readPublished: snapshotReader(repository) });
  }
  const queue =
    options.queue ??
    (await openQueue(state, { now: () => now().getTime(), ...(checkpoint && { checkpoint }) }));
  const others = away.map((one) => ({ ...one, queue, others: [] }));
  return [{ ...home, queue, others }, ...others];
}

/**
 * The same without a queue, and without a key that signs.
 *
 * @throws SluiceError `state-unwritable`, `disk-full`
 */
export async function openBuildingPlace(options: PlaceOptions): Promise<BuildingPlace> {
  const { git, arch, settings, state, sandbox, build = buildPackage, folders = foldersOf(state) } = options;
  await makeFolders(folders);
  return {
    git,
    revisions: revisionsOf(git, arch, options.commits),
    sandbox,
    sandboxOf: options.sandboxOf,
    arch,
    folders,
    pacmanConf: options.pacmanConf ?? "/etc/pacman.conf",
    extra: options.extra,
    build,
    resources: options.resources,
    checkpoint: options.checkpoint,
    repository: { root: folders.repositories, name: settings.BUILD_REPO, arch },
  };
}

/**
 * The package repository alone, with the key that signs it.
 *
 * @param further another architecture than the first: where nothing of it is published yet, the key of the first
 *   one signs it
 * @throws SluiceError `state-unwritable`, `disk-full`, `signing-key`
 */
export async function openRepository(
  options: StateOptions,
  further?: { readonly arch: string; readonly like: Repository },
): Promise<Repository> {
  const { state, checkpoint } = options;
  await makeFolders(foldersOf(state));
  const places = keyPlaces(options, further?.arch);
  const isNew = further !== undefined && !(await publishedKeys(places.repository));
  const { key, otherKeys = [] } = isNew ? further.like : await openSigningKeys(places);
  // A key that can't sign is reported now, not after the first build.
  await withSigner(key, () => Promise.resolve());
  return {
    ...places.repository,
    key,
    otherKeys,
    keepDays,
    ...(checkpoint && { checkpoint }),
  };
}

/** Where keys lie, and what they sign. All architectures of a repository are signed by the same. */
export function keyPlaces(
  { settings, state, own = state, gnupgHome, checkpoint }: StateOptions,
  arch: string = settings.CI_ARCHES[0]!,
): KeyPlaces {
  const repository = {
    root: foldersOf(state).repositories,
    name: settings.BUILD_REPO,
    arch,
  };
  return {
    setting: settings.SIGNING_KEY,
    home: join(own, "signing-key"),
    gnupgHome,
    repository,
    checkpoint,
  };
}

async function makeFolders(folders: Folders): Promise<void> {
  try {
    await makeStateFolder(folders.state);
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    // Reported now with its real cause: gpg, for one, takes a full disk for a missing key.
    const probe = join(folders.work, `.probe-${process.pid}`);
    await writeFile(probe, Buffer.alloc(leastRoom));
    await rm(probe, { force: true });
  } catch (error) {
    throw explainSystemError(error, folders.state);
  }
}

const leastRoom = 64 * 1024;

/** Git ignores it. */
export async function makeStateFolder(state: string): Promise<void> {
  try {
    await mkdir(state, { recursive: true });
    const ignore = join(state, ".gitignore");
    if (!existsSync(ignore)) await writeFile(ignore, "*\n");
  } catch (error) {
    // What Node says of a folder that it can't make on a read-only file system.
    if (systemCode(error) !== "ENOENT") throw explainSystemError(error, state);
    throw new SluiceError("state-unwritable", `${state} can't be made`, {
      hint: "The file system may be read-only; name a folder on another one with --state.",
      facts: { path: state },
      cause: error,
    });
  }
}

/** The queue alone, for those who only look or hand over work. */
export async function openQueue(
  state: string,
  { now, checkpoint }: { now?: () => number; checkpoint?: Checkpoint } = {},
): Promise<ObservedQueue> {
  await makeStateFolder(state);
  const { openSqliteQueue } = await import("../queue/sqlite/sqlite.ts");
  return openSqliteQueue(join(state, "queue.sqlite"), now, checkpoint);
}
