import {
  accounts,
  architectures,
  buildClass,
  bump,
  flag,
  folder,
  integer,
  name,
  number,
  oneOf,
  optionalFlag,
  packages,
  recipeSource,
  text,
  triggerName,
  url,
  urls,
  type Key,
} from "./key-kinds.ts";

/** `.ci/config`: the repository's settings. Their order is that of the reference. */
export const repositoryKeys = {
  BUILD_REPO: name("sluice", "mypackages", "The package repository to publish to, as pacman.conf names it."),
  REPO_NAME: name(
    "sluice",
    "mypackages",
    "This workspace's name towards the manager, which may build for several.",
  ),
  CI_ARCHES: architectures(
    ["x86_64"],
    "x86_64 aarch64",
    "The architectures that the package repository has, each with a folder, a database and builds of its own. A package is built for those of its `arch` array; `any` is built once, for the first, and published to all.",
  ),
  GIT_AUTHOR_NAME: text("Sluice", "Package bot", "Who the pipelines' commits are by."),
  GIT_AUTHOR_EMAIL: text(
    "sluice@localhost",
    "bot@example.org",
    "The address of the pipelines' commits. By it Sluice knows its own, also on review branches: a commit of anybody else's there is left alone.",
  ),
  CI_PACKAGES_DIR: folder(
    "",
    ".",
    "Where the package folders lie. Unset: in `packages/`, or at the root where some lie there and there is no `packages/`.",
  ),
  CI_HUMAN_REVIEW: flag(
    true,
    "Hold updates that aren't provably only a new version for a review. With `false`, `major` ones are taken as they come; `dangerous` ones are held all the same.",
  ),
  CI_HUMAN_REVIEW_ASSIGNEE: text("", "alice", "Account on GitLab or GitHub that reviews are assigned to."),
  CI_REVIEW_BUILDS: flag(
    false,
    "Build held updates in the sandbox, without publishing them, and show in their reviews what their packages contain against the published ones. Pipelines do it after the half-hourly run, on a runner; `sluice up --pipelines` does it by itself.",
  ),
  CI_NVCHECKER_REVIEW: flag(
    true,
    "Hold every update that an nvchecker file found for a review, whatever its verdict.",
  ),
  CI_REVIEW_SOURCES: flag(
    false,
    "Fetch the sources of an update that is held, before and now, and say in its review what changed in them, and what a release holds that its tag doesn't. Pipelines do it after the half-hourly run where they have bubblewrap, else together with CI_REVIEW_BUILDS.",
  ),
  CI_COOLDOWN: number(
    0,
    { min: 0, max: 8760 },
    "48",
    "Hours that an update waits before it is taken without a review, so that others may notice what is wrong with it. Those of trusted maintainers (`.ci/aur-maintainers`) don't wait.",
  ),
  CI_MANAGE_AUR: flag(
    false,
    "Push packages to the AUR after they changed here. Those with `CI_MANAGE_AUR=true` of their own only.",
  ),
  CI_OVERWRITE_COMMITS: flag(
    false,
    "Let a commit of updates take the place of the pipeline's own at the tip of main, so that the history stays short. The replaced one is kept for a month, for builders that have yet to fetch it.",
  ),
  CI_CLONE_DELAY: number(
    0,
    { min: 0, max: 600 },
    "0.5",
    "Seconds between the beginnings of two requests to one host.",
  ),
  CI_AUR_PROXY: url("", "socks5://proxy.example.org:1080", "Proxy for requests to the AUR."),
  CI_AUR_GIT: url(
    "",
    "https://github.com/archlinux/aur.git",
    "Mirror of the AUR with one branch per package, to fetch recipes from. What is new is still asked of the AUR; what the mirror doesn't have yet waits.",
  ),
  CI_LIB_DB: urls(
    "https://geo.mirror.pkgbuild.com/core/os/x86_64/core.db https://geo.mirror.pkgbuild.com/extra/os/x86_64/extra.db",
    "Databases of the distribution, and your own, in the order of pacman.conf. New versions of libraries, and libraries that are gone, are seen in them.",
  ),
  CI_REBUILD_TRIGGERS: packages(
    "icu:boost-libs",
    "Libraries. When one has a new version in CI_LIB_DB, every package that depends on it is bumped and built.",
  ),
  CI_REBUILD_BLACKLIST: packages(
    "glibc",
    "Libraries that never cause a rebuild, whichever package names them or needs what they gave.",
  ),
  CI_BROKEN: oneOf(
    ["warn", "hold"],
    "warn",
    "hold",
    "What becomes of a new package whose files need what nothing gives, where the one before needed no such thing: `warn` publishes it and says so, `hold` doesn't publish it.",
  ),
  CI_DEFAULT_CLASS: buildClass("1", "Build class of packages that have no BUILDER_CLASS."),
  CI_MAX_PARALLEL: integer(
    8,
    { min: 1, max: 256 },
    "16",
    "Requests to upstreams under way at once, over all hosts. To one host there are never more than six.",
  ),
  CI_CODE_SKIP: integer(
    123,
    { min: 1, max: 255 },
    "80",
    "Exit code by which a recipe, or its `.CI/prepare`, skips its build.",
  ),
  CI_SCHEDULE_TO: oneOf(
    ["manager", "chaotic", "runners"],
    "manager",
    "runners",
    "Who builds the schedule: `manager` is `sluice up`, `chaotic` is chaotic-manager, `runners` are GitLab's or GitHub's own.",
  ),
  CI_ON_DEPENDENCY_FAILURE: oneOf(
    ["auto", "block", "build"],
    "auto",
    "block",
    "What becomes of a package when one that it needs failed: `auto` builds it where the published version of that one satisfies it, `block` never, `build` always.",
  ),
  TEMPLATE_ENABLE_UPDATES: flag(
    true,
    "Let the half-hourly run look for new CI files in TEMPLATE_REPO, as `sluice template update` does.",
  ),
  TEMPLATE_REPO: url(
    "",
    "https://example.org/sluice-template.git",
    "Where the CI files come from. Without it they are yours to keep, and nothing is updated.",
  ),
  REDIS_SSH_HOST: text(
    "localhost",
    "manager.example.org",
    "The host of chaotic-manager's Redis, reached over SSH.",
  ),
  REDIS_SSH_PORT: integer(22, { min: 1, max: 65535 }, "2022", "The SSH port of that host."),
  REDIS_SSH_USER: text("redis", "package-deployer", "The SSH user on that host."),
  REDIS_PORT: integer(6379, { min: 1, max: 65535 }, "6380", "The port of Redis on that host."),
  BUILDER_TIMEOUT: integer(
    3600,
    { min: 1, max: 604_800 },
    "7200",
    "Seconds that a build may take. A package multiplies it with BUILDER_EXTRA_TIMEOUT.",
  ),
  BUILDER_FETCH_INTERVAL: integer(
    60,
    { min: 1, max: 86_400 },
    "300",
    "Seconds from one look of `sluice up` at the remote to the next.",
  ),
  BUILDER_NETWORK: flag(
    false,
    "Give the build itself network access. Sources are fetched before it, with network, either way.",
  ),
  BUILDER_PGP: oneOf(
    ["check", "skip"],
    "check",
    "skip",
    "Whether PGP signatures of sources are checked. A recipe's keys lie in its `keys/pgp/`.",
  ),
  METRICS_CHAOTIC: flag(
    true,
    "Metrics have chaotic-manager's names beside Sluice's, for boards that ask for them.",
  ),
  HISTORY_DAYS: integer(
    365,
    { min: 30, max: 36_500 },
    "730",
    "For how many days builds and what happened to them are remembered; the last build of each outcome of each package always.",
  ),
  LOG_DAYS: integer(
    30,
    { min: 1, max: 36_500 },
    "90",
    "For how many days logs are kept; the last log of each outcome of each package always.",
  ),
  SIGNING_KEY: text(
    "",
    "0123456789ABCDEF0123456789ABCDEF01234567",
    "Fingerprint of the key in $GNUPGHOME that signs packages and database. Without it a key is made once, in the state folder.",
  ),
} satisfies Record<string, Key<unknown>>;

