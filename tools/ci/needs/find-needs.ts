import { vercmp } from "../../alpm/vercmp.ts";
import { knownBrokenSchema, type KnownBroken } from "../../binaries/lacks.ts";
import {
  ownGives,
  parseGives,
  providedBy,
  type GivesSighting,
  type KnownGives,
} from "../../upstream/distribution/gives.ts";
import { SluiceError } from "../../errors.ts";
import type { PublishedNeeds } from "../../upstream/distribution/published-needs.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { NeedsState } from "../../workspace/state/needs-state.ts";
import type { Package } from "../../workspace/workspace.ts";
import { comparedNow, headersOf, readCompared, toldBefore } from "./compared-needs.ts";
import { planNeedRebuilds, type NeedRebuild, type NeedRebuilds } from "./need-rebuilds.ts";
import { lookAt, orSluiceError, type NeedsLook } from "./needs-look.ts";
import { wantedSymbols, withSymbols } from "./wanted-symbols.ts";

/** What a run found out about what published packages need. */
export interface NeedsFound extends NeedRebuilds {
  readonly sightings: readonly GivesSighting[];
  /** What is remembered of it. */
  readonly state: NeedsState;
  /** Whether all of it could be compared. */
  readonly isKnown: boolean;
}

interface Search {
  readonly upstreams: Pick<Upstreams, "gives" | "symbols">;
  readonly packages: ReadonlyMap<string, Package>;
  readonly config: RepositoryConfig;
  readonly state: NeedsState;
  /** What is published for an architecture, or undefined where nobody knows. */
  readonly published: (arch: string, before: string | undefined) => Promise<PublishedNeeds | undefined>;
  /** Packages that this run builds anew anyway. */
  readonly rebuilt: ReadonlySet<string>;
  /** The commit of main. Without it everything is compared, whatever was compared before. */
  readonly head?: string;
  readonly now: () => Date;
}

/**
 * Looks at what the distribution gives, and compares it with what is published needs, for each architecture. Where
 * nothing has changed since nothing was found, nothing is read.
 */
export async function findNeeds(search: Search): Promise<NeedsFound> {
  const { config, state, rebuilt, head } = search;
  const compared = readCompared(state.compared);
  let parsed: readonly KnownGives[] | undefined;
  const all = (): readonly KnownGives[] => (parsed ??= parseGives(state.gives));
  const known = compared ? headersOf(compared, all) : all();
  const looks: NeedsLook[] = [];
  for (const arch of config.CI_ARCHES) {
    looks.push(await lookAt(arch, search, known, compared?.needs[arch]));
  }
  const sightings: GivesSighting[] = looks.flatMap((look) => look.sightings);
  const told = compared && toldBefore(compared, looks, head);
  if (told && (told.length === 0 || rebuilt.size === 0)) {
    return { bumps: [], broken: told, known: {}, sightings, state, isKnown: true };
  }
  const isLost = sightings.some(
    (one) => !one.isNew && one.known && !all().some(({ url }) => url === one.url),
  );
  // What it gave isn't known any more, so it is to be sent again.
  if (compared && isLost) return findNeeds({ ...search, state: { gives: all(), broken: state.broken } });

  const found: Comparison[] = [];
  for (const look of looks) {
    const comparison = await compare(look, search, all());
    if (comparison instanceof SluiceError) {
      sightings.push({ url: "", known: undefined, isNew: false, error: comparison });
    } else if (comparison) {
      found.push(comparison);
    }
  }
  if (found.length === 0) {
    return { bumps: [], broken: [], known: {}, sightings, state, isKnown: false };
  }
  const bumps = merged(found.flatMap((one) => one.bumps));
  const broken = found.flatMap((one) => one.broken);
  const brokenNow = knownOf(found, knownBroken(state), config);
  const isQuiet = bumps.length === 0 && found.every(({ isComplete }) => isComplete);
  const gives = givesAfter(looks, found, all(), config);
  return {
    bumps,
    broken,
    known: {},
    sightings,
    isKnown: true,
    state: {
      gives: isEqualList(gives, all()) ? state.gives : gives,
      broken: sameOr(state.broken, brokenNow),
      ...(isQuiet && { compared: sameOr(state.compared, comparedNow(looks, broken, head)) }),
    },
  };
}

interface Comparison extends NeedRebuilds {
  readonly arch: string;
  /** What everybody gives now, the repository itself last. */
  readonly gives: readonly KnownGives[];
  /** Whether nothing is left to be read. */
  readonly isComplete: boolean;
}

