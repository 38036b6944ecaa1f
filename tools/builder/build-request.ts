import type { DatabaseEntry } from "../alpm/database.ts";
import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { Git } from "../git/git.ts";
import type { PackageSettings, RepositorySettings } from "./settings.ts";
import type { Unfinished } from "./stage.ts";

/** What one build is made from, and where. */
export interface BuildRequest {
  readonly pkgbase: string;
  /** The workspace's repository, and the commit that was scheduled. */
  readonly git: Git;
  readonly commit: string;
  /** The package folder, from the root of the repository. */
  readonly path: string;
  readonly arch: string;
  /** As they are in that commit. */
  readonly srcinfo: Srcinfo | undefined;
  readonly config: PackageSettings;
  readonly settings: RepositorySettings;
  readonly published: Published;
  /** pacman's configuration, which names the distribution's repositories. */
  readonly pacmanConf: string;
  /** What it names beside them. */
  readonly extra?: ExtraRepositories | undefined;
  /** Where keyrings are kept between builds. */
  readonly keyringCache: string;
  /** An empty folder of this build alone; the packages are left in it. */
  readonly folder: string;
  /** Where this package's sources are kept between builds, if it asks for that. */
  readonly sourceCache: string;
  readonly signal?: AbortSignal | undefined;
  /** What one build may use of the machine; default: three quarters of its memory, and all of its cores. */
  readonly resources?: Resources | undefined;
  /** By which cached sources age; default: now. */
  readonly now?: Date | undefined;
}

/** Repositories that builds for a package repository may need beside the distribution's. */
export interface ExtraRepositories {
  /** In the order of pacman.conf; `$repo` and `$arch` in servers are pacman's. */
  readonly repositories: readonly { readonly name: string; readonly servers: readonly string[] }[];
  /** Addresses of packages with the keys that sign them. */
  readonly keyrings: readonly string[];
}

export interface Resources {
  readonly memoryBytes?: number | undefined;
  readonly cpus?: number | undefined;
  /** As makepkg.conf has it; default: a job per core. */
  readonly makeflags?: string | undefined;
}

export type BuildResult =
  | {
      readonly kind: "built";
      /** Paths of the packages. */
      readonly files: readonly string[];
      readonly pkgnames: readonly string[];
      readonly version: string;
      /** Source → commit, of those from Git. */
      readonly vcs: Readonly<Record<string, string>>;
    }
  | Unfinished;

/** The package repository that is being published, as the builder reads it. */
export interface Published {
  readonly entries: readonly DatabaseEntry[];
  /** Where the file is that an entry names; it may have to be fetched first. */
  readonly pathOf: (entry: DatabaseEntry) => string | Promise<string>;
}
