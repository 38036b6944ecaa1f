import { followsCommits, whyNotAsked, type UpdateEntry } from "./update-entries.ts";
import type { Understood } from "./python-idioms.ts";
import { versionOptions, type VersionOptions } from "./version-text.ts";

/** Where a package's updates come from. */
export type RecipeSource =
  /** The AUR's recipe, nvchecker's version, upstream's commits, nowhere; `trigger` rebuilds it besides. */
  | {
      readonly kind: "aur" | "commits" | "by-hand" | "rebuilds" | "unmanaged";
      readonly settings: Readonly<Record<string, string>>;
      readonly trigger?: UpdateEntry;
    }
  | {
      readonly kind: "version";
      readonly settings: Readonly<Record<string, string>>;
      /** For `nvchecker.toml`. */
      readonly options: UpdateEntry["options"];
      readonly trigger?: undefined;
    }
  | { readonly kind: "person"; readonly why: string };

interface Facts {
  readonly pkgbase: string;
  readonly managed: boolean;
  readonly understood: Understood;
  /** Whether all of `pre_build` is. */
  readonly isUnderstood: boolean;
  /** Of `update_on`, where it can be read. */
  readonly first: UpdateEntry | undefined;
  /** What the recipe's sources are kept in, where none of them is Git. */
  readonly otherVcs: string | undefined;
}

/** Decides by what makes the new recipe (`pre_build`) and by what says that there is one (`update_on`). */
export function convertRecipeSource(facts: Facts): RecipeSource {
  const { managed, isUnderstood, first, understood } = facts;
  if (!managed) return { kind: "unmanaged", settings: {} };
  if (!isUnderstood) return person("`pre_build` does what no idiom stands for");
  if (understood.aur) return fromAur(facts);
  if (!first) return person("`update_on` has no first entry that can be read");
  if (followsCommits(first) && facts.otherVcs !== undefined) {
    return person(`only commits of Git are followed, and its sources are in ${facts.otherVcs}`);
  }
  // The time of a commit is no version; the pkgver() of such a recipe tells it.
  const isOfCommits = followsCommits(first) && facts.pkgbase.endsWith("-git");
  if ((understood.version || understood.pypi) && !isOfCommits) return byVersion(facts, first);
  return understood.vcs ? byCommits(facts, first) : asItIs(facts, first);
}

function fromAur({ pkgbase, understood }: Facts): RecipeSource {
  const { name = pkgbase, maintainers } = understood.aur!;
  if (understood.version || understood.pypi) {
    return person("it takes the AUR's recipe and sets another version");
  }
  if (name !== pkgbase) return person(`it takes the recipe of the AUR's ${name} under another name`);
  return {
    kind: "aur",
    settings: {
      CI_PKGBUILD_SOURCE: "aur",
      ...(maintainers.length > 0 && { CI_AUR_MAINTAINERS: maintainers.join(",") }),
    },
  };
}

function byVersion({ understood }: Facts, first: UpdateEntry): RecipeSource {
  const { version = [], commit, vcs } = understood;
  if (vcs) return person("it sets a version and follows commits");
  if (first.source === "manual") return { kind: "by-hand", settings: {} };
  const why = whyNotAsked(first);
  if (why !== undefined) return person(why);
  const entry = versionOnly(first.options);
  const changed = versionOptions(version, entry);
  if (!changed) return person("nvchecker's options can't say what is done to the version");
  const { prefix: _prefix, from_pattern: _from, to_pattern: _to, ...rest } = first.options;
  return {
    kind: "version",
    settings: { CI_NVCHECKER: "true" },
    options: {
      ...rest,
      ...changed,
      ...(commit === "written" && { commit_pattern: "\\s*@\\s*([0-9a-f]{40,64})\\s*$" }),
    },
  };
}

function versionOnly(options: UpdateEntry["options"]): VersionOptions {
  const texts = (["prefix", "from_pattern", "to_pattern"] as const).flatMap((key) => {
    const value = options[key];
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  return Object.fromEntries(texts);
}

function byCommits(facts: Facts, first: UpdateEntry): RecipeSource {
  const isFollowed = facts.pkgbase.endsWith("-git");
  if (followsCommits(first)) return { kind: "commits", settings: isFollowed ? {} : { CI_FORCE_VCS: "true" } };
  if (isFollowed) return person("by its name it would be built for every commit, not only when this changes");
  return asItIs(facts, first);
}

/** lilac builds the recipe as it is when this changes. */
function asItIs({ pkgbase }: Facts, first: UpdateEntry): RecipeSource {
  if (first.source === "manual") return { kind: "by-hand", settings: {} };
  if (followsCommits(first)) {
    return { kind: "commits", settings: pkgbase.endsWith("-git") ? {} : { CI_FORCE_VCS: "true" } };
  }
  if (pkgbase.endsWith("-git")) {
    return person("by its name it would be built for every commit, not only when this changes");
  }
  const why = whyNotAsked(first);
  return why === undefined ? { kind: "rebuilds", settings: {}, trigger: first } : person(why);
}

function person(why: string): RecipeSource {
  return { kind: "person", why };
}