/** What one architecture's packages lack; undefined where that isn't known, an error where it can't be read. */
async function compare(
  { arch, sightings, published }: NeedsLook,
  search: Search,
  known: readonly KnownGives[],
): Promise<Comparison | SluiceError | undefined> {
  const { packages, config, rebuilt, state, upstreams, now } = search;
  const records = await published?.records().catch(orSluiceError);
  if (records instanceof SluiceError) return records;
  if (records === undefined || records.length === 0) return undefined;
  const before = new Map(known.map((one) => [one.url, one]));
  const seen = sightings.map(({ url, known: one, isNew }) => (isNew ? one! : (before.get(url) ?? one!)));
  const settled = new Set(sightings.filter(({ isNew }) => !isNew).map(({ url }) => url));
  const wanted = wantedSymbols(records, seen, arch).map((one) => ({
    ...one,
    isSettled: settled.has(one.url),
  }));
  const read = wanted.length > 0 ? await upstreams.symbols(wanted) : new Map();
  const current = withSymbols(seen, read);
  const own = { ...ownGives(records), url: ownUrl(arch, config) };
  const ownBefore = before.get(own.url);
  const isSame = ownBefore !== undefined && isEqual(ownBefore, own);
  const earlier = current.map((one) => before.get(one.url) ?? one);
  const isUnchanged = isSame && current.every((one, index) => one === earlier[index]);
  const provided = providedBy([...current, own]);
  const rebuilds = planNeedRebuilds({
    packages,
    config,
    arch,
    records,
    provided,
    before: isUnchanged ? provided : providedBy([...earlier, ownBefore ?? own], "before"),
    known: brokenOf(arch, knownBroken(state), config),
    rebuilt,
    now: now(),
  });
  const gives = [...current, isSame ? ownBefore : own];
  const isComplete = wanted.every((one) => read.has(one));
  return { ...inArchitecture(rebuilds, arch, config), arch, gives, isComplete };
}

type Arches = Pick<RepositoryConfig, "CI_ARCHES">;

/** Under which address what the repository gives is remembered; the first architecture's has none. */
function ownUrl(arch: string, { CI_ARCHES }: Arches): string {
  return arch === CI_ARCHES[0] ? "" : `repository:${arch}`;
}

/** What is remembered of broken packages is by pkgbase; of other architectures than the first by `aarch64/pkgbase`. */
function brokenOf(arch: string, known: KnownBroken, { CI_ARCHES }: Arches): KnownBroken {
  const prefix = arch === CI_ARCHES[0] ? "" : `${arch}/`;
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, one]) => {
      const pkgbase = key.slice(prefix.length);
      return key.startsWith(prefix) && !pkgbase.includes("/") ? [[pkgbase, one]] : [];
    }),
  );
}

/** Of all architectures; those that couldn't be compared keep what was known. */
function knownOf(found: readonly Comparison[], before: KnownBroken, config: Arches): KnownBroken {
  const compared = new Set(found.map(({ arch }) => arch));
  const kept = Object.entries(before).filter(([key]) => {
    const [arch = ""] = key.includes("/") ? key.split("/") : config.CI_ARCHES;
    return !compared.has(arch) && (config.CI_ARCHES as readonly string[]).includes(arch);
  });
  const fresh = found.flatMap(({ arch, known }) => {
    const prefix = arch === config.CI_ARCHES[0] ? "" : `${arch}/`;
    return Object.entries(known).map(([pkgbase, one]) => [`${prefix}${pkgbase}`, one] as const);
  });
  return Object.fromEntries([...kept, ...fresh]);
}

/** Of architectures that couldn't be compared what was known before. */
function givesAfter(
  looks: readonly NeedsLook[],
  found: readonly Comparison[],
  known: readonly KnownGives[],
  config: Arches,
): KnownGives[] {
  return looks.flatMap(({ arch, sightings }) => {
    const compared = found.find((one) => one.arch === arch);
    if (compared) return compared.gives;
    const urls = new Set([...sightings.map(({ url }) => url), ownUrl(arch, config)]);
    return known.filter(({ url }) => urls.has(url));
  });
}

/** People read of which architecture it is, unless there is one alone. */
function inArchitecture(
  { bumps, broken, known }: NeedRebuilds,
  arch: string,
  { CI_ARCHES }: Arches,
): NeedRebuilds {
  if (arch === CI_ARCHES[0]) return { bumps, broken, known };
  return {
    bumps: bumps.map((one) => ({ ...one, reason: `${one.reason} (${arch})` })),
    broken: broken.map((one) => ({ ...one, outcome: `${one.outcome} (${arch})` })),
    known,
  };
}

/** A bump is for all architectures; of two for one package the higher one is for both. */
function merged(bumps: readonly NeedRebuild[]): NeedRebuild[] {
  const byPkgbase = new Map<string, NeedRebuild>();
  for (const one of bumps) {
    const other = byPkgbase.get(one.pkgbase);
    const isHigher = other && vercmp(one.bump.replace("/", "."), other.bump.replace("/", ".")) > 0;
    byPkgbase.set(one.pkgbase, isHigher ? { ...other, bump: one.bump } : (other ?? one));
  }
  return [...byPkgbase.values()];
}

/** By versions: a package of one version has one content. */
function isEqual(a: KnownGives, b: KnownGives): boolean {
  const [left, right] = [Object.entries(a.packages), Object.entries(b.packages)];
  return (
    left.length === right.length && left.every(([name, { version }]) => b.packages[name]?.version === version)
  );
}

function isEqualList(a: readonly KnownGives[], b: readonly KnownGives[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** The same object where it says the same: only what differs is written. */
function sameOr(before: unknown, now: unknown): unknown {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now;
}

export function knownBroken({ broken }: NeedsState): KnownBroken {
  const parsed = knownBrokenSchema.safeParse(broken);
  return parsed.success ? parsed.data : {};
}
