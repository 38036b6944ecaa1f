import type { DatabaseEntry } from "../../alpm/database.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { MadeFrom, MadeFromRecord, Snapshot } from "../snapshot.ts";

/** A package file whose content is known and agrees with its name. */
export interface VerifiedPackage {
  readonly pkgname: string;
  /** Where the copy is that was verified. */
  readonly path: string;
  readonly filename: string;
  readonly sha256: string;
  /** What it needs and gives; undefined where a package is put back whose record is there. */
  readonly needs?: PackageRecord;
}

/** A build whose packages are verified, each for itself. */
export interface Candidate {
  readonly pkgbase: string;
  /** What the recipe declares. */
  readonly pkgnames: readonly string[];
  readonly madeFrom: MadeFrom;
  readonly packages: readonly VerifiedPackage[];
}

/** What main makes of a pkgbase. */
export interface MainPackage {
  readonly pkgnames: readonly string[];
  /** Names that it provides or replaces. */
  readonly offers: readonly string[];
}

/** What main says beside the builds that are published: by it, names move from one pkgbase to another. */
export interface Main {
  /** By pkgbase, complete. */
  readonly packages: ReadonlyMap<string, MainPackage>;
  /** Published pkgbases that are to go. */
  readonly removals: readonly { readonly pkgbase: string }[];
}

/** What has to change, and what each build comes to. */
export interface PublishPlan {
  /** Packages to put in place and to add to the database. */
  readonly add: readonly VerifiedPackage[];
  /** pkgnames that leave the database. */
  readonly remove: readonly string[];
  /** By pkgbase, complete. */
  readonly madeFrom: ReadonlyMap<string, MadeFromRecord>;
  readonly outcomes: readonly PlannedOutcome[];
}

export type PlannedOutcome =
  | {
      readonly kind: "published";
      readonly pkgbase: string;
      readonly added: readonly string[];
      readonly dropped: readonly string[];
    }
  | { readonly kind: "unchanged"; readonly pkgbase: string }
  | { readonly kind: "refused"; readonly pkgbase: string; readonly error: SluiceError }
  /** `pkgnames`: what left the database. */
  | { readonly kind: "removed"; readonly pkgbase: string; readonly pkgnames: readonly string[] }
  /** It is to be removed, and stays until what takes its place is published. */
  | { readonly kind: "held"; readonly pkgbase: string; readonly by: readonly string[] };

type Published = Pick<Snapshot, "entries" | "madeFrom" | "retired">;

/**
 * Decides what publishing `candidates` on top of what is published means.
 *
 * A pkgname belongs to the pkgbase whose build made it last. Another pkgbase may take it over once the old
 * one doesn't declare it any more (as recorded at its last publish, in this very batch, or by main); until then both
 * claim it and the newcomer is refused.
 *
 * A name that moves is never gone in between: the old package stays until the new one takes its place, in one change.
 *
 * @param onDisk the names of the files beside the database: what is named but missing is put back
 * @param now when that is: what is new counts as published then
 * @param main where it isn't known, names that a build no longer makes leave at once
 */
export function planPublish(
  published: Published,
  candidates: readonly Candidate[],
  onDisk: ReadonlySet<string>,
  now: Date,
  main?: Main,
): PublishPlan {
  const byName = new Map(published.entries.map((entry) => [entry.name, entry]));
  const { accepted, refused } = settle(published, candidates, byName, onDisk, main);

  const isPublished = (file: VerifiedPackage, pkgbase: string): boolean => {
    const entry = byName.get(file.pkgname);
    const same = entry?.filename === file.filename && entry.sha256 === file.sha256;
    return same && entry.base === pkgbase && onDisk.has(file.filename) && onDisk.has(`${file.filename}.sig`);
  };
  const made = new Set(accepted.flatMap(({ packages }) => packages.map(({ pkgname }) => pkgname)));
  const madeFrom = new Map(published.madeFrom);
  const outcomes = new Map<string, PlannedOutcome>(refused.map((outcome) => [outcome.pkgbase, outcome]));
  const add: VerifiedPackage[] = [];
  const remove: string[] = [];
  for (const { pkgbase, pkgnames, madeFrom: origin, packages } of accepted) {
    const fresh = packages.filter((file) => !isPublished(file, pkgbase));
    const own = published.entries.filter(({ base }) => base === pkgbase).map(({ name }) => name);
    const dropped = own.filter(
      (name) =>
        !packages.some(({ pkgname }) => pkgname === name) && (made.has(name) || !isAwaited(name, pkgbase)),
    );
    add.push(...fresh);
    remove.push(...dropped.filter((name) => !made.has(name)));
    const added = fresh.map(({ filename }) => filename);
    const { publishedAt } = published.madeFrom.get(pkgbase) ?? {};
    const time = added.length > 0 ? now.toISOString() : publishedAt;
    madeFrom.set(pkgbase, { ...origin, pkgnames, ...(time !== undefined && { publishedAt: time }) });
    outcomes.set(
      pkgbase,
      added.length + dropped.length > 0
        ? { kind: "published", pkgbase, added, dropped }
        : { kind: "unchanged", pkgbase },
    );
  }
  for (const { pkgbase } of main?.removals ?? []) {
    const names = published.entries.flatMap(({ base, name }) => (base === pkgbase ? [name] : []));
    const left = names.filter((name) => !made.has(name));
    const by = [...new Set(left.flatMap((name) => successors(name, pkgbase, main, madeFrom)))].sort();
    if (by.length > 0) {
      outcomes.set(pkgbase, { kind: "held", pkgbase, by });
      continue;
    }
    remove.push(...left);
    madeFrom.delete(pkgbase);
    outcomes.set(pkgbase, { kind: "removed", pkgbase, pkgnames: left });
  }
  remove.push(...abandoned());
  return { add, remove: [...new Set(remove)], madeFrom, outcomes: [...outcomes.values()] };

  function isAwaited(name: string, pkgbase: string): boolean {
    return makersOf(name, pkgbase, main).length > 0;
  }

  /** Names that stayed for a successor that main has given up since. */
  function abandoned(): string[] {
    return published.entries.flatMap(({ base, name }) => {
      const declared = madeFrom.get(base)?.pkgnames;
      const stays = !main || !declared || declared.includes(name) || made.has(name) || isAwaited(name, base);
      return stays ? [] : [name];
    });
  }
}

