import { basename } from "node:path";
import type { DatabaseEntry } from "../alpm/database.ts";
import { parsePkginfo } from "../alpm/pkginfo.ts";
import { run } from "../system/run.ts";

/**
 * A package file as the database of a package repository would describe it, without its checksum.
 *
 * @throws SluiceError `pkginfo`, `program-failed`, `program-missing`
 */
export async function readPackageEntry(path: string): Promise<DatabaseEntry> {
  const pkginfo = parsePkginfo((await run("bsdtar", ["-xOqf", path, ".PKGINFO"])).toString());
  const { pkgname, pkgbase, version, arch, fields } = pkginfo;
  const all = (key: string): readonly string[] => fields.get(key) ?? [];
  return {
    name: pkgname,
    base: pkgbase,
    version,
    arch,
    filename: basename(path),
    sha256: "",
    buildDate: Number(all("builddate")[0]) || 0,
    groups: all("group"),
    provides: all("provides"),
    conflicts: all("conflict"),
    replaces: all("replaces"),
    depends: all("depend"),
    optdepends: all("optdepend"),
    makedepends: all("makedepend"),
    checkdepends: all("checkdepend"),
  };
}
