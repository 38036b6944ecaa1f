import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { SigningKey } from "./signing/gpg-agent.ts";
import type { Checkpoint } from "../steps.ts";

/**
 * A package repository for one architecture, published as a folder:
 *
 *     <root>/<name>/<name>.asc                the public keys, the one that signs first
 *     <root>/<name>/<arch>/*.pkg.tar.*[.sig]  packages and signatures
 *     <root>/<name>/<arch>/databases/<n>/     snapshots: <name>.db.tar.gz, <name>.files.tar.gz, a .sig of
 *                                             each, made-from.json, needs.json, retired.json, keys.json
 *     <root>/<name>/<arch>/databases/current  symbolic link to the snapshot that counts
 *     <root>/<name>/<arch>/<name>.db[.sig], <name>.files[.sig], made-from.json, needs.json
 *                                             symbolic links through databases/current; they never change
 *
 * A snapshot never changes once it is in place, and publishing replaces one symbolic link. So database,
 * signatures and what the packages were made from change together, in one rename: at no moment, crash
 * included, does the folder hold a database without its signature. Packages are in place before that
 * rename and stay for days after, so no database names a missing file.
 *
 * One race is left to readers, not to the folder: pacman asks for the database and then for its signature,
 * and a switch may come between. `serve.ts` closes it by redirecting the database's name to the snapshot,
 * since pacman then fetches the signature from beside it. A plain web server leaves it open for the moment
 * between the two requests; the client's next `-Sy` is right again.
 */
export interface Repository {
  readonly root: string;
  /** The repository's name in pacman.conf. */
  readonly name: string;
  readonly arch: string;
  /** Signs a repository that is new. What is published goes on with the key that signed it, until `rotateKey`. */
  readonly key: SigningKey;
  /** Other homes of keys: where one lies that signed before, or is to sign. */
  readonly otherKeys?: readonly SigningKey[];
  /** For how many days a package's file stays after the last database that named it. */
  readonly keepDays: number;
  /** How long to wait for another process that is publishing; default: 60 seconds. */
  readonly lockWaitSeconds?: number;
  readonly checkpoint?: Checkpoint;
}

/** Names in a repository's folder of what is unfinished; whoever takes its lock deletes what is left of them. */
export const stagingPrefix = ".staging-";

/** Where a repository's files are; all below `root`. */
export interface RepositoryFolder {
  readonly folder: string;
  readonly databases: string;
  readonly current: string;
  readonly lock: string;
  readonly publicKey: string;
  readonly database: string;
  readonly files: string;
}

/** @throws SluiceError `repository-name` where name or architecture can't be a folder's name. */
export function folderOf(repository: Pick<Repository, "root" | "name" | "arch">): RepositoryFolder {
  const { root, name, arch } = repository;
  for (const part of [name, arch]) {
    if (/^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$/.test(part)) continue;
    throw new SluiceError(
      "repository-name",
      `"${part}" can't be the name of a package repository's folder.`,
      {
        hint: "Use letters, digits and @ . _ + - in BUILD_REPO and the architecture.",
      },
    );
  }
  const folder = join(root, name, arch);
  const databases = join(folder, "databases");
  return {
    folder,
    databases,
    current: join(databases, "current"),
    lock: join(folder, ".lock"),
    publicKey: join(root, name, `${name}.asc`),
    database: `${name}.db.tar.gz`,
    files: `${name}.files.tar.gz`,
  };
}
