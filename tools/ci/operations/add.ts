import { SluiceError } from "../../errors.ts";
import { recipeChanges } from "../../workspace/recipe-changes.ts";
import type { FileChanges, FileInCommit } from "../../git/change-files.ts";
import type { AurSearch } from "../../upstream/aur/aur-search.ts";
import { alwaysThere } from "../../upstream/distribution/always-there.ts";
import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { packagePath } from "../../workspace/files.ts";
import { packageConfig, packageInfo, readAddRequests } from "./add-requests.ts";
import { dependencyProblems, type DependencyProblem } from "../checks/check-dependencies.ts";
import { fetchFirstRecipes, type FirstRecipe } from "./first-recipes.ts";
import { missingDependencies, namesIn, type MissingDependency } from "./missing-dependencies.ts";
import { readTrusted } from "../on-schedule/on-schedule.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { planOperation, readCurrentState, type OperationPlan, type OperationPorts } from "./operation.ts";

export interface AddPorts extends OperationPorts, Pick<SchedulePorts, "upstreams"> {
  readonly aur: (config: RepositoryConfig) => AurSearch;
}

export interface AddOptions {
  /** Takes recipes that the gate calls dangerous, too. */
  readonly acceptRisk: boolean;
  /** Adds packages of the AUR that are needed and nowhere else, and what those need. */
  readonly withDependencies: boolean;
  /** REQUEST_ORIGIN and REQUEST_REASON. */
  readonly origin: string | undefined;
  readonly reason: string | undefined;
}

export interface AddPlan extends OperationPlan {
  readonly added: readonly AddedPackage[];
  /** What added packages need and nobody provides; `aur`: the package of the AUR that would. */
  readonly missing: readonly (MissingDependency & { readonly aur: string | undefined })[];
  /** What is needed of which nobody could say who has it: the AUR didn't answer, and why. */
  readonly unknown: { readonly names: readonly string[]; readonly error: SluiceError } | undefined;
  /** What is wrong between packages now, and wasn't before. */
  readonly problems: readonly DependencyProblem[];
  readonly databases: readonly DatabaseSighting[];
}

export interface AddedPackage extends FirstRecipe {
  /** The packages that it was added for; none where it was asked for. */
  readonly neededBy: readonly string[];
}

/**
 * Takes packages into the workspace, each with its first recipe judged.
 *
 * @throws SluiceError `usage` where a request can't be understood or a package exists, `not-fetched`
 */
export async function planAdd(
  ports: AddPorts,
  texts: readonly string[],
  options: AddOptions,
): Promise<AddPlan> {
  const { git, now, progress } = ports;
  const present = await readCurrentState(ports);
  const { entries, workspace } = present.side;
  const { config, packagesDir } = workspace;
  const requests = readAddRequests(texts, new Set(entries.keys()));
  const upstreams = ports.upstreams(config, {});
  const aur = ports.aur(config);
  const trustedMaintainers = await readTrusted(git, present.refs.head);
  progress("asking what the distribution has");
  const databases = await upstreams.libraries(foreignDatabases(config), []);

  const added = new Map<string, AddedPackage>();
  const inDatabases = namesIn(databases);
  const distribution = knowsDistribution(databases) ? inDatabases : new Set([...inDatabases, ...alwaysThere]);
  let missing: AddPlan["missing"] = [];
  let unknown: AddPlan["unknown"];
  for (let wave = requests.map((request) => ({ ...request, neededBy: [] as string[] })); wave.length > 0;) {
    progress(`fetching ${wave.map(({ pkgbase }) => pkgbase).join(", ")}`);
    const recipes = await fetchFirstRecipes(wave, { upstreams, aur, trustedMaintainers, now: now() });
    for (const [at, recipe] of recipes.entries()) {
      added.set(recipe.pkgbase, { ...recipe, neededBy: wave[at]!.neededBy });
    }
    const unmet = missingDependencies([...added.values()], workspace.packages.values(), distribution);
    const names = [...new Set(unmet.map(({ name }) => name))];
    const inAur = await askWhoMakes(aur, names, options);
    unknown = inAur instanceof SluiceError ? { names, error: inAur } : undefined;
    missing = inAur instanceof SluiceError ? [] : unmet.map((one) => ({ ...one, aur: inAur.get(one.name) }));
    wave = options.withDependencies ? nextWave(missing, new Set([...entries.keys(), ...added.keys()])) : [];
  }

  const packages = [...added.keys()];
  const changes = new Map([...added.values()].flatMap((one) => [...newFiles(one, packagesDir, options)]));
  const states = new Map([...added].map(([pkgbase, { state }]) => [pkgbase, state]));
  const plan = await planOperation(ports, present, { kind: "feat(add)", packages, changes, states });
  const risky = [...added.values()].filter(({ verdict }) => verdict === "dangerous");
  return {
    ...plan,
    added: [...added.values()],
    // Where it isn't known what the distribution has, the AUR alone tells: it has nothing of the distribution's.
    missing: knowsDistribution(databases) ? missing : missing.filter((one) => one.aur !== undefined),
    unknown,
    problems: dependencyProblems(workspace, plan.workspace),
    databases,
    ...(risky.length > 0 && !options.acceptRisk && { refusal: dangerous(risky) }),
  };
}

/** Which packages of the AUR make these; the error where the AUR can't be asked, unless they are to be added. */
async function askWhoMakes(
  aur: AurSearch,
  names: readonly string[],
  { withDependencies }: AddOptions,
): Promise<ReadonlyMap<string, string> | SluiceError> {
  try {
    return await aur.pkgbasesOf(names);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "unavailable" && !withDependencies) return error;
    throw error;
  }
}

/** What this repository itself published isn't the distribution's: it has to be in the workspace. */
function foreignDatabases({ CI_LIB_DB, BUILD_REPO }: RepositoryConfig): string[] {
  return CI_LIB_DB.filter((url) => !url.replace(/[?#].*/, "").endsWith(`/${BUILD_REPO}.db`));
}

function knowsDistribution(databases: readonly DatabaseSighting[]): boolean {
  return databases.length > 0 && databases.every(({ kind }) => kind === "read");
}

function nextWave(
  missing: AddPlan["missing"],
  known: ReadonlySet<string>,
): { pkgbase: string; source: string; neededBy: string[] }[] {
  const needed = new Map<string, string[]>();
  for (const { pkgbase, aur } of missing) {
    if (aur !== undefined && !known.has(aur)) needed.set(aur, [...(needed.get(aur) ?? []), pkgbase]);
  }
  return [...needed].map(([pkgbase, neededBy]) => ({ pkgbase, source: "aur", neededBy }));
}

function newFiles(
  { pkgbase, source, files }: FirstRecipe,
  packagesDir: string,
  { origin, reason }: AddOptions,
): FileChanges {
  const folder = packagePath(packagesDir, pkgbase);
  const info = packageInfo(origin, reason);
  return new Map([
    ...recipeChanges(pkgbase, folder, [], files),
    [`${folder}/.CI/config`, textFile(packageConfig(source))],
    ...(info === undefined ? [] : [[`${folder}/.CI/info`, textFile(info)] as const]),
  ]);
}

function textFile(content: string): FileInCommit {
  return { mode: "100644", content: Buffer.from(content) };
}

function dangerous(risky: readonly FirstRecipe[]): SluiceError {
  const names = risky.map(({ pkgbase }) => pkgbase);
  return new SluiceError("risk", `dangerous: ${names.join(", ")}; nothing was added`, {
    hint: "Read these recipes, all of them. If you can explain every finding, use --accept-risk.",
    facts: { names },
    exitCode: 1,
  });
}
