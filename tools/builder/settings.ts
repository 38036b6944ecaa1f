/** What a package's `.CI/config` says of its build. */
export interface PackageSettings {
  readonly CI_PACKAGE_BUMP: string;
  readonly CI_MANAGE_AUR: boolean;
  readonly BUILDER_CACHE_SOURCES: boolean;
  readonly BUILDER_EXTRA_TIMEOUT: number;
  readonly BUILDER_ALLOW_PROHIBITED: boolean;
  /** Undefined: as the repository has it. */
  readonly BUILDER_NETWORK: boolean | undefined;
}

/** What `.ci/config` says of all builds. */
export interface RepositorySettings {
  /** Seconds. */
  readonly BUILDER_TIMEOUT: number;
  readonly BUILDER_NETWORK: boolean;
  /** `build`: go on although what it needs of the workspace isn't published in the version that it asks for. */
  readonly CI_ON_DEPENDENCY_FAILURE: "auto" | "block" | "build";
  readonly BUILDER_PGP: "check" | "skip";
  readonly CI_CODE_SKIP: number;
}
