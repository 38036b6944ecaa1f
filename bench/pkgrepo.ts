import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeTar } from "../test/world/tar.ts";
import { writeTinyPackage } from "../test/world/tiny-package.ts";
import { publish } from "../tools/pkgrepo/publishing/publish.ts";
import { folderOf, type Repository, type RepositoryFolder } from "../tools/pkgrepo/repository.ts";
import { makeLocalKey } from "../tools/pkgrepo/signing/signing-key.ts";
import { madeFrom, publishedPackages, type MadeFrom } from "../tools/pkgrepo/snapshot.ts";
import type { FinishedBuild } from "../tools/pkgrepo/publishing/stage-packages.ts";
import type { BenchReport } from "./report.ts";

/**
 * Adding packages to a large repository: one `publish` of all against one `repo-add` each. The latter is
 * measured on a sample; its cost is that of unpacking and packing the same database, whichever the package.
 */
export async function benchPkgrepo(present = 2500, added = 100, sample = 5): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const key = await makeLocalKey(join(home, "keys"), "sluice (benchmark)");
    const repository: Repository = {
      root: join(home, "root"),
      name: "bench",
      arch: "x86_64",
      key,
      keepDays: 7,
    };
    const names = Array.from({ length: present + added }, (_, index) => `package-${index}`);
    await publish(repository, [], new Date());
    writePresent(folderOf(repository), names.slice(0, present));
    const builds = names.slice(present).map((pkgname, index) => build(join(home, "built"), pkgname, index));

    const copy = join(home, "copy");
    const { current, database } = folderOf(repository);
    cpSync(current, copy, { recursive: true, dereference: true });
    const mean =
      (await seconds(async () => {
        for (const { files } of builds.slice(0, sample)) {
          execFileSync("repo-add", ["--quiet", join(copy, database), ...files], { stdio: "ignore" });
        }
      })) / sample;

    const batch = await seconds(() => publish(repository, builds, new Date()));
    const published = await publishedPackages(repository);
    if (published.length !== present + added) throw new Error(`${published.length} packages are published`);
    const readMadeFrom = await seconds(() => madeFrom(repository));
    return {
      name: `pkgrepo: adding ${added} packages to a repository of ${present}`,
      figures: {
        "one publish, signed": `${batch.toFixed(1)} s`,
        "one repo-add each": `${(mean * added).toFixed(1)} s (${mean.toFixed(2)} s each, measured on ${sample})`,
        ratio: `${((mean * added) / batch).toFixed(1)} times faster`,
        "reading what all were made from": `${(readMadeFrom * 1000).toFixed(0)} ms`,
      },
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** Databases of so many packages as repo-add writes them; making them with repo-add takes minutes. */
function writePresent({ current, database, files }: RepositoryFolder, names: readonly string[]): void {
  const described = names.map((name, index) => [`${name}-1-1/desc`, desc(name, index)] as const);
  const listed = names.map((name) => [`${name}-1-1/files`, fileList(name)] as const);
  writeFileSync(join(current, database), gzipSync(writeTar(Object.fromEntries(described))));
  writeFileSync(join(current, files), gzipSync(writeTar(Object.fromEntries([...described, ...listed]))));
  const madeFrom = names.map((name, index) => [name, { ...origin(index), pkgnames: [name] }]);
  writeFileSync(join(current, "made-from.json"), JSON.stringify(Object.fromEntries(madeFrom)));
}

function desc(name: string, index: number): string {
  const digest = (algorithm: string): string => createHash(algorithm).update(name).digest("hex");
  const fields: [string, ...string[]][] = [
    ["FILENAME", `${name}-1-1-x86_64.pkg.tar.zst`],
    ["NAME", name],
    ["BASE", name],
    ["VERSION", "1-1"],
    ["DESC", `The tiny package ${name}`],
    ["CSIZE", "4096"],
    ["ISIZE", "8192"],
    ["MD5SUM", digest("md5")],
    ["SHA256SUM", digest("sha256")],
    ["PGPSIG", Buffer.from(digest("sha512")).toString("base64").slice(0, 160)],
    ["URL", "https://example.org"],
    ["LICENSE", "MIT"],
    ["ARCH", "x86_64"],
    ["BUILDDATE", String(1_700_000_000 + index)],
    ["PACKAGER", "Test <test@example.org>"],
    ["DEPENDS", `package-${index + 1}`, "glibc"],
  ];
  return fields.map(([key, ...values]) => `%${key}%\n${values.join("\n")}\n\n`).join("");
}

function fileList(name: string): string {
  const paths = Array.from({ length: 20 }, (_, index) => `usr/share/${name}/file-${index}`);
  return `%FILES%\nusr/\nusr/share/\nusr/share/${name}/\n${paths.join("\n")}\n`;
}

function build(folder: string, pkgname: string, index: number): FinishedBuild {
  const files = [writeTinyPackage(folder, { pkgname, depends: ["glibc"] })];
  return { pkgbase: pkgname, pkgnames: [pkgname], files, madeFrom: origin(index) };
}

function origin(index: number): MadeFrom {
  return { commit: "0".repeat(40), recipeTree: String(index).padStart(40, "0"), bump: null, vcs: {} };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
