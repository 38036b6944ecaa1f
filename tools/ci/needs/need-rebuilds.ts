import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import type { Provided } from "../../binaries/provided.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { nextBump } from "../../builder/versions/next-bump.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { Package } from "../../workspace/workspace.ts";
import { wantedVersion } from "../wanted-version.ts";
import { builtAhead, lacksOf, sayLack, type KnownBroken, type Lack } from "../../binaries/lacks.ts";

/** What is decided from about packages whose needs are gone. */
export interface NeedsFacts {
  readonly packages: ReadonlyMap<string, Package>;
  readonly config: Pick<RepositoryConfig, "CI_REBUILD_BLACKLIST">;
  readonly arch: string;
  /** Of all that is published. */
  readonly records: readonly PackageRecord[];
  /** What everybody gives now, and gave when that was looked at last. */
  readonly provided: Provided;
  readonly before: Provided;
  readonly known: KnownBroken;
  /** Packages that this run builds anew anyway. */
  readonly rebuilt: ReadonlySet<string>;
  readonly now: Date;
}

export interface NeedRebuild {
  readonly pkgbase: string;
  readonly bump: string;
  readonly reason: string;
  readonly lacks: readonly Lack[];
  /** ISO 8601 */
  readonly since: string;
  /** How many published packages need something of it, directly or not. */
  readonly effect: number;
}

export interface BrokenPackage {
  readonly pkgbase: string;
  readonly lacks: readonly Lack[];
  /** ISO 8601 */
  readonly since: string;
  /** What becomes of it. */
  readonly outcome: string;
}

export interface NeedRebuilds {
  /** The largest effect first. */
  readonly bumps: readonly NeedRebuild[];
  /** Everything that is broken and isn't rebuilt by this run. */
  readonly broken: readonly BrokenPackage[];
  readonly known: KnownBroken;
}

/**
 * Which published packages are rebuilt because what they need is gone, each once for one change. What a rebuild
 * can't mend is broken.
 */
export function planNeedRebuilds(facts: NeedsFacts): NeedRebuilds {
  const { known: before, now } = facts;
  const bumps: NeedRebuild[] = [];
  const broken: BrokenPackage[] = [];
  const known: Record<string, KnownBroken[string]> = {};
  const dependents = dependentCounts(facts);
  for (const [pkgbase, records] of byPkgbase(facts.records)) {
    const lacks = distinct(records.flatMap((record) => lacksOf(record, facts.arch, facts)));
    if (lacks.length === 0) continue;
    const earlier = before[pkgbase];
    const sinceOf = (need: string): string => earlier?.lacks[need]?.since ?? now.toISOString();
    const remembered = Object.fromEntries(
      lacks.map(({ need, was }) => [need, { since: sinceOf(need), ...(was !== undefined && { was }) }]),
    );
    const decision = decide(pkgbase, records, lacks, facts);
    const since = lacks.map(({ need }) => sinceOf(need)).toSorted()[0]!;
    if ("bump" in decision) {
      const { bump, asked } = decision;
      const reason = `rebuild: ${asked.map(sayLack).join(", ")}`;
      bumps.push({ pkgbase, bump, reason, lacks, since, effect: dependents(pkgbase) });
    } else {
      broken.push({ pkgbase, lacks, since, outcome: decision.outcome });
    }
    known[pkgbase] = { lacks: remembered, ...nextAsked(earlier, decision, lacks, records) };
  }
  return {
    bumps: bumps.toSorted((a, b) => b.effect - a.effect || (a.pkgbase < b.pkgbase ? -1 : 1)),
    broken,
    known,
  };
}

/** `app` …: `libfoo.so.1 is gone (foo 1.9-1), since 2026-06-01; nothing takes its place, …` */
export function sayBroken({ lacks, since, outcome }: BrokenPackage): string {
  const shown = lacks.slice(0, 5).map(sayLack);
  const more = lacks.length > shown.length ? `, and ${lacks.length - shown.length} more` : "";
  const file = lacks[0]?.file === undefined ? "" : ` (needed by ${lacks[0].file})`;
  return `${shown.join(", ")}${more}${file}, since ${since.slice(0, 10)}; ${outcome}`;
}

/** The same as data. */
export function brokenAsJson({ pkgbase, lacks, since, outcome }: BrokenPackage): unknown {
  const needs = lacks.map(({ need, file, was, now, successor }) => ({
    need,
    file: file ?? null,
    was: was ?? null,
    now: now ?? null,
    instead: successor?.need ?? null,
  }));
  return { pkgbase, since, outcome, needs };
}

type Decision =
  | { readonly bump: string; readonly asked: readonly Lack[] }
  | { readonly outcome: string; readonly asked?: readonly Lack[] };

