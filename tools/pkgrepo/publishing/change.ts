import type { PackageRecord } from "../../binaries/record.ts";
import type { KeyRecord } from "../keys.ts";
import type { MadeFromRecord } from "../snapshot.ts";
import type { VerifiedPackage } from "./plan-publish.ts";

/** How the published state changes. The added packages are in place already. */
export interface Change {
  readonly add: readonly VerifiedPackage[];
  /** pkgnames */
  readonly remove: readonly string[];
  /** By pkgbase, complete. */
  readonly madeFrom: ReadonlyMap<string, MadeFromRecord>;
  /** Records of packages that are published already, by file name. */
  readonly needs?: ReadonlyMap<string, PackageRecord>;
  /** Where it changes who signs, or is to sign. */
  readonly keys?: KeyRecord;
  /** The databases hold what is added and nothing else: the ones before are damaged. */
  readonly anew?: boolean;
}
