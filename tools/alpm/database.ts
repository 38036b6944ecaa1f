import { SluiceError } from "../errors.ts";
import { readTar } from "./tar.ts";

/** One package as a package repository's database describes it. */
export interface DatabaseEntry {
  readonly name: string;
  /** The pkgbase it was built from; its own name where the database doesn't say. */
  readonly base: string;
  /** Full version, `1:2.0-3`. */
  readonly version: string;
  readonly arch: string;
  /** File name beside the database. */
  readonly filename: string;
  /** Hexadecimal, or "" in a database that has none. */
  readonly sha256: string;
  /** When it was built, in seconds since 1970; 0 in a database that doesn't say. */
  readonly buildDate: number;
  readonly groups: readonly string[];
  readonly provides: readonly string[];
  readonly conflicts: readonly string[];
  readonly replaces: readonly string[];
  readonly depends: readonly string[];
  readonly optdepends: readonly string[];
  readonly makedepends: readonly string[];
  readonly checkdepends: readonly string[];
}

const text = new TextDecoder();

/**
 * The packages that an uncompressed sync database (`.db` or `.files`) names, in its order. The format is
 * that of `alpm-repo-desc(5)`: a folder `<name>-<version>` per package with a file `desc`; databases of
 * pacman before 5 keep the relations in a second file `depends`.
 *
 * @throws SluiceError `tar-damaged`, or `database-entry` where an entry lacks name, version or file name.
 */
export function parseDatabase(tar: Uint8Array): DatabaseEntry[] {
  const packages = new Map<string, Map<string, string[]>>();
  for (const { path, bytes } of readTar(tar)) {
    const [folder, file] = path.replace(/^\.\//, "").split("/");
    if (folder === undefined || (file !== "desc" && file !== "depends")) continue;
    const fields = packages.get(folder) ?? new Map<string, string[]>();
    packages.set(folder, fields);
    readFields(text.decode(bytes), fields);
  }
  return [...packages].map(([folder, fields]) => toEntry(folder, fields));
}

/** Sections of the form `%KEY%`, one value per line, an empty line. */
export function readFields(desc: string, fields: Map<string, string[]>): void {
  let values: string[] | undefined;
  for (const line of desc.split("\n")) {
    if (line === "") {
      values = undefined;
    } else if (values !== undefined) {
      values.push(line);
    } else if (line.startsWith("%") && line.endsWith("%")) {
      values = [];
      fields.set(line.slice(1, -1), values);
    }
  }
}

function toEntry(folder: string, fields: ReadonlyMap<string, readonly string[]>): DatabaseEntry {
  const all = (key: string): readonly string[] => fields.get(key) ?? [];
  const required = (key: string): string => {
    const value = all(key)[0];
    if (value !== undefined) return value;
    throw new SluiceError("database-entry", `The database's entry ${folder} has no %${key}%.`, {
      hint: "The database is damaged: fetch it again, or rebuild it with repo-add.",
    });
  };
  const name = required("NAME");
  return {
    name,
    base: all("BASE")[0] ?? name,
    version: required("VERSION"),
    arch: all("ARCH")[0] ?? "any",
    filename: required("FILENAME"),
    sha256: all("SHA256SUM")[0] ?? "",
    buildDate: Number(all("BUILDDATE")[0]) || 0,
    groups: all("GROUPS"),
    provides: all("PROVIDES"),
    conflicts: all("CONFLICTS"),
    replaces: all("REPLACES"),
    depends: all("DEPENDS"),
    optdepends: all("OPTDEPENDS"),
    makedepends: all("MAKEDEPENDS"),
    checkdepends: all("CHECKDEPENDS"),
  };
}
