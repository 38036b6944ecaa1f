import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, systemCode } from "../errors.ts";
import type { ObservedQueue } from "../queue/event-readers.ts";
import type { Checkpoint } from "../steps.ts";
import { explainSystemError } from "./machine.ts";

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

/** @param own where packages of the same name are kept apart from those of other repositories and architectures */
export function foldersOf(state: string, own = state): Folders {
  return {
    state,
    repositories: join(state, "repositories"),
    logs: join(state, "logs"),
    sources: join(own, "sources"),
    finished: join(own, "finished"),
    work: join(state, "work"),
    landing: join(state, "landing"),
  };
}

/** @throws SluiceError `state-unwritable`, `disk-full` */
export async function makeFolders(folders: Folders): Promise<void> {
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
