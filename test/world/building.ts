import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../../tools/builder/build.ts";
import type { BuildRequest, BuildResult } from "../../tools/builder/build-request.ts";
import { openLog } from "../../tools/builder/log.ts";
import { openGit } from "../../tools/git/git.ts";
import { bubblewrap } from "../../tools/sandbox/bubblewrap/bubblewrap.ts";
import { probeBubblewrap } from "../../tools/sandbox/bubblewrap/probe.ts";
import type { Sandbox } from "../../tools/sandbox/sandbox.ts";
import { listFolders, readFolders } from "../../tools/workspace/commit.ts";
import { packagePath } from "../../tools/workspace/files.ts";
import { parseWorkspace } from "../../tools/workspace/workspace.ts";
import { missingPrograms } from "./programs.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** Why nothing can be built here, if so; for tests to skip by. */
export const cannotBuild =
  missingPrograms("makepkg", "pacman", "fakeroot", "bsdtar", "zstd", "patch").join(", ") ||
  (probeBubblewrap() === undefined ? "" : "bubblewrap");

/** A tiny recipe: variables of a PKGBUILD as they stand in it, then functions. */
export interface Recipe {
  /** `source: ["a.txt"]` becomes `source=('a.txt')`, and a line each in .SRCINFO. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** Behind the variables; a `package()` unless told. */
  readonly code?: string;
  /** More files of the package folder, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** `KEY=value` lines of .CI/config. */
  readonly config?: string;
  /** Sections of .SRCINFO besides pkgbase; null for no .SRCINFO at all. */
  readonly pkgnames?: readonly string[] | null;
}

export interface Built {
  readonly result: BuildResult;
  readonly log: string;
  readonly logPath: string;
  /** Paths of the packages. */
  readonly files: readonly string[];
  /** Where it was built. */
  readonly folder: string;
}

/** A workspace whose packages are built with the real makepkg, in the real sandbox. */
export class BuildingWorkspace extends ScratchWorkspace {
  readonly #sandbox: Sandbox;

  constructor(sandbox: Sandbox = bubblewrap()) {
    super();
    chmodSync(this.base, 0o755);
    this.#sandbox = sandbox;
  }

  writeRecipe(
    pkgbase: string,
    { fields = {}, code, files = {}, config, pkgnames = [pkgbase] }: Recipe,
  ): void {
    const folder = `packages/${pkgbase}`;
    const all = { pkgver: "1", pkgrel: "1", arch: ["any"], license: ["MIT"], ...fields };
    const variables = Object.entries(all).map(([name, value]) =>
      typeof value === "string"
        ? `${name}=${value}`
        : `${name}=(${value.map((word) => `'${word}'`).join(" ")})`,
    );
    const names =
      pkgnames && pkgnames.join() !== pkgbase
        ? `pkgbase=${pkgbase}\npkgname=(${pkgnames.join(" ")})`
        : `pkgname=${pkgbase}`;
    const body = code ?? 'package() { install -d "$pkgdir/usr/share/$pkgname"; }';
    this.write(`${folder}/PKGBUILD`, `${names}\n${variables.join("\n")}\n${body}\n`);
    if (pkgnames) {
      const lines = Object.entries(all).flatMap(([name, value]) =>
        [value].flat().map((each) => `\t${name} = ${each}\n`),
      );
      const sections = pkgnames.map((name) => `\npkgname = ${name}\n`);
      this.write(`${folder}/.SRCINFO`, `pkgbase = ${pkgbase}\n${lines.join("")}${sections.join("")}`);
    }
    for (const [path, text] of Object.entries(files)) this.write(`${folder}/${path}`, text);
    if (config !== undefined) this.write(`${folder}/.CI/config`, config);
  }

  /** Builds what is committed, or a given commit. */
  async build(
    pkgbase: string,
    { commit = this.commit("as it is"), ...more }: Partial<BuildRequest> = {},
  ): Promise<Built> {
    const git = openGit(this.dir, process.env);
    const {
      packages,
      packagesDir,
      config: settings,
    } = parseWorkspace(await readFolders(git, await listFolders(git, commit)));
    const { srcinfo, config } = packages.get(pkgbase)!;
    const folder = mkdtempSync(join(this.base, "build-"));
    chmodSync(folder, 0o755);
    const log = openLog(join(folder, "..", `${pkgbase}-${folder.slice(-6)}.log`));
    const request = {
      pkgbase,
      git,
      commit,
      path: packagePath(packagesDir, pkgbase),
      arch: "x86_64",
      srcinfo,
      config,
      settings,
      published: { entries: [], pathOf: ({ filename }: { filename: string }) => join(this.base, filename) },
      pacmanConf: "/nonexistent/pacman.conf",
      keyringCache: join(this.base, "keyrings"),
      folder,
      sourceCache: join(this.base, "cache", pkgbase),
      ...more,
    };
    const result = await buildPackage(request, this.#sandbox, log);
    log.close();
    return {
      result,
      log: readFileSync(log.path, "utf8"),
      logPath: log.path,
      files: result.kind === "built" ? result.files : [],
      folder,
    };
  }

  /** The same for one recipe, added and committed. */
  buildRecipe(pkgbase: string, recipe: Recipe, more: Partial<BuildRequest> = {}): Promise<Built> {
    this.writeRecipe(pkgbase, recipe);
    return this.build(pkgbase, more);
  }
}

/** A file out of a package. */
export function fileIn(
  packageFile: string | undefined,
  path: string,
  encoding: BufferEncoding = "utf8",
): string {
  return execFileSync("bsdtar", ["-xOqf", packageFile ?? "", path], { encoding });
}

/** `mode owner group … path` for each file of a package. */
export function listing(packageFile: string | undefined): string {
  return execFileSync("bsdtar", ["-tvf", packageFile ?? "", "--numeric-owner"], { encoding: "utf8" });
}
