import { z } from "zod";
import { parseDatabase, type DatabaseEntry } from "../../alpm/database.ts";
import { parseRelation } from "../../alpm/relation.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { SluiceError } from "../../errors.ts";
import type { Http, HttpAnswer } from "../../http/http.ts";
import { conditions, refused, withoutCredentials } from "./asking.ts";
import { decompress } from "./decompress.ts";
import { addNewest, parseVersions, versionLines, type Versions } from "./versions.ts";

/** What is remembered of a database of CI_LIB_DB between two runs. */
export const knownDatabaseSchema = z
  .object({
    /** Without credentials. */
    url: z.string(),
    etag: z.string().optional(),
    lastModified: z.string().optional(),
    /** The latest %BUILDDATE% in it, in seconds since 1970. */
    newestBuild: z.number(),
    /** Lines `pkgbase:version`, sorted. */
    packages: z.array(z.string()).readonly(),
  })
  .readonly();
export type KnownDatabase = z.infer<typeof knownDatabaseSchema>;

/** How a look at one database ended. `database` is what is to be remembered of it. */
export type DatabaseSighting =
  | {
      readonly kind: "read";
      readonly database: KnownDatabase;
      readonly before: KnownDatabase | undefined;
      /** By pkgbase. */
      readonly names: ReadonlyMap<string, LibraryNames>;
      readonly entries: readonly DatabaseEntry[];
    }
  | { readonly kind: "unchanged"; readonly database: KnownDatabase }
  /** An older copy than the one that was seen before: a mirror that lags. */
  | { readonly kind: "stale"; readonly database: KnownDatabase; readonly error: SluiceError }
  | {
      readonly kind: "unavailable";
      readonly url: string;
      /** Undefined where it was never read. */
      readonly database: KnownDatabase | undefined;
      readonly error: SluiceError;
    };

/** By what other packages depend on a pkgbase, without versions. */
export interface LibraryNames {
  readonly pkgnames: Set<string>;
  readonly provides: Set<string>;
}

/**
 * Looks at the databases of CI_LIB_DB, in their order, all at once; what hasn't changed since is not sent again.
 * Never rejects because of a database: whatever goes wrong with one is its sighting.
 */
export function readDistribution(
  urls: readonly string[],
  known: readonly KnownDatabase[],
  http: Http,
): Promise<DatabaseSighting[]> {
  const byUrl = new Map(known.map((database) => [database.url, database]));
  return Promise.all(urls.map((url) => look(url, byUrl.get(withoutCredentials(url)), http)));
}

/** The largest of Arch's, extra.db, has 9 MB, and 60 MB unpacked. */
const [maxBytes, maxUnpacked] = [64 * 2 ** 20, 512 * 2 ** 20];

async function look(url: string, before: KnownDatabase | undefined, http: Http): Promise<DatabaseSighting> {
  try {
    const answer = await http.fetch(url, { headers: conditions(before), maxBytes });
    if (answer.status === 304 && before) return { kind: "unchanged", database: before };
    if (answer.status !== 200) throw refused(url, answer.status);
    return await read(url, answer, before);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return {
      kind: "unavailable",
      url: withoutCredentials(url),
      database: before,
      error: unreadable(url, error),
    };
  }
}

async function read(
  url: string,
  { headers, body }: HttpAnswer & { readonly body: Buffer },
  before: KnownDatabase | undefined,
): Promise<DatabaseSighting> {
  const entries = parseDatabase(await decompress(body, maxUnpacked));
  const versions = new Map<string, string>();
  const names = new Map<string, LibraryNames>();
  let newestBuild = 0;
  for (const { base, name, version, provides, buildDate } of entries) {
    addNewest(versions, base, version);
    const ofBase = names.get(base) ?? { pkgnames: new Set(), provides: new Set() };
    names.set(base, ofBase);
    ofBase.pkgnames.add(name);
    for (const text of provides) ofBase.provides.add(parseRelation(text).name);
    newestBuild = Math.max(newestBuild, buildDate);
  }
  const database: KnownDatabase = {
    url: withoutCredentials(url),
    ...(headers["etag"] !== undefined && { etag: headers["etag"] }),
    ...(headers["last-modified"] !== undefined && { lastModified: headers["last-modified"] }),
    newestBuild,
    packages: versionLines(versions),
  };
  const older = before && whyOlder(database, versions, before);
  return older === undefined
    ? { kind: "read", database, before, names, entries }
    : { kind: "stale", database: before!, error: stale(url, older) };
}

/**
 * A newest build that is gone makes an older copy only together with a version that went down: else the newest
 * package was removed.
 */
function whyOlder(now: KnownDatabase, versions: Versions, before: KnownDatabase): string | undefined {
  const [modified, modifiedBefore] = [now, before].map(({ lastModified }) => Date.parse(lastModified ?? ""));
  if (modified! < modifiedBefore!) {
    return `it was last modified at ${now.lastModified}, the one before at ${before.lastModified}`;
  }
  if (now.newestBuild >= before.newestBuild) return undefined;
  for (const [pkgbase, version] of parseVersions(before.packages)) {
    const current = versions.get(pkgbase);
    if (current !== undefined && vercmp(current, version) < 0) {
      return `its newest package is older than before, and ${pkgbase} went from ${version} to ${current}`;
    }
  }
  return undefined;
}

function unreadable(url: string, error: SluiceError): SluiceError {
  const place = withoutCredentials(url);
  return new SluiceError("database-unavailable", `The database ${place} can't be read: ${error.message}`, {
    hint: error.hint ?? "Nothing is rebuilt because of it; the next run looks again. Is CI_LIB_DB right?",
    facts: { ...error.facts, url: place },
    exitCode: 1,
    cause: error,
  });
}

function stale(url: string, why: string): SluiceError {
  const place = withoutCredentials(url);
  return new SluiceError(
    "database-stale",
    `The database ${place} is an older copy than the one before: ${why}`,
    {
      hint: "Nothing is rebuilt because of it until the mirror has caught up; CI_LIB_DB may name another one.",
      facts: { url: place },
      exitCode: 1,
    },
  );
}
