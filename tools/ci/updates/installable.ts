import { parseRelation } from "../../alpm/relation.ts";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { satisfies } from "../../alpm/vercmp.ts";
import type { Installable } from "../../gate/inert/inert-changes.ts";
import { relationsOf, relationFields } from "../../deptree/relations.ts";
import { databasesFor } from "../../upstream/distribution/databases-for.ts";
import { parseGives, type KnownGives } from "../../upstream/distribution/gives.ts";
import { withoutCredentials } from "../../upstream/distribution/asking.ts";
import type { State } from "../../workspace/state/state.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/**
 * What a package may come to depend on without a person: packages of the distribution and sonames that they provide,
 * as its databases (CI_LIB_DB) were last read, and this workspace's own packages of which nothing waits for a person.
 * Whatever else provides a name isn't enough. What was never read has nothing.
 *
 * @param pkgbase the package that would depend on it: none depends on itself
 */
export function installableIn(
  { config, packages }: Pick<Workspace, "config" | "packages">,
  state: Pick<State, "packages" | "needs">,
): (pkgbase: string) => Installable {
  let known: { readonly own: Map<string, Own>; readonly distribution: readonly KnownGives[] } | undefined;
  const read = () =>
    (known ??= {
      own: ownPackages(packages, state.packages, config.CI_ARCHES[0]!),
      distribution: distributionOf(config, state),
    });
  return (pkgbase) => (text) => {
    const relation = parseRelation(text);
    const { own, distribution } = read();
    const mine = own.get(relation.name);
    // pacman takes the first repository that has it, and which one that is, users decide.
    if (mine) return mine.pkgbase !== pkgbase && !mine.isHeld && satisfies(mine.version, relation);
    return distribution.some(({ packages: all }) => {
      if (isSoname(text)) return Object.values(all).some(({ provides }) => provides?.includes(text));
      const pkg = Object.hasOwn(all, relation.name) ? all[relation.name] : undefined;
      return pkg !== undefined && satisfies(pkg.version, relation);
    });
  };
}

interface Own {
  readonly pkgbase: string;
  readonly version: string | undefined;
  readonly isHeld: boolean;
}

function ownPackages(
  packages: Workspace["packages"],
  states: State["packages"],
  arch: string,
): Map<string, Own> {
  const own = new Map<string, Own>();
  for (const { pkgbase, srcinfo } of packages.values()) {
    const isHeld = states.get(pkgbase)?.held !== undefined;
    const { pkgnames } = relationsOf(pkgbase, srcinfo, relationFields(arch));
    for (const name of pkgnames)
      own.set(name, { pkgbase, version: srcinfo && srcinfoVersion(srcinfo), isHeld });
  }
  return own;
}

/** Those of the first architecture's databases that were read at some time. */
function distributionOf(
  { CI_ARCHES, CI_LIB_DB }: Workspace["config"],
  { needs }: Pick<State, "needs">,
): readonly KnownGives[] {
  const urls = new Set(databasesFor(CI_ARCHES[0]!, CI_ARCHES, CI_LIB_DB).map(withoutCredentials));
  return parseGives(needs.gives).filter(({ url }) => urls.has(url));
}

/** `libfoo.so=1-64`: makepkg writes it, and pacman compares it, as it is. */
function isSoname(text: string): boolean {
  return /^lib[\w.+-]+\.so=[\w.]+-(?:32|64)$/.test(text);
}