/** Whom main has for a name beside `pkgbase`, whose it was. */
function makersOf(name: string, pkgbase: string, main: Main | undefined): string[] {
  return [...(main?.packages ?? [])].flatMap(([other, { pkgnames }]) =>
    other !== pkgbase && pkgnames.includes(name) ? [other] : [],
  );
}

/** Who takes the place of a package that goes, and isn't published yet. */
function successors(
  name: string,
  pkgbase: string,
  main: Main | undefined,
  madeFrom: ReadonlyMap<string, MadeFromRecord>,
): string[] {
  const renamed = [...(main?.packages ?? [])].flatMap(([other, { offers }]) =>
    other !== pkgbase && offers.includes(name) && !madeFrom.has(other) ? [other] : [],
  );
  return [...makersOf(name, pkgbase, main), ...renamed];
}

/** Refusing one candidate changes what it declares, so the others are judged again until all stays. */
function settle(
  published: Published,
  candidates: readonly Candidate[],
  byName: ReadonlyMap<string, DatabaseEntry>,
  onDisk: ReadonlySet<string>,
  main: Main | undefined,
): { accepted: readonly Candidate[]; refused: readonly (PlannedOutcome & { kind: "refused" })[] } {
  let accepted = candidates;
  const refused: (PlannedOutcome & { kind: "refused" })[] = [];
  for (;;) {
    const verdicts = accepted.map((candidate) => {
      const error =
        otherContent(candidate, published, byName, onDisk) ??
        claimedTwice(candidate, accepted, published, byName, main);
      return { candidate, error };
    });
    for (const { candidate, error } of verdicts) {
      if (error) refused.push({ kind: "refused", pkgbase: candidate.pkgbase, error });
    }
    const left = verdicts.filter(({ error }) => !error).map(({ candidate }) => candidate);
    if (left.length === accepted.length) return { accepted, refused };
    accepted = left;
  }
}

/**
 * What was published is in caches and on mirrors: as long as it is kept, its name gets no other content. A file
 * that is lost can only be rebuilt, and not all builds give the same bytes twice.
 */
function otherContent(
  { pkgbase, packages }: Candidate,
  { retired }: Published,
  byName: ReadonlyMap<string, DatabaseEntry>,
  onDisk: ReadonlySet<string>,
): SluiceError | undefined {
  for (const { pkgname, filename, sha256 } of packages) {
    const entry = byName.get(pkgname);
    if (!onDisk.has(filename)) continue;
    const before = entry?.filename === filename ? entry.sha256 : retired.get(filename)?.sha256;
    if (before === undefined || before === sha256) continue;
    return new SluiceError(
      "same-name-other-content",
      `${filename} is published already with other content: its SHA-256 is ${before}, the new file's is ${sha256}.`,
      {
        facts: { pkgbase, path: filename },
        exitCode: 1,
        hint: "Raise pkgrel (or CI_PACKAGE_BUMP) and build again.",
      },
    );
  }
  return undefined;
}

function claimedTwice(
  { pkgbase, packages }: Candidate,
  candidates: readonly Candidate[],
  { madeFrom }: Published,
  byName: ReadonlyMap<string, DatabaseEntry>,
  main: Main | undefined,
): SluiceError | undefined {
  for (const { pkgname } of packages) {
    const makers = candidates.filter((other) => other.packages.some((file) => file.pkgname === pkgname));
    const holders = new Set(makers.map((maker) => maker.pkgbase));
    const holder = byName.get(pkgname)?.base;
    if (holder !== undefined) holders.add(holder);
    holders.delete(pkgbase);
    for (const other of holders) {
      const candidate = candidates.find((c) => c.pkgbase === other);
      const declared = (candidate ?? madeFrom.get(other))?.pkgnames;
      if (declared && !declared.includes(pkgname)) continue;
      if (!candidate && movesTo(pkgbase, pkgname, other, main)) continue;
      return new SluiceError(
        "claimed-twice",
        `The package ${pkgname} is made by ${pkgbase}, and by ${other} as well.`,
        {
          facts: { pkgbase, other },
          exitCode: 1,
          hint: `Take ${pkgname} out of one of the two recipes, or remove the package folder ${other}.`,
        },
      );
    }
  }
  return undefined;
}

/** Whether main has given a name from one pkgbase to another. */
function movesTo(pkgbase: string, name: string, from: string, main: Main | undefined): boolean {
  const has = (base: string): boolean => main?.packages.get(base)?.pkgnames.includes(name) ?? false;
  return has(pkgbase) && !has(from);
}
