import { SluiceError } from "../../errors.ts";
import { recipeChanges } from "../../workspace/recipe-changes.ts";
import type { FileChanges, FileInCommit } from "../../git/change-files.ts";
import type { AurSearch } from "../../upstream/aur/aur-search.ts";
import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { packagePath } from "../../workspace/files.ts";
import { packageConfig, packageInfo, readAddRequests } from "./add-requests.ts";
import { dependencyProblems, type DependencyProblem } from "../checks/check-dependencies.ts";
import { collectRecipes, knowsDistribution, type Collected } from "./collect-recipes.ts";
import type { FirstRecipe } from "./first-recipes.ts";
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

export interface AddPlan extends OperationPlan, Omit<Collected, "failed"> {
  /** What is wrong between packages now, and wasn't before. */
  readonly problems: readonly DependencyProblem[];
  readonly databases: readonly DatabaseSighting[];
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

  const { added, missing, unknown } = await collectRecipes(requests, {
    upstreams,
    aur,
    trustedMaintainers,
    now: now(),
    progress,
    present: workspace.packages.values(),
    taken: new Set(entries.keys()),
    databases,
    withDependencies: options.withDependencies,
    mayFail: false,
  });

  const packages = added.map(({ pkgbase }) => pkgbase);
  const changes = new Map(added.flatMap((one) => [...newFiles(one, packagesDir, options)]));
  const states = new Map(added.map(({ pkgbase, state }) => [pkgbase, state]));
  const plan = await planOperation(ports, present, { kind: "feat(add)", packages, changes, states });
  const risky = added.filter(({ verdict }) => verdict === "dangerous");
  return {
    ...plan,
    added,
    // Where it isn't known what the distribution has, the AUR alone tells: it has nothing of the distribution's.
    missing: knowsDistribution(databases) ? missing : missing.filter((one) => one.aur !== undefined),
    unknown,
    problems: dependencyProblems(workspace, plan.workspace),
    databases,
    ...(risky.length > 0 && !options.acceptRisk && { refusal: dangerous(risky) }),
  };
}

/** What this repository itself published isn't the distribution's: it has to be in the workspace. */
function foreignDatabases({ CI_LIB_DB, BUILD_REPO }: RepositoryConfig): string[] {
  return CI_LIB_DB.filter((url) => !url.replace(/[?#].*/, "").endsWith(`/${BUILD_REPO}.db`));
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
