import { setImmediate } from "node:timers/promises";
import { tarEntries, type ArchivedEntry } from "../alpm/tar.ts";
import { readPackage } from "../binaries/read-package.ts";
import type { PackageRecord } from "../binaries/record.ts";
import { SluiceError } from "../errors.ts";
import { withUnpacked } from "./unpacked.ts";

type KnownOfPackage = Pick<
  PackageRecord,
  "pkgname" | "pkgbase" | "version" | "arch" | "depends" | "provides"
>;

/**
 * What a package file needs and gives. A file of it that can't be understood doesn't keep it from being published: the
 * record says why it isn't complete.
 */
export async function readNeeds(path: string, known: KnownOfPackage): Promise<PackageRecord> {
  try {
    return await withUnpacked(path, (tar) => readPackage(byAndBy(tarEntries(tar))));
  } catch (error) {
    if (!(error instanceof SluiceError) || isOfMachine(error)) throw error;
    return { ...known, needs: {}, gives: [], builtWith: {}, unread: error.message };
  }
}

/** Another time, or on another machine, the same file can be read. */
export function isOfMachine({ code }: SluiceError): boolean {
  return code === "program-missing" || code === "disk-full";
}

/** A package of a hundred thousand files lets others have their turn in between. */
async function* byAndBy(entries: Iterable<ArchivedEntry>): AsyncGenerator<ArchivedEntry> {
  let count = 0;
  for (const entry of entries) {
    yield entry;
    if (++count % 256 === 0) await setImmediate();
  }
}
