import { inMemory } from "../../alpm/file-bytes.ts";
import { tarEntries, type ArchivedEntry } from "../../alpm/tar.ts";
import { symbolVersion, type Need } from "../../binaries/need.ts";
import { readPackage } from "../../binaries/read-package.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { refused } from "./asking.ts";
import { decompress } from "./decompress.ts";

/** A package of a distribution whose libraries are asked for the versions of their symbols. */
export interface AskedLibraries {
  /** Of its database. */
  readonly url: string;
  readonly pkgname: string;
  readonly version: string;
  /** The package file beside the database. */
  readonly file: string;
  /** Whether the database was there before: a mirror that has just got it may still lack its packages. */
  readonly isSettled?: boolean;
}

/** What one run may spend on it: packages, and bytes of all together. The next runs go on. */
const [maxPackages, maxBytes, maxUnpacked] = [16, 128 * 2 ** 20, 512 * 2 ** 20];
/** Of one database; a server that refuses these refuses the others, too. */
const maxRefusals = 4;

/**
 * Reads the symbol versions that packages of a distribution give, of the packages themselves: no database says them.
 * One after the other and the first of them only, as many as a run may.
 *
 * @returns by package, `x86_64-64:libfoo.so.1@FOO_1.2`; none of one that can't be understood or that isn't there. Those that
 *   couldn't be fetched aren't in it, and are to be asked for again.
 */
export async function readSymbols(
  asked: readonly AskedLibraries[],
  http: Pick<Http, "fetch">,
): Promise<ReadonlyMap<AskedLibraries, readonly Need[]>> {
  const found = new Map<AskedLibraries, readonly Need[]>();
  const refusals = new Map<string, number>();
  let left = maxBytes;
  for (const one of asked.slice(0, maxPackages)) {
    const refused = refusals.get(one.url) ?? 0;
    if (refused === maxRefusals) continue;
    const file = await fetchPackage(one, left, http);
    if (file === "unavailable") refusals.set(one.url, refused + 1);
    if (file === "unavailable" || file === "not-yet") continue;
    // One that is larger than all that a run may fetch never comes.
    if (file === "too-large" && left < maxBytes) break;
    found.set(one, typeof file === "string" ? [] : await symbolsIn(file, one));
    left -= file === "too-large" ? maxBytes : file.length;
    if (left <= 0) break;
  }
  return found;
}

async function fetchPackage(
  { url, file, isSettled = false }: AskedLibraries,
  left: number,
  http: Pick<Http, "fetch">,
): Promise<Buffer | "unavailable" | "not-yet" | "too-large" | "missing"> {
  const address = new URL(encodeURIComponent(file), url.replace(/[?#].*/, "")).href;
  try {
    const { status, body } = await http.fetch(address, { maxBytes: left });
    if (status === 404) return isSettled ? "missing" : "not-yet";
    if (status !== 200) throw refused(address, status);
    return body;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return error.code === "too-large" ? "too-large" : "unavailable";
  }
}

/** What isn't the package that was asked for, or isn't understood, says nothing. */
async function symbolsIn(file: Buffer, { pkgname, version }: AskedLibraries): Promise<readonly Need[]> {
  try {
    const tar = inMemory(await decompress(file, maxUnpacked));
    const record = await readPackage(each(tarEntries(tar)));
    if (record.pkgname !== pkgname || record.version !== version) return [];
    return record.gives.filter((need) => symbolVersion(need) !== undefined);
  } catch (error) {
    if (error instanceof SluiceError && error.code !== "program-missing") return [];
    throw error;
  }
}

async function* each(entries: Iterable<ArchivedEntry>): AsyncGenerator<ArchivedEntry> {
  yield* entries;
}
