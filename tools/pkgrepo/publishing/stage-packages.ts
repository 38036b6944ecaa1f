import { constants } from "node:fs";
import { chmod, copyFile, lstat } from "node:fs/promises";
import { basename, join } from "node:path";
import { parsePkginfo, type Pkginfo } from "../../alpm/pkginfo.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import { inParallel } from "../../system/in-parallel.ts";
import { sha256Of } from "../../system/digest.ts";
import { readNeeds } from "../read-needs.ts";
import type { Candidate, VerifiedPackage } from "./plan-publish.ts";
import { run } from "../../system/run.ts";
import type { MadeFrom } from "../snapshot.ts";

/** A build that is done: what the builder hands over. */
export interface FinishedBuild {
  readonly pkgbase: string;
  /** What the recipe declares; the files' pkgnames must be among them. */
  readonly pkgnames: readonly string[];
  /** Paths of the `*.pkg.tar.*` files that it made. */
  readonly files: readonly string[];
  readonly madeFrom: MadeFrom;
}

/**
 * Copies a build's packages into the staging folder and verifies the copies, which nobody else can change
 * any more. Only what passed here is signed.
 *
 * @throws SluiceError `package-…` naming the file
 */
export async function stagePackages(build: FinishedBuild, arch: string, staging: string): Promise<Candidate> {
  const { pkgbase, pkgnames, madeFrom } = build;
  if (build.files.length === 0) throw refuse(build, "", "package-none", "the build made no package at all");
  refuseTwice(
    build,
    build.files.map((file) => basename(file)),
  );
  const packages = await inParallel(build.files, 2, (file) => stagePackage(build, file, arch, staging));
  refuseTwice(
    build,
    packages.map(({ pkgname }) => pkgname),
  );
  return { pkgbase, pkgnames, madeFrom, packages };
}

function refuseTwice(build: FinishedBuild, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(build, "", "package-twice", `it made ${twice} twice`);
}

/** pacman's names and versions in a file name, then makepkg's PKGEXT. Nothing that a shell would expand. */
const packageFile = /^[A-Za-z0-9@_+][A-Za-z0-9@._+:~^%-]*\.pkg\.tar(\.(gz|bz2|xz|zst|lrz|lzo|lz4|lz|Z))?$/;

async function stagePackage(
  build: FinishedBuild,
  file: string,
  arch: string,
  staging: string,
): Promise<VerifiedPackage> {
  const filename = basename(file);
  if (!packageFile.test(filename)) {
    throw refuse(build, file, "package-name", "that isn't the name of a package file");
  }
  const copy = join(staging, filename);
  await copyRegularFile(build, file, copy);
  const info = parsePkginfo((await readPkginfo(build, file, copy)).toString());
  const problem = disagreement(build, info, filename, arch);
  if (problem !== undefined) throw refuse(build, file, "package-disagrees", problem);
  const [sha256, needs] = await Promise.all([sha256Of(copy), readNeeds(copy, relationsOf(info))]);
  return { pkgname: info.pkgname, path: copy, filename, sha256, needs };
}

function relationsOf({ fields, ...info }: Pkginfo) {
  return { ...info, depends: fields.get("depend") ?? [], provides: fields.get("provides") ?? [] };
}

async function copyRegularFile(build: FinishedBuild, file: string, copy: string): Promise<void> {
  const status = await lstat(file).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") throw refuse(build, file, "package-missing", "there is no such file");
    throw error;
  });
  if (!status.isFile()) throw refuse(build, file, "package-missing", "it isn't a regular file");
  await copyFile(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(copy, 0o644);
}

/**
 * pacman reads every entry of exactly that name, and the last one counts; bsdtar finds it below `./`, too, and takes the
 * first. So there must be one alone.
 */
async function readPkginfo(build: FinishedBuild, file: string, copy: string): Promise<Buffer> {
  try {
    const listed = (await run("bsdtar", ["-tf", copy, "*.PKGINFO*"])).toString().split("\n");
    const info = listed.filter((path) => /^[./]*\.PKGINFO(?:\/|$)/.test(path));
    if (info.length !== 1 || info[0] !== ".PKGINFO") {
      throw refuse(build, file, "package-disagrees", "it has more than one .PKGINFO");
    }
    return await run("bsdtar", ["-xOqf", copy, ".PKGINFO"]);
  } catch (error) {
    if (error instanceof SluiceError && ["program-missing", "package-disagrees"].includes(error.code))
      throw error;
    throw refuse(build, file, "package-damaged", "it has no .PKGINFO that can be read", error);
  }
}

/** The first thing in which a package isn't what it has to be. */
function disagreement(
  build: FinishedBuild,
  info: Pkginfo,
  filename: string,
  arch: string,
): string | undefined {
  if (info.pkgbase !== build.pkgbase) return `its .PKGINFO says pkgbase ${info.pkgbase}`;
  if (!build.pkgnames.includes(info.pkgname)) {
    return `it holds ${info.pkgname}, and the recipe declares ${build.pkgnames.join(", ") || "nothing"}`;
  }
  if (info.arch !== arch && info.arch !== "any") return `it is for ${info.arch}, the repository for ${arch}`;
  const name = `${info.pkgname}-${info.version}-${info.arch}`;
  if (!filename.startsWith(`${name}.pkg.tar`)) return `its .PKGINFO says that it is ${name}`;
  return undefined;
}

function refuse(
  build: FinishedBuild,
  file: string,
  code: string,
  problem: string,
  cause?: unknown,
): SluiceError {
  const what = file === "" ? problem : `${basename(file)} is refused: ${problem}`;
  return new SluiceError(code, `${build.pkgbase}: ${what}.`, {
    facts: { pkgbase: build.pkgbase, ...(file !== "" && { path: file }) },
    hint: "Nothing of this build was published. Look at its log, and build it again.",
    exitCode: 1,
    cause,
  });
}
