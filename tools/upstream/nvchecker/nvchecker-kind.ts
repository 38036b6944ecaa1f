import type { Asking } from "./asking.ts";
import type { NvcheckerEntry } from "./nvchecker-config.ts";

/**
 * One kind of nvchecker's sources. It answers as nvchecker's own does (its folder `nvchecker_source`): the version
 * that there is, several for the list options to choose from, or undefined where there's nothing to follow.
 *
 * @throws SluiceError `unavailable` where looking again may help; any other where it won't.
 */
export type NvcheckerKind = (entry: NvcheckerEntry, asking: Asking) => Promise<Found | undefined>;

export type Found = FoundVersion | readonly FoundVersion[];

export interface FoundVersion {
  /** As upstream writes it. */
  readonly version: string;
  /** The Git commit that it is, where the kind learns it. */
  readonly commit?: string | undefined;
}
