import { describeNeed } from "../../binaries/kinds.ts";
import { isLibrary, kindOf, machinesOf, symbolVersion } from "../../binaries/need.ts";
import type { Provided } from "../../binaries/provided.ts";
import type { PackageRecord } from "../../binaries/record.ts";

/** Something that a published package's files need. */
export interface Linked {
  readonly need: string;
  readonly file: string;
  /** `foo 2.0-1`, or null where nobody known gives it. */
  readonly from: string | null;
}

/** What the files of an architecture's packages need, and from whom. */
export function linkedOf(records: readonly PackageRecord[], provided: Provided, arch: string): Linked[] {
  const machines = machinesOf(arch);
  return records.flatMap(({ needs }) =>
    Object.entries(needs)
      .filter(([need]) => !symbolVersion(need) && (!isLibrary(need) || machines.includes(kindOf(need))))
      .map(([need, { file, folders }]) => {
        const giver = provided.giverOf(need, folders);
        return { need: describeNeed(need), file, from: giver ? `${giver.pkgname} ${giver.version}` : null };
      }),
  );
}

/** By whom it is given: `foo 2.0-1 (libfoo.so.1, libbar.so.2)`. `others`: who has what nobody known gives. */
export function sayLinked(linked: readonly Linked[], others: string): string {
  const byGiver = new Map<string, Set<string>>();
  for (const { need, from } of linked) {
    const giver = from ?? others;
    byGiver.set(giver, (byGiver.get(giver) ?? new Set()).add(need));
  }
  return [...byGiver].map(([giver, needs]) => `${giver} (${[...needs].join(", ")})`).join(", ");
}
