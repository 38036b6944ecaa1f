import { describeNeed } from "./kinds.ts";
import { isLibrary, kindOf, symbolVersion, type Need } from "./need.ts";
import type { Provided } from "./provided.ts";
import type { PackageRecord } from "./record.ts";

/** Where what a package's files need, and what its `depends` names, aren't the same. */
export interface NamedNeeds {
  /** Linked, and nobody who installs the package gets it along. */
  readonly missing: readonly { readonly pkgname: string; readonly need: Need; readonly file: string }[];
  /** Named, and a library of which nothing is used. */
  readonly needless: readonly string[];
}

/** Everybody has these, and nobody names them. */
const everywhere = new Set(["glibc", "gcc-libs", "libgcc", "libstdc++", "filesystem"]);

/** @param siblings pkgnames of the same build, whatever they are to each other */
export function namedNeeds(
  { pkgname, needs, depends }: PackageRecord,
  provided: Provided,
  machines: readonly string[],
): NamedNeeds {
  const closure = provided.closure(depends);
  const used = new Set<string>();
  const missing = new Map<string, NamedNeeds["missing"][number]>();
  for (const [need, { file, folders }] of Object.entries(needs)) {
    if (symbolVersion(need) || (isLibrary(need) && !machines.includes(kindOf(need)))) continue;
    const first = provided.giverOf(need, folders);
    const givers = [...(first ? [first] : []), ...provided.giversOf(need)].map((giver) => giver.pkgname);
    for (const giver of givers) used.add(giver);
    const [giver] = givers;
    if (
      giver === undefined ||
      givers.some((one) => closure.has(one) || everywhere.has(one) || one === pkgname)
    )
      continue;
    if (!missing.has(giver)) missing.set(giver, { pkgname: giver, need, file });
  }
  return { missing: [...missing.values()], needless: needlessOf(depends, needs, used, provided) };
}

/**
 * Only of what has nothing but libraries it is known what it is used for; and where a library loads another one by
 * its name, nobody knows that.
 */
function needlessOf(
  depends: readonly string[],
  needs: PackageRecord["needs"],
  used: ReadonlySet<string>,
  provided: Provided,
): string[] {
  if (!Object.keys(needs).some(isLibrary)) return [];
  return depends.filter((text) => {
    const giver = provided.giverOf(`package:${text}`);
    return giver?.onlyLibraries === true && !used.has(giver.pkgname);
  });
}

/** For the log of a build. */
export function sayNamedNeeds(pkgname: string, { missing, needless }: NamedNeeds): string[] {
  return [
    ...missing.map(
      (one) =>
        `${pkgname}: ${one.file} needs ${describeNeed(one.need)} of ${one.pkgname}, which depends doesn't name.`,
    ),
    ...needless.map(
      (text) => `${pkgname}: depends names ${text}, a library that none of its files is linked to.`,
    ),
  ];
}
