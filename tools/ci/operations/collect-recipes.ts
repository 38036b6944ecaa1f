import { SluiceError } from "../../errors.ts";
import type { AurSearch } from "../../upstream/aur/aur-search.ts";
import { alwaysThere } from "../../upstream/distribution/always-there.ts";
import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { AddRequest } from "./add-requests.ts";
import { fetchFirstRecipes, type FirstRecipe } from "./first-recipes.ts";
import { missingDependencies, namesIn, type MissingDependency } from "./missing-dependencies.ts";

/** A first recipe and why it was fetched. */
export interface CollectedRecipe extends FirstRecipe {
  /** The packages that it was added for; none where it was asked for. */
  readonly neededBy: readonly string[];
}

export interface Collected {
  readonly added: readonly CollectedRecipe[];
  /** What added packages need and nobody provides; `aur`: the package of the AUR that would. */
  readonly missing: readonly (MissingDependency & { readonly aur: string | undefined })[];
  /** What is needed of which nobody could say who has it: the AUR didn't answer, and why. */
  readonly unknown: { readonly names: readonly string[]; readonly error: SluiceError } | undefined;
  /** Recipes that couldn't be had, where that is no reason to stop. */
  readonly failed: readonly SluiceError[];
}

export interface CollectOptions {
  readonly upstreams: Upstreams;
  readonly aur: AurSearch;
  readonly trustedMaintainers: ReadonlySet<string>;
  readonly now: Date;
  readonly progress: (what: string) => void;
  /** Packages that are there already, and the names of all folders. */
  readonly present: Iterable<Pick<Package, "pkgbase" | "srcinfo">>;
  readonly taken: ReadonlySet<string>;
  readonly databases: readonly DatabaseSighting[];
  /** Also those of the AUR that are needed and nowhere else, and what those need. */
  readonly withDependencies: boolean;
  /** Go on without recipes that can't be had. */
  readonly mayFail: boolean;
}

/**
 * Fetches recipes and judges them as first ones, and with them what they need of the AUR.
 *
 * @throws SluiceError `not-fetched`, unless they may fail
 */
export async function collectRecipes(
  requests: readonly AddRequest[],
  { upstreams, aur, trustedMaintainers, now, progress, ...options }: CollectOptions,
): Promise<Collected> {
  const { databases, taken, withDependencies, mayFail } = options;
  const present = [...options.present];
  const added = new Map<string, CollectedRecipe>();
  const tried = new Set<string>();
  const failed: SluiceError[] = [];
  const inDatabases = namesIn(databases);
  const distribution = knowsDistribution(databases) ? inDatabases : new Set([...inDatabases, ...alwaysThere]);
  let missing: Collected["missing"] = [];
  let unknown: Collected["unknown"];
  for (let wave = requests.map((request) => ({ ...request, neededBy: [] as string[] })); wave.length > 0;) {
    progress(`fetching ${wave.map(({ pkgbase }) => pkgbase).join(", ")}`);
    const whom = new Map(wave.map(({ pkgbase, neededBy }) => [pkgbase, neededBy]));
    const onFailure = mayFail ? (error: SluiceError) => failed.push(error) : undefined;
    const recipes = await fetchFirstRecipes(wave, { upstreams, aur, trustedMaintainers, now }, onFailure);
    for (const recipe of recipes)
      added.set(recipe.pkgbase, { ...recipe, neededBy: whom.get(recipe.pkgbase)! });
    for (const { pkgbase } of wave) tried.add(pkgbase);
    const unmet = missingDependencies([...added.values()], present, distribution);
    const names = [...new Set(unmet.map(({ name }) => name))];
    const inAur = await askWhoMakes(aur, names, withDependencies);
    unknown = inAur instanceof SluiceError ? { names, error: inAur } : undefined;
    missing = inAur instanceof SluiceError ? [] : unmet.map((one) => ({ ...one, aur: inAur.get(one.name) }));
    wave = withDependencies ? nextWave(missing, new Set([...taken, ...tried])) : [];
  }
  return { added: [...added.values()], missing, unknown, failed };
}

export function knowsDistribution(databases: readonly DatabaseSighting[]): boolean {
  return databases.length > 0 && databases.every(({ kind }) => kind === "read");
}

/** Which packages of the AUR make these; the error where the AUR can't be asked, unless they are to be added. */
async function askWhoMakes(
  aur: AurSearch,
  names: readonly string[],
  withDependencies: boolean,
): Promise<ReadonlyMap<string, string> | SluiceError> {
  try {
    return await aur.pkgbasesOf(names);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "unavailable" && !withDependencies) return error;
    throw error;
  }
}

function nextWave(
  missing: Collected["missing"],
  known: ReadonlySet<string>,
): { pkgbase: string; source: string; neededBy: string[] }[] {
  const needed = new Map<string, string[]>();
  for (const { pkgbase, aur } of missing) {
    if (aur !== undefined && !known.has(aur)) needed.set(aur, [...(needed.get(aur) ?? []), pkgbase]);
  }
  return [...needed].map(([pkgbase, neededBy]) => ({ pkgbase, source: "aur", neededBy }));
}
