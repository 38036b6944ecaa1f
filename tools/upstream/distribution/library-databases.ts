import { execa } from "execa";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import type { DatabaseSighting } from "./distribution.ts";

/** A database of CI_LIB_DB as this run has read it. */
export interface LibraryDatabase {
  /** By pkgname; undefined where nothing of it has changed since the last run. */
  readonly packages: ReadonlyMap<string, DatabaseEntry> | undefined;
  /** The paths that a package installs; undefined where its version is that of the last run. */
  filesOf(entry: DatabaseEntry): Promise<readonly string[] | undefined>;
}

/** By the database's name (`core` of `…/core.db`); the first one of a name counts. */
export function libraryDatabases(
  sightings: readonly DatabaseSighting[],
  http: Http,
): Map<string, LibraryDatabase | SluiceError> {
  const databases = new Map<string, LibraryDatabase | SluiceError>();
  for (const sighting of sightings) {
    const url = sighting.kind === "unavailable" ? sighting.url : sighting.database.url;
    const name = /([^/]+)\.db(?:\.tar\S*)?$/.exec(new URL(url).pathname)?.[1];
    if (name !== undefined && !databases.has(name)) databases.set(name, open(sighting, url, http));
  }
  return databases;
}

function open(sighting: DatabaseSighting, url: string, http: Http): LibraryDatabase | SluiceError {
  switch (sighting.kind) {
    case "unavailable":
      return unavailable(url, "can't be read now", sighting.error);
    // An older copy tells nothing new.
    case "stale":
    case "unchanged":
      return { packages: undefined, filesOf: () => Promise.resolve(undefined) };
    case "read": {
      const before = new Set(sighting.before?.packages);
      let archive: Promise<Buffer> | undefined;
      return {
        packages: new Map(sighting.entries.map((entry) => [entry.name, entry])),
        async filesOf(entry) {
          if (before.has(`${entry.base}:${entry.version}`)) return undefined;
          archive ??= fetchFiles(url.replace(/\.db(?=\.tar|$)/, ".files"), http);
          return await filesIn(await archive, entry, url);
        },
      };
    }
  }
}

/** The largest of Arch's, extra.files, has 50 MB. */
const maxBytes = 256 * 2 ** 20;

async function fetchFiles(url: string, http: Http): Promise<Buffer> {
  const { status, body } = await http.fetch(url, { maxBytes });
  if (status === 200) return body;
  throw unavailable(url, `answered ${status}`);
}

/** Unpacked it may have a gigabyte, so only what is asked for leaves bsdtar, which runs nothing of an archive. */
async function filesIn(archive: Buffer, { name, version }: DatabaseEntry, url: string): Promise<string[]> {
  const literal = `${name}-${version}/files`.replaceAll(/[\\*?[\]]/g, "\\$&");
  try {
    const { stdout } = await execa("bsdtar", ["-xOf", "-", "--include", literal], {
      input: archive,
      maxBuffer: 64 * 2 ** 20,
      extendEnv: false,
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
    return stdout.split("\n").filter((line) => line !== "" && line !== "%FILES%");
  } catch (cause) {
    throw unavailable(url, `has no files of ${name} ${version} that can be read`, cause);
  }
}

function unavailable(url: string, what: string, cause?: unknown): SluiceError {
  const { origin, pathname } = new URL(url);
  return new SluiceError("unavailable", `${origin}${pathname} ${what}`, {
    hint: "The next run asks again.",
    exitCode: 1,
    cause,
  });
}
