import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSrcinfo, srcinfoVersion, type Srcinfo } from "../tools/alpm/srcinfo.ts";
import {
  readPackageConfig,
  readRepositoryConfig,
  type PackageConfig,
} from "../tools/workspace/config/config.ts";
import { isOwnDatabase } from "../tools/ci/needs/needs-look.ts";
import { generatedNeeds } from "./generated-needs.ts";
import { followedSources } from "../tools/upstream/vcs/vcs-sources.ts";

/** A real workspace whose upstreams have nothing new, by what its branch `state` remembers of them. */
export interface IdleWorkspace {
  readonly origin: string;
  readonly clone: string;
  /** The AUR's rows of its packages. */
  readonly aur: readonly Readonly<Record<string, unknown>>[];
  readonly commit: string;
  /** Addresses of Git repositories whose commits are followed. */
  readonly repositories: readonly string[];
  /** A file with what its packages need, as if they were published. */
  readonly needs: string;
  /** Of all that is asked over HTTP. */
  readonly origins: ReadonlySet<string>;
}

interface Package {
  readonly pkgbase: string;
  readonly srcinfo: Srcinfo;
  readonly config: PackageConfig;
}

const commit = "a".repeat(40);
const lastModified = 1_750_000_000;

/** Makes one of the corpus in `root`. */
export function idleWorkspace(root: string): IdleWorkspace {
  const names = readdirSync(root).filter((name) => !name.startsWith("."));
  // Whoever lacks a .SRCINFO needs a person in every run.
  const isComplete = (name: string): boolean => existsSync(join(root, name, ".SRCINFO"));
  for (const name of names) if (!isComplete(name)) rmSync(join(root, name), { recursive: true });
  const packages = names.filter(isComplete).map((name) => readPackage(root, name));
  const { CI_LIB_DB, BUILD_REPO } = readRepositoryConfig(fileOf(join(root, ".ci/config"))).config;
  for (const { pkgbase, srcinfo, config } of packages) {
    if (config.CI_NVCHECKER)
      writeFileSync(join(root, pkgbase, ".nvchecker.toml"), versionPage(pkgbase, srcinfo));
  }
  const generated = generatedNeeds(
    packages.map(({ pkgbase }) => pkgbase),
    CI_LIB_DB.filter((url) => !isOwnDatabase(url, { BUILD_REPO })),
  );
  const state = stateFiles(packages, CI_LIB_DB).set(".gives.json", generated.gives);
  const [origin, clone] = publish(root, state);
  const needs = join(root, ".git/needs.json");
  writeFileSync(needs, generated.needs);
  const repositories = [...new Set(packages.flatMap((pkg) => followedRepository(pkg) ?? []))];
  const asked = [
    ...CI_LIB_DB,
    ...repositories,
    ...packages.map(({ config }) => config.CI_PKGBUILD_SOURCE),
    "https://aur.archlinux.org",
    "https://versions.example.org",
  ];
  return {
    origin,
    clone,
    commit,
    needs,
    repositories,
    aur: packages.filter(({ config }) => config.CI_PKGBUILD_SOURCE === "aur").flatMap(rowsOf),
    origins: new Set(asked.filter((url) => /^https?:/.test(url)).map((url) => new URL(url).origin)),
  };
}

function readPackage(root: string, pkgbase: string): Package {
  const srcinfo = parseSrcinfo(readFileSync(join(root, pkgbase, ".SRCINFO"), "utf8"));
  return { pkgbase, srcinfo, config: readPackageConfig(fileOf(join(root, pkgbase, ".CI/config"))).config };
}

function fileOf(path: string): { kind: "file"; text: string } {
  return { kind: "file", text: readFileSync(path, "utf8") };
}

/** Undefined: nothing of it is followed. */
function followedRepository({ pkgbase, srcinfo, config }: Package): string | undefined {
  return pkgbase.endsWith("-git") || config.CI_FORCE_VCS ? followedSources(srcinfo)[0]?.url : undefined;
}

/** The page says as its version what its address ends with. */
function versionPage(pkgbase: string, srcinfo: Srcinfo): string {
  const url = `https://versions.example.org/${encodeURIComponent(versionOf(srcinfo))}`;
  return `[${JSON.stringify(pkgbase)}]\nsource = "regex"\nurl = "${url}"\nregex = 'Version (\\S+)'\n`;
}

function versionOf(srcinfo: Srcinfo): string {
  return srcinfo.base.get("pkgver")![0]!;
}

function rowsOf({ pkgbase, srcinfo }: Package): Record<string, unknown>[] {
  return srcinfo.packages.map(({ pkgname }) => ({
    Name: pkgname,
    PackageBase: pkgbase,
    Version: srcinfoVersion(srcinfo),
    LastModified: lastModified,
    Maintainer: "packager",
  }));
}

/** By path in the branch `state`. */
function stateFiles(packages: readonly Package[], databases: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const pkg of packages) {
    const lines = [
      ...(followedRepository(pkg) ? [`CI_GIT_COMMIT=${commit}`] : []),
      ...(pkg.config.CI_NVCHECKER
        ? [`SLUICE_REVISION=${versionOf(pkg.srcinfo)}`]
        : pkg.config.CI_PKGBUILD_SOURCE === "aur"
          ? [
              `CI_PKGBUILD_TIMESTAMP=${lastModified}`,
              `SLUICE_REVISION=${commit}`,
              "SLUICE_MAINTAINERS=packager",
            ]
          : pkg.config.CI_PKGBUILD_SOURCE.startsWith("http")
            ? [`SLUICE_REVISION=${commit}`]
            : []),
    ];
    if (lines.length > 0) files.set(pkg.pkgbase, `${lines.join("\n")}\n`);
  }
  // As many as core, extra and a repository of this size have.
  const libraries = Array.from({ length: 14_000 }, (_, index) => `library-${index}:1.${index}-1`).sort();
  const known = databases.map((url, index) => ({
    url,
    etag: '"1"',
    newestBuild: lastModified,
    packages: index === 0 ? libraries : [],
  }));
  files.set(".version-state", `${libraries.join("\n")}\n`);
  files.set(".sluice.json", `${JSON.stringify({ version: 1, databases: known }, null, 1)}\n`);
  return files;
}

/** Commits what is in `root`, and the state; returns the bare origin and a clone of its main branch. */
function publish(root: string, state: ReadonlyMap<string, string>): [origin: string, clone: string] {
  git(root, "init", "--quiet", "--initial-branch=main");
  git(root, "add", "--all", "--force");
  git(root, "commit", "--quiet", "--message=start");
  git(root, "tag", "scheduled");
  const folder = join(root, ".git/state");
  mkdirSync(folder);
  for (const [path, text] of state) writeFileSync(join(folder, path), text);
  git(folder, "init", "--quiet", "--initial-branch=state");
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--message=state");
  git(root, "fetch", "--quiet", folder, "state:state");
  // A pipeline's clone is one pack, too.
  git(root, "repack", "--quiet", "-a", "-d");
  const [origin, clone] = [join(root, ".git/origin.git"), join(root, ".git/clone")];
  git(root, "clone", "--quiet", "--bare", root, origin);
  git(root, "clone", "--quiet", origin, clone);
  git(clone, "fetch", "--quiet", "origin", "state");
  return [origin, clone];
}

function git(folder: string, ...args: readonly string[]): void {
  const identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0"];
  execFileSync("git", ["-C", folder, ...identity, ...args], { stdio: ["ignore", "ignore", "inherit"] });
}
