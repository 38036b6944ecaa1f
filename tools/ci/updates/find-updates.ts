import { answerTags } from "../../gate/sources/tag-answers.ts";
import type { RecipeFiles, Update } from "../../gate/update.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs, type TreeEntry } from "../../git/objects.ts";
import { SluiceError } from "../../errors.ts";
import type { Sighting } from "../../upstream/upstream.ts";
import { recipeEntries, recipeOf } from "../../workspace/recipe.ts";
import type { State } from "../../workspace/state/state.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { Side } from "../on-commit/decide.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { scriptsOf } from "../../gate/files/scripts.ts";
import type { Answers } from "../../gate/judge.ts";
import { installableIn } from "./installable.ts";
import { approvedRecipe } from "./recipe-in-commit.ts";
import { packagePath } from "../../workspace/files.ts";
import { decideUpdate, type UpdateDecision } from "./decide-update.ts";
import type { FollowedRecipe, Upstreams } from "../../upstream/sources.ts";

export interface Search {
  readonly git: Git;
  /** Main's commit. */
  readonly head: string;
  /** The packages as main has them. */
  readonly side: Side;
  readonly state: State;
  readonly trustedMaintainers: ReadonlySet<string>;
  readonly upstreams: Upstreams;
  readonly now: Date;
  /** Receives progress messages for people. */
  readonly progress: (what: string) => void;
}

const updateScript = ".CI/update.sh";

/** Looks at the upstreams of all recipes and decides about each that has one. */
export async function findUpdates(search: Search): Promise<UpdateDecision[]> {
  const { side, state, upstreams, now, progress } = search;
  const { config, packages } = side.workspace;
  const followed = [...packages.values()].filter(isFollowed);
  const scripted = [...packages.keys()].filter((pkgbase) => side.entries.get(pkgbase)!.has(updateScript));
  progress(`asking the upstreams of ${followed.length} ${followed.length === 1 ? "package" : "packages"}`);
  const recipeFor = recipeReader(search, followed.filter(needsRecipe));
  const sightings = new Map(await upstreams.recipes(followed.map((pkg) => follow(search, pkg, recipeFor))));

  const held = followed.filter(({ pkgbase }) => state.packages.get(pkgbase)?.held !== undefined);
  const fresh = followed.filter(({ pkgbase }) => sightings.get(pkgbase)?.kind === "recipe");
  const recipes = await readRecipes(
    search,
    new Set([...held, ...fresh].map(({ pkgbase }) => pkgbase).concat(scripted)),
  );
  for (const pkgbase of scripted) {
    progress(`running ${updateScript} of ${pkgbase}`);
    sightings.set(pkgbase, await runScript(search, pkgbase, recipes.get(pkgbase)!, sightings.get(pkgbase)));
  }

  const approved = await readApproved(search, sightings, recipes);
  const context = {
    head: search.head,
    config,
    isInstallable: installableIn(side.workspace, state),
    architectures: config.CI_ARCHES,
    trustedMaintainers: search.trustedMaintainers,
    now: now.getTime(),
    ask: answerTags(upstreams.tagsOf),
    read: await readScripts(sightings, recipes, approved),
  };
  const decisions: UpdateDecision[] = [];
  for (const [pkgbase, sighting] of sightings) {
    const main: RecipeFiles = recipes.get(pkgbase) ?? new Map();
    const found = {
      pkg: packages.get(pkgbase)!,
      main,
      approved: approved.get(pkgbase),
      sighting,
      state: state.packages.get(pkgbase) ?? {},
    };
    decisions.push(await decideUpdate(found, context));
  }
  return decisions.sort((a, b) => (a.pkgbase < b.pkgbase ? -1 : 1));
}

/** What people approved last of the recipes that have an update now, where pipelines let something through since. */
async function readApproved(
  { git, side, state }: Search,
  sightings: ReadonlyMap<string, Sighting>,
  recipes: ReadonlyMap<string, RecipeFiles>,
): Promise<Map<string, Update["approved"]>> {
  const approved = new Map<string, Update["approved"]>();
  for (const [pkgbase, { kind }] of sightings) {
    const known = state.packages.get(pkgbase);
    if (kind !== "recipe" || !known?.approved) continue;
    const folder = packagePath(side.workspace.packagesDir, pkgbase);
    approved.set(pkgbase, await approvedRecipe(git, folder, known, recipes.get(pkgbase) ?? new Map()));
  }
  return approved;
}

