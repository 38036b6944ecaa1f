import type { PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import {
  ownGives,
  parseGives,
  providedBy,
  type GivesSighting,
  type KnownGives,
} from "../../upstream/distribution/gives.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { NeedsState } from "../../workspace/state/needs-state.ts";
import type { Package } from "../../workspace/workspace.ts";
import { knownBrokenSchema } from "../../binaries/lacks.ts";
import { planNeedRebuilds, type NeedRebuilds } from "./need-rebuilds.ts";

/** What a run found out about what published packages need. */
export interface NeedsFound extends NeedRebuilds {
  readonly sightings: readonly GivesSighting[];
  /** What is remembered of it. */
  readonly state: NeedsState;
  /** Whether all of it could be compared. */
  readonly isKnown: boolean;
}

interface Search {
  readonly upstreams: Pick<Upstreams, "gives">;
  readonly packages: ReadonlyMap<string, Package>;
  readonly config: RepositoryConfig;
  readonly state: NeedsState;
  /** What is published, or undefined where nobody knows. */
  readonly published: () => Promise<readonly PackageRecord[] | undefined>;
  /** Packages that this run builds anew anyway. */
  readonly rebuilt: ReadonlySet<string>;
  readonly now: () => Date;
}

/** Looks at what the distribution gives, and compares it with what is published needs. */
export async function findNeeds(search: Search): Promise<NeedsFound> {
  const { upstreams, packages, config, state, published, rebuilt, now } = search;
  // A bump rebuilds for every architecture; the first one's packages say whether it is needed.
  const [arch, ...others] = config.CI_ARCHES as [string, ...string[]];
  const urls = config.CI_LIB_DB.filter(
    (url) => !isOwnDatabase(url, config) && !others.some((other) => url.includes(`/${other}/`)),
  );
  const known = parseGives(state.gives);
  const nothing = { bumps: [], broken: [], known: {}, isKnown: false };
  const records = await published().catch((error: unknown) => {
    if (error instanceof SluiceError) return error;
    throw error;
  });
  if (records instanceof SluiceError) {
    const url = config.CI_LIB_DB.find((one) => isOwnDatabase(one, config)) ?? "";
    return { ...nothing, sightings: [{ url, known: undefined, isNew: false, error: records }], state };
  }
  if (records === undefined || records.length === 0 || urls.length === 0)
    return { ...nothing, sightings: [], state };
  const sightings = await upstreams.gives(urls, known, arch);
  const current = sightings.flatMap((sighting) => sighting.known ?? []);
  // What one database of several doesn't have another one may.
  if (current.length < sightings.length) return { ...nothing, sightings, state };
  const own = ownGives(records);
  const ownBefore = known.find(({ url }) => url === "");
  const isSame = ownBefore !== undefined && isEqual(ownBefore, own);
  const all = [...current, isSame ? ownBefore : own];
  const unchanged = isSame && current.every((one) => known.includes(one));
  const broken = knownBroken(state);
  const isKept = unchanged && known.length === all.length;
  // Who compared the same before found nothing.
  if (isKept && Object.keys(broken).length === 0) return { ...nothing, sightings, state, isKnown: true };
  const before = new Map(known.map((one) => [one.url, one]));
  const earlier = current.map((one) => before.get(one.url) ?? one);
  const provided = providedBy([...current, own]);
  const rebuilds = planNeedRebuilds({
    packages,
    config,
    arch,
    records,
    provided,
    before: unchanged ? provided : providedBy([...earlier, ownBefore ?? own]),
    known: broken,
    rebuilt,
    now: now(),
  });
  const gives = isKept ? state.gives : all;
  return { ...rebuilds, sightings, isKnown: true, state: { gives, broken: rebuilds.known } };
}

/** What the repository itself publishes, as a database of CI_LIB_DB says it: it is asked for by what it keeps itself. */
export function isOwnDatabase(url: string, { BUILD_REPO }: Pick<RepositoryConfig, "BUILD_REPO">): boolean {
  return url.replace(/[?#].*/, "").endsWith(`/${BUILD_REPO}.db`);
}

/** By versions: a package of one version has one content. */
function isEqual(a: KnownGives, b: KnownGives): boolean {
  const [left, right] = [Object.entries(a.packages), Object.entries(b.packages)];
  return (
    left.length === right.length && left.every(([name, { version }]) => b.packages[name]?.version === version)
  );
}

export function knownBroken({ broken }: NeedsState) {
  const parsed = knownBrokenSchema.safeParse(broken);
  return parsed.success ? parsed.data : {};
}
