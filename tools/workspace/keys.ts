import { isPkgbase } from "../alpm/names.ts";

/** One configuration key: how its value is read, what it is where nothing is said, what it is about. */
export interface Key<T> {
  readonly default: T;
  /** The value, or undefined where the text isn't one. */
  readonly parse: (text: string) => T | undefined;
  /** What a value looks like, for messages and for the reference. */
  readonly expects: string;
  readonly about: string;
}

/** `.ci/config`: the repository's settings. */
export const repositoryKeys = {
  BUILD_REPO: name("sluice", "The package repository to publish to."),
  REPO_NAME: name("sluice", "This workspace's name towards the manager."),
  GIT_AUTHOR_NAME: text("Sluice", "Who the pipelines' commits are by."),
  GIT_AUTHOR_EMAIL: text("sluice@localhost", "The address of the pipelines' commits."),
  CI_PACKAGES_DIR: folder(
    "",
    "Where the package folders lie; unset: packages/ where there is one, else the root.",
  ),
  CI_HUMAN_REVIEW: flag(true, "Put updates that aren't provably only a new version up for review."),
  CI_HUMAN_REVIEW_ASSIGNEE: text("", "Whom reviews are assigned to."),
  CI_NVCHECKER_REVIEW: flag(true, "Put every update found by nvchecker up for review."),
  CI_COOLDOWN: number(0, { min: 0, max: 8760 }, "Hours that updates of untrusted maintainers wait."),
  CI_MANAGE_AUR: flag(false, "Push packages to the AUR after they changed here."),
  CI_OVERWRITE_COMMITS: flag(false, "Let an update commit replace a pipeline's commit at the tip."),
  CI_CLONE_DELAY: number(0, { min: 0, max: 600 }, "Seconds between two fetches from one host."),
  CI_AUR_PROXY: url("", "Proxy for requests to the AUR."),
  CI_AUR_GIT: url("", "Mirror of the AUR with one branch per package."),
  CI_LIB_DB: list([], / +/, isUrl, "URLs, separated by blanks", "Databases of the distribution."),
  CI_REBUILD_TRIGGERS: packages("Libraries whose new versions rebuild what depends on them."),
  CI_REBUILD_BLACKLIST: packages("Libraries that never cause a rebuild."),
  CI_DEFAULT_CLASS: buildClass("Build class of packages that name none."),
  CI_MAX_PARALLEL: integer(8, { min: 1, max: 256 }, "Requests under way at once."),
  CI_CODE_SKIP: integer(123, { min: 1, max: 255 }, "Exit code by which a build skips itself."),
  CI_SCHEDULE_TO: oneOf(["manager", "chaotic", "runners"], "manager", "Who builds the schedule."),
  CI_ON_DEPENDENCY_FAILURE: oneOf(
    ["auto", "block", "build"],
    "auto",
    "What becomes of packages that need one that failed.",
  ),
  TEMPLATE_ENABLE_UPDATES: flag(true, "Take new versions of the CI files from TEMPLATE_REPO."),
  TEMPLATE_REPO: url("", "Where the CI files come from; without it nothing is updated."),
  REDIS_SSH_HOST: text("localhost", "Host of the manager's Redis, over SSH."),
  REDIS_SSH_PORT: integer(22, { min: 1, max: 65535 }, "SSH port of that host."),
  REDIS_SSH_USER: text("redis", "SSH user on that host."),
  REDIS_PORT: integer(6379, { min: 1, max: 65535 }, "Redis port on that host."),
  BUILDER_TIMEOUT: integer(3600, { min: 1, max: 604_800 }, "Seconds that a build may take."),
  BUILDER_NETWORK: flag(false, "Give builds network access."),
  BUILDER_PGP: oneOf(["check", "skip"], "check", "Whether PGP signatures of sources are checked."),
  SIGNING_KEY: text("", "Fingerprint of the key that signs packages; without it a local key is made."),
} satisfies Record<string, Key<unknown>>;

/** `.CI/config`: a package's settings. */
export const packageKeys = {
  CI_PKGBUILD_SOURCE: recipeSource("Where updates of the recipe come from."),
  CI_PACKAGE_BUMP: bump("Rebuild without a new version."),
  CI_FORCE_VCS: flag(false, "Follow the newest upstream commit although the name has no VCS suffix."),
  CI_VCS_SOURCES: oneOf(["first", "all"], "first", "Which of its Git sources' commits are followed."),
  CI_GIT_COMMIT: text("", "The upstream commit that was last built."),
  CI_ON_TRIGGER: triggerName("Schedule on this trigger only."),
  CI_MANAGE_AUR: flag(false, "Push this package to the AUR after it changed here."),
  CI_NVCHECKER: flag(false, "Find new versions with the package's nvchecker file."),
  CI_PKGBUILD_CHANGE_ALLOW_REGEX: text("", "Changed lines that need no review; `;` separates."),
  CI_REBUILD_TRIGGERS: packages("Libraries whose new versions rebuild this package."),
  BUILDER_CACHE_SOURCES: flag(false, "Keep downloaded sources for the next build."),
  BUILDER_EXTRA_TIMEOUT: number(1, { min: 0.1, max: 1000 }, "Factor on BUILDER_TIMEOUT."),
  BUILDER_CLASS: buildClass("Which builders may take this package."),
  BUILDER_ALLOW_PROHIBITED: flag(false, "Keep `replaces` and `groups` in the built packages."),
  BUILDER_NETWORK: optionalFlag("Give this package's build network access; else the repository's setting."),
} satisfies Record<string, Key<unknown>>;

