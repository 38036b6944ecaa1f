import { isLibrary, kindOf, machinesOf, symbolVersion, type Need } from "../../binaries/need.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import type { KnownGives } from "../../upstream/distribution/gives.ts";
import type { AskedLibraries } from "../../upstream/distribution/symbols.ts";

interface Provider extends AskedLibraries {
  /** Whether an earlier version of it was read. */
  readonly isMoved: boolean;
}

/**
 * Packages of a distribution with libraries of which published packages need versions of symbols. No database says what
 * is in a library, so these are to be read. Those that may have dropped some come first: others than those that packages
 * were built with. The rest is read as well: what a library never had isn't gone when that is read again. Of each, those
 * that the most need come first.
 */
export function wantedSymbols(
  records: readonly PackageRecord[],
  databases: readonly KnownGives[],
  arch: string,
): AskedLibraries[] {
  const providers = unreadProviders(databases, new Set(machinesOf(arch)));
  if (providers.size === 0) return [];
  const users = new Map<Provider, Set<string>>();
  const moved = new Set<Provider>();
  for (const { pkgbase, needs, builtWith } of records) {
    for (const need of Object.keys(needs)) {
      const provider = providers.get(symbolVersion(need)?.library ?? "");
      if (!provider) continue;
      const { isMoved, pkgname, version } = provider;
      if (isMoved || (builtWith[pkgname] ?? version) !== version) moved.add(provider);
      users.set(provider, (users.get(provider) ?? new Set()).add(pkgbase));
    }
  }
  const byUsers = [...users].toSorted(([, a], [, b]) => b.size - a.size).map(([provider]) => provider);
  return [...byUsers.filter((one) => moved.has(one)), ...byUsers.filter((one) => !moved.has(one))];
}

/** By library, the first package that gives it, where the versions of its symbols aren't known. */
function unreadProviders(
  databases: readonly KnownGives[],
  machines: ReadonlySet<string>,
): Map<Need, Provider> {
  const providers = new Map<Need, Provider>();
  const seen = new Set<Need>();
  for (const { url, packages } of databases) {
    for (const [pkgname, { version, file, symbols, symbolsOf, gives = [] }] of Object.entries(packages)) {
      const isRead = symbols !== undefined && symbolsOf === undefined;
      const isMoved = symbolsOf !== undefined;
      const provider = file === undefined || isRead ? undefined : { url, pkgname, version, file, isMoved };
      for (const need of gives) {
        if (seen.has(need) || !isLibrary(need) || !machines.has(kindOf(need))) continue;
        seen.add(need);
        if (provider) providers.set(need, provider);
      }
    }
  }
  return providers;
}

/** The same databases, with what was read of these packages. */
export function withSymbols(
  databases: readonly KnownGives[],
  read: ReadonlyMap<AskedLibraries, readonly Need[]>,
): KnownGives[] {
  return databases.map((one) => {
    const own = [...read].filter(([{ url }]) => url === one.url);
    if (own.length === 0) return one;
    const packages = { ...one.packages };
    for (const [{ pkgname }, symbols] of own) {
      const { symbolsOf: _, ...pkg } = packages[pkgname]!;
      packages[pkgname] = { ...pkg, symbols };
    }
    return { ...one, packages };
  });
}