/** `.CI/config`: a package's settings. */
export const packageKeys = {
  CI_PKGBUILD_SOURCE: recipeSource(
    "aur",
    "Where updates of the recipe come from. Unset or `custom`: nowhere, people change it.",
  ),
  CI_AUR_MAINTAINERS: accounts(
    "alice,bob",
    "Accounts of the AUR that may maintain it there. An update while anybody else does is held as dangerous.",
  ),
  CI_PACKAGE_BUMP: bump(
    "1:2.0-3/1",
    "Rebuild without a new version. `1:2.0-3/2` adds `.2` to pkgrel while the version is `1:2.0-3`; `1:2.0-3` means `1:2.0-3/1`; `2` adds `.2` whatever the version is. No effect with CI_MANAGE_AUR.",
  ),
  CI_FORCE_VCS: flag(
    false,
    "Build it for each new commit of its Git source, as packages called `…-git` are. Sources pinned to a commit or tag aren't followed.",
  ),
  CI_VCS_SOURCES: oneOf(
    ["first", "all"],
    "first",
    "all",
    "Which of its Git sources are followed, of those that aren't pinned.",
  ),
  CI_GIT_COMMIT: text(
    "",
    "0123456789abcdef0123456789abcdef01234567",
    "The upstream commit that was built last, of a repository taken over. Sluice keeps it in the branch `state`, where it wins over this.",
  ),
  CI_ON_TRIGGER: triggerName(
    "daily",
    "Build it only when this trigger fires (`sluice on-schedule --trigger daily`), or when somebody changes it or asks for it. Updates are taken meanwhile.",
  ),
  CI_MANAGE_AUR: flag(
    false,
    "Push this package to the AUR after it changed here; the repository's CI_MANAGE_AUR has to be true as well.",
  ),
  CI_NVCHECKER: flag(
    false,
    "Find new versions with the recipe's `nvchecker.toml` or `.nvchecker.toml`; CI_PKGBUILD_SOURCE isn't asked then.",
  ),
  CI_PKGBUILD_CHANGE_ALLOW_REGEX: text(
    "",
    "^_build=[0-9]+$",
    "POSIX extended regular expressions, `;` between them. A line of the PKGBUILD that matches one before and after an update may change without a review, as long as nothing dangerous is in it.",
  ),
  CI_REBUILD_TRIGGERS: packages(
    "icu:qt6-base",
    "Libraries. When one has a new version in CI_LIB_DB, this package is bumped and built, whether it depends on it or not.",
  ),
  CI_REBUILD: flag(
    true,
    "Bump and build this package when something that its files need is gone: a library, an interpreter's version. With `false` it is only told as broken.",
  ),
  BUILDER_CACHE_SOURCES: flag(false, "Keep downloaded sources for the next build."),
  BUILDER_EXTRA_TIMEOUT: number(
    1,
    { min: 0.1, max: 1000 },
    "2.5",
    "Factor on the repository's BUILDER_TIMEOUT.",
  ),
  BUILDER_CLASS: buildClass(
    "heavy",
    "Which builders may take it: a number, or a builder's name. `[deploy foo/heavy]` says otherwise for once.",
  ),
  BUILDER_ALLOW_PROHIBITED: flag(
    false,
    "Keep `replaces` and `groups` in the built packages. Else they are taken out, as they reach into what others have installed.",
  ),
  BUILDER_NETWORK: optionalFlag(
    "Give this package's build network access, or not. Unset: as the repository says.",
  ),
} satisfies Record<string, Key<unknown>>;
