import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderOf, type Repository } from "../../tools/pkgrepo/repository.ts";
import type { MadeFromRecord } from "../../tools/pkgrepo/snapshot.ts";
import { writeTar } from "./tar.ts";

export interface WrittenPackage {
  readonly name: string;
  readonly version: string;
  /** Seconds since 1970. */
  readonly buildDate?: number;
  /** Of its pkgbase, which has its name. */
  readonly madeFrom: MadeFromRecord;
}

/**
 * A published state as publishing leaves it, unsigned and with empty package files: for those who only read it. It
 * takes the place of the one before.
 */
export function writePublishedState(
  repository: Pick<Repository, "root" | "name" | "arch">,
  packages: readonly WrittenPackage[],
): void {
  const { folder, databases, current, database } = folderOf(repository);
  const snapshot = join(databases, String(Date.now()));
  mkdirSync(snapshot, { recursive: true });
  const described = packages.map(({ name, version, buildDate = 0 }) => {
    const filename = `${name}-${version}-any.pkg.tar.zst`;
    for (const file of [filename, `${filename}.sig`]) writeFileSync(join(folder, file), "");
    const fields = { FILENAME: filename, NAME: name, BASE: name, VERSION: version, ARCH: "any" };
    const all = Object.entries({ ...fields, BUILDDATE: buildDate });
    return [`${name}-${version}/desc`, all.map(([key, value]) => `%${key}%\n${value}\n`).join("\n")];
  });
  writeFileSync(join(snapshot, database), writeTar(Object.fromEntries(described) as Record<string, string>));
  const records = Object.fromEntries(packages.map(({ name, madeFrom }) => [name, madeFrom]));
  writeFileSync(join(snapshot, "made-from.json"), JSON.stringify(records));
  writeFileSync(join(snapshot, "retired.json"), "{}");
  rmSync(current, { force: true });
  symlinkSync(snapshot.slice(snapshot.lastIndexOf("/") + 1), current);
}
