import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultArch } from "../alpm/names.ts";
import { buildPackage } from "../builder/build.ts";
import type { Resources } from "../builder/build-request.ts";
import { SluiceError, systemCode } from "../errors.ts";
import type { Git } from "../git/git.ts";
import type { Repository } from "../pkgrepo/repository.ts";
import { withSigner } from "../pkgrepo/signing/signing.ts";
import type { ToldQueue } from "../queue/event-readers.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Checkpoint } from "../steps.ts";
import type { RepositoryConfig } from "../workspace/config/config.ts";
import { explainSystemError } from "./machine.ts";
import { revisionsOf, type Revisions } from "./reconcile/revision.ts";
import { openSigningKeys, type KeyPlaces } from "./signing-keys.ts";

/** For how many days files stay that left the database, for clients and mirrors that still ask for them. */
export const keepDays = 14;

/** What building takes: the workspace, a sandbox, and what is published, which it only reads. */
export interface BuildingPlace {
  readonly git: Git;
  readonly revisions: Revisions;
  readonly repository: Pick<Repository, "root" | "name" | "arch">;
  readonly sandbox: Sandbox;
  readonly arch: string;
  readonly pacmanConf: string;
  readonly folders: Folders;
  readonly build: typeof buildPackage;
  readonly resources: Resources | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

/** Everything of one machine that builds and publishes: the workspace, and a folder with all the rest. */
export interface Installation extends BuildingPlace {
  readonly queue: ToldQueue;
  readonly repository: Repository;
  readonly now: () => Date;
  /** As they were when it was opened. */
  readonly settings: StateOptions["settings"];
}

/** What lies in the state folder. */
export interface Folders {
  readonly state: string;
  /** What is served: `<repository>/<arch>/…`. */
  readonly repositories: string;
  /** `<pkgbase>/<build>.log` */
  readonly logs: string;
  /** `<pkgbase>/`: sources that packages keep between builds. */
  readonly sources: string;
  /** `<pkgbase>/`: packages that are built and not published yet. */
  readonly finished: string;
  /** Builds under way. */
  readonly work: string;
  /** `<build>-<claim>/`: what builders on other machines send. */
  readonly landing: string;
}

export function foldersOf(state: string): Folders {
  return {
    state,
    repositories: join(state, "repositories"),
    logs: join(state, "logs"),
    sources: join(state, "sources"),
    finished: join(state, "finished"),
    work: join(state, "work"),
    landing: join(state, "landing"),
  };
}

export interface StateOptions {
  readonly settings: Pick<RepositoryConfig, "BUILD_REPO" | "SIGNING_KEY">;
  readonly state: string;
  /** The operator's GnuPG home, where SIGNING_KEY names a key in it. */
  readonly gnupgHome: string;
  readonly checkpoint?: Checkpoint;
}

interface PlaceOptions {
  readonly git: Git;
  readonly settings: Pick<RepositoryConfig, "BUILD_REPO">;
  readonly state: string;
  readonly sandbox: Sandbox;
  readonly pacmanConf?: string;
  readonly build?: typeof buildPackage;
  readonly resources?: Resources | undefined;
  readonly checkpoint?: Checkpoint;
}

/**
 * Makes the state folder, adds it to Git's ignore list, and opens what is in it.
 *
 * @param options.settings as they are at HEAD; they name the package repository and its key until this ends, while
 *   each build has those of its own commit
 * @throws SluiceError `state-unwritable`, `disk-full`, `signing-key`, `queue-…`
 */
export async function openInstallation(
  options: StateOptions & PlaceOptions & { readonly now?: () => Date },
): Promise<Installation> {
  const { state, checkpoint, now = () => new Date() } = options;
  const place = await openBuildingPlace(options);
  const repository = await openRepository(options);
  const queue = await openQueue(state, { now: () => now().getTime(), ...(checkpoint && { checkpoint }) });
  return { ...place, queue, now, repository, settings: options.settings };
}

/**
 * The same without a queue, and without a key that signs.
 *
 * @throws SluiceError `state-unwritable`, `disk-full`
 */
export async function openBuildingPlace(options: PlaceOptions): Promise<BuildingPlace> {
  const { git, settings, state, sandbox, build = buildPackage } = options;
  const folders = foldersOf(state);
  await makeFolders(folders);
  return {
    git,
    revisions: revisionsOf(git, defaultArch),
    sandbox,
    arch: defaultArch,
    folders,
    pacmanConf: options.pacmanConf ?? "/etc/pacman.conf",
    build,
    resources: options.resources,
    checkpoint: options.checkpoint,
    repository: { root: folders.repositories, name: settings.BUILD_REPO, arch: defaultArch },
  };
}

/**
 * The package repository alone, with the key that signs it.
 *
 * @throws SluiceError `state-unwritable`, `disk-full`, `signing-key`
 */
export async function openRepository(options: StateOptions): Promise<Repository> {
  const { state, checkpoint } = options;
  await makeFolders(foldersOf(state));
  const places = keyPlaces(options);
  const { key, otherKeys = [] } = await openSigningKeys(places);
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

/** Where keys lie, and what they sign. */
export function keyPlaces({ settings, state, gnupgHome, checkpoint }: StateOptions): KeyPlaces {
  const repository = {
    root: foldersOf(state).repositories,
    name: settings.BUILD_REPO,
    arch: defaultArch,
  };
  return {
    setting: settings.SIGNING_KEY,
    home: join(state, "signing-key"),
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
): Promise<ToldQueue> {
  await makeStateFolder(state);
  const { openSqliteQueue } = await import("../queue/sqlite/sqlite.ts");
  return openSqliteQueue(join(state, "queue.sqlite"), now, checkpoint);
}
