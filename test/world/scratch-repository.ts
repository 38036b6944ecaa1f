import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderOf, type Repository } from "../../tools/pkgrepo/repository.ts";
import { makeLocalKey } from "../../tools/pkgrepo/signing/signing-key.ts";
import { publishedPackages, type MadeFrom } from "../../tools/pkgrepo/snapshot.ts";
import type { Main } from "../../tools/pkgrepo/publishing/plan-publish.ts";
import type { FinishedBuild } from "../../tools/pkgrepo/publishing/stage-packages.ts";
import { writeTinyPackage, type TinyPackage } from "./tiny-package.ts";

/** What publishing calls, for tests to ask `missingPrograms` about. */
export const publishingPrograms = ["gpg", "gpgconf", "repo-add", "bsdtar", "flock"];

export interface ScratchRepository {
  readonly home: string;
  readonly repository: Repository;
  /** The folder with the database and the packages. */
  readonly folder: string;
  /** A finished build of one pkgbase, its packages written to a folder of their own. */
  build(pkgbase: string, ...packages: readonly Omit<TinyPackage, "pkgbase">[]): FinishedBuild;
  close(): void;
}

/** A package repository `tiny` for x86_64 with a key of its own; nothing is published yet. */
export async function scratchRepository(): Promise<ScratchRepository> {
  const home = mkdtempSync(join(tmpdir(), "sluice-published-"));
  const key = await makeLocalKey(join(home, "keys"), "Tiny <tiny@example.org>");
  const repository = { root: join(home, "root"), name: "tiny", arch: "x86_64", key, keepDays: 7 };
  let builds = 0;
  return {
    home,
    repository,
    folder: folderOf(repository).folder,
    build(pkgbase, ...packages) {
      const folder = join(home, "built", String(builds++));
      return {
        pkgbase,
        pkgnames: packages.map(({ pkgname }) => pkgname),
        files: packages.map((tiny) => writeTinyPackage(folder, { ...tiny, pkgbase })),
        madeFrom: madeFromCommit("c0ffee"),
      };
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A main that has nothing of its own to say, and these pkgbases to remove. */
export function removing(...pkgbases: readonly string[]): Main {
  return { packages: new Map(), removals: pkgbases.map((pkgbase) => ({ pkgbase })) };
}

export function madeFromCommit(commit: string): MadeFrom {
  return { commit, recipeTree: `tree of ${commit}`, bump: null, vcs: {} };
}

/**
 * Holds a published repository to what its clients need, and returns pkgname to version: the database's
 * signature is right, every file that it names exists, has the right hash and the right signature.
 */
export async function installable(repository: Repository): Promise<Record<string, string>> {
  const { folder, publicKey } = folderOf(repository);
  if (!existsSync(join(folder, `${repository.name}.db`))) return {};
  const keyring = join(repository.root, "keyring.gpg");
  execFileSync("gpg", ["--yes", "--dearmor", "--output", keyring, publicKey], { stdio: "ignore" });
  const verify = (name: string): void => {
    const file = join(folder, name);
    execFileSync("gpgv", ["--keyring", keyring, `${file}.sig`, file], { stdio: "pipe" });
  };
  for (const kind of ["db", "files"]) verify(`${repository.name}.${kind}`);
  const entries = await publishedPackages(repository);
  for (const { filename, sha256 } of entries) {
    const found = createHash("sha256")
      .update(readFileSync(join(folder, filename)))
      .digest("hex");
    if (found !== sha256) throw new Error(`${filename} isn't the file that the database names`);
    verify(filename);
  }
  return Object.fromEntries(entries.map(({ name, version }) => [name, version]));
}
