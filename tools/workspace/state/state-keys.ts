/** What a package's file on the branch `state` says, by key; written by pipelines alone. */
export const stateKeys = {
  CI_GIT_COMMIT:
    "The newest commit of its Git sources that was scheduled; of several sources joined with `+`.",
  CI_PKGBUILD_TIMESTAMP:
    "The AUR's LastModified of what was last taken or opened for review, in seconds since 1970.",
  SLUICE_REVISION: "Upstream's commit or version that was last taken or opened for review.",
  SLUICE_MAINTAINERS: "The AUR's maintainers as last accepted, separated by commas; empty for an orphan.",
  SLUICE_HELD: "The digest of the recipe that waits in a review.",
  SLUICE_HELD_MAINTAINERS: "Who is accepted along with that recipe.",
  SLUICE_FOUND:
    "The recipe that waits for CI_COOLDOWN: its digest, `@`, and since when, in seconds since 1970.",
  SLUICE_APPROVED:
    "Where pipelines have let more through than plain new versions: the commit that has the recipe as a person approved it last, `@`, and the digest of what pipelines made of it.",
  SLUICE_PAST:
    "What happened to its updates, oldest first, separated by commas: `held:`, `accepted:` and `refused:` with the time in seconds since 1970, `left:TIME:NAMES` where the maintainers became others than these.",
  SLUICE_REFUSED: "The digest of the recipe that somebody refused by closing its review.",
  SLUICE_REBUILT_FOR:
    "What `.CI/rebuild-on.toml` names, in the versions that the package was last rebuilt for: `name=version`, separated by commas, encoded as in a URL.",
} as const;