function decide(
  pkgbase: string,
  records: readonly PackageRecord[],
  lacks: readonly Lack[],
  facts: NeedsFacts,
): Decision {
  const pkg = facts.packages.get(pkgbase);
  if (!pkg) return { outcome: "it is no package of the workspace" };
  const isAhead = (lack: Lack): boolean => aheadOf(lack, records) !== undefined;
  const curable = lacks.filter((lack) => !isAhead(lack) && mayCure(lack, records, pkg));
  if (lacks.every(isAhead)) {
    return {
      outcome: `it was built with ${aheadOf(lacks[0]!, records)}, which the distribution here hasn't yet`,
    };
  }
  if (curable.length === 0) {
    const isForeign = lacks.every(({ was }) => was === undefined);
    return {
      outcome: `${isForeign ? "nobody is known to have given it" : "nothing takes its place"}, so a rebuild wouldn't help`,
    };
  }
  if (facts.rebuilt.has(pkgbase)) return { outcome: "it is rebuilt anyway", asked: curable };
  if (!pkg.config.CI_REBUILD) return { outcome: "it isn't rebuilt by itself (CI_REBUILD=false)" };
  const blacklist = new Set(facts.config.CI_REBUILD_BLACKLIST);
  const wanted = curable.filter(({ was, successor }) => {
    const names = [was?.split(" ")[0], successor?.giver.pkgname];
    return !names.some((name) => name !== undefined && blacklist.has(name));
  });
  if (wanted.length === 0) return { outcome: "nothing is rebuilt because of it (CI_REBUILD_BLACKLIST)" };
  const published = records[0]!.version;
  const earlier = facts.known[pkgbase];
  const fresh = wanted.filter((lack) => isNews(lack, earlier, published));
  if (fresh.length === 0) {
    const again = earlier?.askedAt === published;
    return {
      outcome: again ? "its rebuild is asked for" : `it was rebuilt as ${published}, which didn't help`,
    };
  }
  const recipe = pkg.srcinfo && srcinfoVersion(pkg.srcinfo);
  const awaited = recipe === undefined ? undefined : wantedVersion(recipe, published, pkg.config);
  const isAsked = earlier?.askedAt === published;
  if (awaited !== undefined && vercmp(awaited, published) > 0 && !isAsked) {
    return { outcome: `${awaited} is to be built anyway` };
  }
  const next = nextBump(pkg, published);
  return "bump" in next ? { bump: next.bump, asked: fresh } : { outcome: next.skipped };
}

function aheadOf(lack: Lack, records: readonly PackageRecord[]): string | undefined {
  return records.flatMap((record) => builtAhead(record, lack) ?? [])[0];
}

/** Whether another build may do without it: what was there then is there no more, and something else is. */
function mayCure(
  { need, was, now, successor, file }: Lack,
  records: readonly PackageRecord[],
  pkg: Package,
): boolean {
  if (file === undefined) return successor !== undefined || !isOfRecipe(need, pkg);
  if (!successor) return false;
  if (was === undefined) return false;
  const built = records.map(({ builtWith }) => builtWith[successor.giver.pkgname]);
  return now !== was || !built.includes(successor.giver.version);
}

/** What a recipe says itself a rebuild says again. */
function isOfRecipe(need: string, { srcinfo }: Package): boolean {
  const dependency = need.slice("package:".length);
  const sections = srcinfo ? [srcinfo.base, ...srcinfo.packages.map(({ fields }) => fields)] : [];
  return sections.some((section) =>
    [...section].some(([field, texts]) => /^depends(?:_|$)/.test(field) && texts.includes(dependency)),
  );
}

/** A rebuild that was asked for and isn't published isn't asked for again, until there is something else to build with. */
function isNews(
  { need, successor }: Lack,
  earlier: KnownBroken[string] | undefined,
  published: string,
): boolean {
  const asked = earlier?.asked?.[need];
  if (asked === undefined) return true;
  return earlier?.askedAt === published && asked !== giverText(successor);
}

function giverText(successor: Lack["successor"]): string {
  return successor ? `${successor.giver.pkgname} ${successor.giver.version}` : "";
}

function nextAsked(
  earlier: KnownBroken[string] | undefined,
  { asked = [] }: Decision,
  lacks: readonly Lack[],
  records: readonly PackageRecord[],
): Pick<KnownBroken[string], "asked" | "askedAt"> {
  const lacking = new Set(lacks.map(({ need }) => need));
  const kept = Object.entries(earlier?.asked ?? {}).filter(([need]) => lacking.has(need));
  const fresh = asked.map(({ need, successor }) => [need, giverText(successor)] as const);
  const all = Object.fromEntries([...kept, ...fresh]);
  if (Object.keys(all).length === 0) return {};
  const askedAt = fresh.length > 0 ? records[0]!.version : earlier?.askedAt;
  return { asked: all, ...(askedAt !== undefined && { askedAt }) };
}

function byPkgbase(records: readonly PackageRecord[]): Map<string, PackageRecord[]> {
  const found = new Map<string, PackageRecord[]>();
  for (const record of records) {
    const list = found.get(record.pkgbase);
    if (list) list.push(record);
    else found.set(record.pkgbase, [record]);
  }
  return found;
}

function distinct(lacks: readonly Lack[]): Lack[] {
  return [...new Map(lacks.map((lack) => [lack.need, lack])).values()];
}

/** How many packages need something of a package, directly or not; looked for where somebody asks only. */
function dependentCounts({ records, provided }: NeedsFacts): (pkgbase: string) => number {
  let users: Map<string, Set<string>> | undefined;
  return (pkgbase) => {
    users ??= usersOf(records, provided);
    const reached = new Set([pkgbase]);
    for (const one of reached) for (const user of users.get(one) ?? []) reached.add(user);
    return reached.size - 1;
  };
}

/** By pkgbase, those that need something of it. */
function usersOf(records: readonly PackageRecord[], provided: Provided): Map<string, Set<string>> {
  const baseOf = new Map(records.map(({ pkgname, pkgbase }) => [pkgname, pkgbase]));
  const users = new Map<string, Set<string>>();
  for (const { pkgbase, needs, depends } of records) {
    for (const need of [...Object.keys(needs), ...depends.map((one) => `package:${one}`)]) {
      const base = baseOf.get(provided.giverOf(need)?.pkgname ?? "");
      if (base === undefined || base === pkgbase) continue;
      users.set(base, (users.get(base) ?? new Set()).add(pkgbase));
    }
  }
  return users;
}