function text(fallback: string, about: string): Key<string> {
  return { default: fallback, parse: (value) => value, expects: "text", about };
}

function name(fallback: string, about: string): Key<string> {
  const parse = matching(/^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$/);
  return { default: fallback, parse, expects: "a name of letters, digits and @._+-", about };
}

function flag(fallback: boolean, about: string): Key<boolean> {
  return { default: fallback, parse: parseFlag, expects: "true or false", about };
}

function optionalFlag(about: string): Key<boolean | undefined> {
  return { default: undefined, parse: parseFlag, expects: "true or false", about };
}

function parseFlag(value: string): boolean | undefined {
  return value === "true" ? true : value === "false" ? false : undefined;
}

interface Range {
  readonly min: number;
  readonly max?: number;
}

function integer(fallback: number, range: Range, about: string): Key<number> {
  return {
    default: fallback,
    parse: (value) => (/^\d{1,9}$/.test(value) ? within(Number(value), range) : undefined),
    expects: `a whole number ${describeRange(range)}`,
    about,
  };
}

function number(fallback: number, range: Range, about: string): Key<number> {
  return {
    default: fallback,
    parse: (value) => (/^\d{1,9}(?:\.\d{1,6})?$/.test(value) ? within(Number(value), range) : undefined),
    expects: `a number ${describeRange(range)}`,
    about,
  };
}

function within(value: number, { min, max = Infinity }: Range): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

function describeRange({ min, max }: Range): string {
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}

function oneOf<const T extends string>(values: readonly T[], fallback: T, about: string): Key<T> {
  return {
    default: fallback,
    parse: (value) => values.find((known) => known === value),
    expects: values.join(", "),
    about,
  };
}

function list(
  fallback: readonly string[],
  separator: RegExp,
  accepts: (item: string) => boolean,
  expects: string,
  about: string,
): Key<readonly string[]> {
  const parse = (value: string): readonly string[] | undefined => {
    const items = value.split(separator).filter((item) => item !== "");
    return items.every(accepts) ? items : undefined;
  };
  return { default: fallback, parse, expects, about };
}

function packages(about: string): Key<readonly string[]> {
  return list([], /[:, ]+/, isPkgbase, "package names, separated by colons", about);
}

function url(fallback: string, about: string): Key<string> {
  return {
    default: fallback,
    parse: (value) => (value === "" || isUrl(value) ? value : undefined),
    expects: "a URL",
    about,
  };
}

/** Schemes that Git, curl and pacman know; a leading `-` or a blank would become an option or an argument. */
function isUrl(value: string): boolean {
  return /^(?:https?|socks5h?|git|ssh|git\+https|file):\/\/[^\s\p{Cc}]+$/u.test(value);
}

function folder(fallback: string, about: string): Key<string> {
  return {
    default: fallback,
    parse: (value) => {
      const path = value.replace(/\/+$/, "");
      const parts = path.split("/");
      return path === "." || parts.every((part) => isPkgbase(part)) ? path : undefined;
    },
    expects: "a folder of the repository, or `.`",
    about,
  };
}

function buildClass(about: string): Key<string> {
  const parse = matching(/^(?:[A-Za-z0-9_][A-Za-z0-9._+-]*)?$/);
  return { default: "", parse, expects: "a number or a builder's name", about };
}

function triggerName(about: string): Key<string> {
  return { default: "", parse: matching(/^[A-Za-z0-9@._+-]*$/), expects: "a trigger's name", about };
}

function recipeSource(about: string): Key<string> {
  const kinds = /^(?:aur|custom|(?:gitlab:[\w./-]+|github:[\w.-]+\/[\w.-]+)(?:#[\x21-\x7e]+)?)$/;
  return {
    default: "",
    parse: (value) => (kinds.test(value) || isUrl(value) ? value : undefined),
    expects:
      "aur, custom, gitlab:ID or github:OWNER/REPO (with #pre-releases, #filter=REGEX or both with & between), or a Git URL",
    about,
  };
}

function bump(about: string): Key<string> {
  const parse = matching(/^(?:\d{1,6}|[^\s/]+-[^\s/-]+(?:\/\d{1,6})?)$/);
  return { default: "", parse, expects: "N, VERSION-PKGREL or VERSION-PKGREL/N", about };
}

function matching(pattern: RegExp): (value: string) => string | undefined {
  return (value) => (pattern.test(value) ? value : undefined);
}
