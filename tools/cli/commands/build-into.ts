import { resolve } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { dependencyClosure, type DependencyTree } from "../../deptree/tree.ts";
import { SluiceError } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import { buildInto as buildPackagesInto } from "../../manager/runners/build-into.ts";
import { goesOn, type JobOutcome } from "../../manager/runners/job-results.ts";
import { openBuildingPlace } from "../../manager/installation.ts";
import { revisionsOf, type Revision } from "../../manager/reconcile/revision.ts";
import { existingPackages } from "../../workspace/package-names.ts";
import { requireValidConfig } from "../../workspace/workspace.ts";
import { chooseSandbox, readHead, stopSignal, type InstallationOptions } from "../wiring/installation.ts";
import { requireOwnWorkspace, stateFolder } from "../wiring/state-folder.ts";
import { info, printable } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options extends InstallationOptions {
  readonly commit?: string;
  readonly with?: string;
  readonly after?: string;
  readonly json?: boolean;
}

/** Builds packages into a folder, for jobs of a pipeline that hand on to others what they built. */
export async function buildInto(
  options: Options,
  folder: string,
  pkgbases: readonly string[],
): Promise<number> {
  const after = (options.after ?? "").split(/\s+/).filter((name) => name !== "");
  requireNames([...pkgbases, ...after]);
  requireOwnWorkspace(options);
  const git = openGit(findRoot(options.root), process.env);
  const { commit, workspace, tree } = await readScheduled(git, options.commit);
  requireValidConfig(workspace);
  const named = existingPackages(pkgbases, workspace.packages);
  // A schedule names all that is to be built; a person names what they want to have.
  const wanted = options.commit === undefined ? withNeeds(named, tree) : named;
  const place = await openBuildingPlace({
    git,
    settings: workspace.config,
    arch: workspace.config.CI_ARCHES[0]!,
    state: stateFolder(options),
    sandbox: await chooseSandbox(options.sandbox),
  });
  const results = await buildPackagesInto(place, {
    commit,
    pkgbases: wanted,
    after,
    earlier: options.with === undefined ? undefined : resolve(options.with),
    into: resolve(folder),
    signal: stopSignal(),
    listen: (chunk) => process.stderr.write(chunk),
    ended: options.json ? () => undefined : tell,
  });
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  return results.length === wanted.length && results.every(goesOn) ? 0 : 1;
}

async function readScheduled(git: Git, commit: string | undefined): Promise<Revision> {
  if (commit === undefined) return readHead(git);
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return revisionsOf(git).at(commit);
  throw new SluiceError("usage", `--commit: ${JSON.stringify(commit)} is not a whole commit id`, {
    hint: "A schedule names it as: commit",
  });
}

/** In build order. */
function withNeeds(pkgbases: readonly string[], tree: DependencyTree): string[] {
  const closure = dependencyClosure(tree, pkgbases);
  return tree.order.filter((pkgbase) => closure.has(pkgbase));
}

function tell(pkgbase: string, { outcome, message }: JobOutcome): void {
  process.stdout.write(printable(`${pkgbase}: ${outcome}${message ? ` ${message}` : ""}`) + "\n");
  if (outcome === "blocked") info(`${pkgbase} isn't built against what failed (CI_ON_DEPENDENCY_FAILURE).`);
}

function requireNames(names: readonly string[]): void {
  const wrong = names.filter((name) => !isPkgbase(name));
  if (wrong.length === 0) return;
  throw new SluiceError(
    "usage",
    `no package names: ${wrong.map((name) => JSON.stringify(name)).join(", ")}`,
    {
      hint: "For example: sluice build-into built foo bar --after baz",
    },
  );
}