/** Reads the scripts of all updates a second time, at once. */
async function readScripts(
  sightings: ReadonlyMap<string, Sighting>,
  recipes: ReadonlyMap<string, RecipeFiles>,
  approved: ReadonlyMap<string, Update["approved"]>,
): Promise<Answers["read"]> {
  const texts = [...sightings].flatMap(([pkgbase, sighting]) => {
    if (sighting.kind !== "recipe") return [];
    const before = recipes.get(pkgbase);
    return scriptsOf({ pkgbase, before, after: sighting.recipe.files, approved: approved.get(pkgbase) });
  });
  const readings = await openSecondReader().read(texts);
  return async () => readings;
}

function isFollowed({ config }: Package): boolean {
  return config.CI_NVCHECKER || !["", "custom"].includes(config.CI_PKGBUILD_SOURCE);
}

/** Kinds of sources that change main's recipe instead of bringing one. */
function needsRecipe({ config }: Package): boolean {
  return config.CI_NVCHECKER || /^(?:gitlab|github):/.test(config.CI_PKGBUILD_SOURCE);
}

/** Reads main's recipes when the first one is asked for, all that will be asked for at once. */
function recipeReader(
  search: Search,
  expected: readonly Package[],
): (pkgbase: string) => Promise<RecipeFiles> {
  let all: Promise<Map<string, RecipeFiles>> | undefined;
  return async (pkgbase) => {
    all ??= readRecipes(search, new Set(expected.map((pkg) => pkg.pkgbase)));
    return (await all).get(pkgbase) ?? (await readRecipes(search, new Set([pkgbase]))).get(pkgbase)!;
  };
}

function follow(
  { state }: Search,
  { pkgbase, srcinfo, config }: Package,
  recipeFor: (pkgbase: string) => Promise<RecipeFiles>,
): FollowedRecipe {
  const { timestamp, revision } = state.packages.get(pkgbase) ?? ({} satisfies PackageState);
  return {
    pkgbase,
    source: config.CI_PKGBUILD_SOURCE,
    byNvchecker: config.CI_NVCHECKER,
    srcinfo,
    recipe: () => recipeFor(pkgbase),
    seen: { timestamp, revision },
  };
}

/** Main's recipes of some packages, in one Git process. */
async function readRecipes(
  { git, side }: Pick<Search, "git" | "side">,
  names: ReadonlySet<string>,
): Promise<Map<string, RecipeFiles>> {
  const folders = [...names].map((pkgbase) => [pkgbase, side.entries.get(pkgbase)!] as const);
  const files = folders.flatMap(([, folder]) => recipeEntries(folder).map(([, entry]) => entry));
  const blobs = await readBlobs(
    git,
    files.filter(({ size }) => size !== undefined).map(({ id }) => id),
  );
  return new Map(folders.map(([pkgbase, folder]) => [pkgbase, recipeOf(folder, blobs)]));
}

/** What the script does comes on top of what upstream has, and passes the gate with it. */
async function runScript(
  { git, side, upstreams }: Search,
  pkgbase: string,
  main: RecipeFiles,
  sighting: Sighting | undefined,
): Promise<Sighting> {
  if (sighting?.kind === "unavailable" || sighting?.kind === "problem") return sighting;
  const origin = sighting?.kind === "recipe" ? sighting.recipe : undefined;
  const seen = sighting?.seen ?? {};
  try {
    const ci = await readCi(git, side.entries.get(pkgbase)!);
    const recipe = origin?.files ?? main;
    const { files, changed } = await upstreams.runUpdateScript({ pkgbase, recipe, ci });
    if (!changed && !origin) return sighting ?? { kind: "unchanged", seen };
    const made = { revision: updateScript, committedAt: undefined, ...origin, files };
    return { kind: "recipe", recipe: made, seen };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { kind: error.code === "unavailable" ? "unavailable" : "problem", error };
  }
}

async function readCi(git: Git, folder: ReadonlyMap<string, TreeEntry>): Promise<RecipeFiles> {
  const own = [...folder].flatMap(([path, entry]): [string, TreeEntry][] =>
    path.startsWith(".CI/") && entry.size !== undefined ? [[path.slice(".CI/".length), entry]] : [],
  );
  const blobs = await readBlobs(
    git,
    own.map(([, { id }]) => id),
  );
  return recipeOf(new Map(own), blobs);
}
