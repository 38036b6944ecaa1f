import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import { bumpedConfigs, changesOfMain } from "../on-schedule/main-changes.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { readKnownVersion } from "../../builder/versions/known-version.ts";
import { nextBump } from "../../builder/versions/next-bump.ts";
import { publishedVersions } from "../updates/published-versions.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { planOperation, readCurrentState, type OperationPlan, type OperationPorts } from "./operation.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { meantPackages } from "../../workspace/package-names.ts";

export interface BumpPlan extends OperationPlan {
  readonly bumps: readonly { readonly pkgbase: string; readonly bump: string }[];
  /** Packages that can't be bumped, and why. */
  readonly skipped: readonly { readonly pkgbase: string; readonly reason: string }[];
  /** Of CI_LIB_DB, which knows what is published. */
  readonly databases: readonly DatabaseSighting[];
}

/** By pkgbase: what this machine publishes, and what it published once and still keeps. */
export type VersionsHere = (pkgbase: string) => {
  readonly published: string | undefined;
  readonly kept: readonly string[];
};

export interface BumpPorts extends OperationPorts, Pick<SchedulePorts, "upstreams"> {
  readonly versionsHere: (config: RepositoryConfig) => Promise<VersionsHere>;
}

/**
 * Rebuilds packages without a new version: CI_PACKAGE_BUMP one higher than what their current version has.
 *
 * @throws SluiceError `unknown-package`
 */
export async function planBump(ports: BumpPorts, names: readonly string[]): Promise<BumpPlan> {
  const present = await readCurrentState(ports);
  const { side, stateBranch } = present;
  const { config, packages } = side.workspace;
  const meant = meantPackages(names, packages);
  const { run, versions } = stateBranch.state;
  ports.progress("asking what is published");
  const databases = await ports.upstreams(config, {}).libraries(config.CI_LIB_DB, run.databases);
  const elsewhere = publishedVersions(databases, config.BUILD_REPO, versions);

  const here = await ports.versionsHere(config);

  const bumps: { pkgbase: string; bump: string }[] = [];
  const skipped: { pkgbase: string; reason: string }[] = [];
  for (const pkgbase of meant) {
    const pkg = packages.get(pkgbase)!;
    const { published, kept } = here(pkgbase);
    const versions = [published, elsewhere(pkgbase)].filter((version) => version !== undefined);
    const setsVersion =
      (await readKnownVersion(ports.git, pkg, side.entries.get(pkgbase) ?? new Map())) === undefined;
    const newest = versions.toSorted(vercmp).at(-1);
    const next = nextBump(pkg, newest, { taken: [...versions, ...kept], setsVersion });
    if ("bump" in next) bumps.push({ pkgbase, bump: next.bump });
    else skipped.push({ pkgbase, reason: next.skipped });
  }
  const changes = changesOfMain(side, [], await bumpedConfigs(ports.git, side, bumps));
  const changed = bumps.map(({ pkgbase }) => pkgbase);
  const plan = await planOperation(ports, present, { kind: "chore(bump)", packages: changed, changes });
  return { ...plan, bumps, skipped, databases };
}
