import { z } from "zod";
import { vercmp } from "../alpm/vercmp.ts";
import { describeNeed } from "./kinds.ts";
import { isLibrary, kindOf, machinesOf, symbolVersion, type Need } from "./need.ts";
import type { Giver, Provided } from "./provided.ts";
import type { PackageRecord } from "./record.ts";

/** Something that a published package needs and that nobody gives. */
export interface Lack {
  readonly need: Need;
  /** The file that needs it; none where pacman itself asks for it. */
  readonly file: string | undefined;
  /** Who gave it, `foo 1.9-1`, where that is known. */
  readonly was: string | undefined;
  /** Who has that name now. */
  readonly now: string | undefined;
  /** What is there in its place, and who gives it. */
  readonly successor: { readonly need: Need; readonly giver: Giver } | undefined;
}

/** What is remembered of a broken package between two runs, by pkgbase. */
export const knownBrokenSchema = z.record(
  z.string(),
  z.object({
    lacks: z.record(z.string(), z.object({ since: z.string(), was: z.string().optional() })),
    /** By need, what was there in its place when a rebuild was asked for. */
    asked: z.record(z.string(), z.string()).optional(),
    /** The version that was published then. */
    askedAt: z.string().optional(),
  }),
);

export type KnownBroken = z.infer<typeof knownBrokenSchema>;

export interface Sides {
  readonly provided: Provided;
  /** As it was when it was looked at last. */
  readonly before: Provided;
  readonly known: KnownBroken;
}

/** What a package lacks of all that it needs; its own architecture's files alone count. */
export function lacksOf(record: PackageRecord, arch: string, sides: Sides): Lack[] {
  const machines = machinesOf(arch);
  const known = sides.known[record.pkgbase]?.lacks ?? {};
  const lacks: Lack[] = [];
  for (const [need, { file, folders }] of Object.entries(record.needs)) {
    if (isLibrary(need) && !machines.includes(kindOf(need))) continue;
    // Of 32-bit libraries nothing is known without the database that has them.
    if (!sides.provided.knows(need) && !sides.before.knows(need)) continue;
    if (isGiven(record, need, folders, sides, known)) continue;
    lacks.push(describe(record, need, file, sides, known));
  }
  for (const dependency of record.depends) {
    const need = `package:${dependency}`;
    // What was never there may be in a database that CI_LIB_DB doesn't name.
    const wasThere = need in known || sides.before.giverOf(need) !== undefined;
    if (wasThere && !sides.provided.giverOf(need))
      lacks.push(describe(record, need, undefined, sides, known));
  }
  return lacks;
}

/** Somebody else may give it still: that helps only those who install that package along. */
function isGiven(
  { depends }: PackageRecord,
  need: Need,
  folders: readonly string[] | undefined,
  { provided, before }: Sides,
  known: Readonly<Record<Need, unknown>>,
): boolean {
  const giver = provided.giverOf(need, folders);
  if (!giver) return false;
  if (giver.pkgname === "") return true;
  const givers = new Set([giver, ...provided.giversOf(need)].map(({ pkgname }) => pkgname));
  const former = before.giverOf(need, folders);
  const wasGone = Object.hasOwn(known, need);
  if (!wasGone && (former === undefined || givers.has(former.pkgname))) return true;
  // Without a name for it in `depends` nobody knows who was meant.
  if (!wasGone && !before.closure(depends).has(former!.pkgname)) return true;
  const closure = provided.closure(depends);
  return [...givers].some((pkgname) => closure.has(pkgname));
}

function describe(
  { builtWith }: PackageRecord,
  need: Need,
  file: string | undefined,
  sides: Sides,
  known: KnownBroken[string]["lacks"],
): Lack {
  const { provided, before } = sides;
  const former = before.giverOf(need);
  const seen =
    known[need]?.was ??
    (former?.pkgname ? `${former.pkgname} ${former.symbolsOf ?? former.version}` : undefined);
  const successor = provided.successorOf(need, seen?.split(" ")[0]);
  const builtName = successor && builtWith[successor.giver.pkgname];
  const guess = builtName === undefined ? undefined : `${successor!.giver.pkgname} ${builtName}`;
  const was = isForeign(need, known, sides, seen ?? guess) ? undefined : (seen ?? guess);
  const name = was?.split(" ")[0];
  const present = name === undefined ? undefined : provided.package(name);
  return { need, file, was, now: present && `${present.pkgname} ${present.version}`, successor };
}

/**
 * Whether a file needs a symbol version that it can't have got from the library that it is said to be linked to: what
 * somebody else compiled, on another distribution. Building it again changes nothing of that.
 */
function isForeign(
  need: Need,
  known: KnownBroken[string]["lacks"],
  { provided, before }: Sides,
  was: string | undefined,
): boolean {
  if (!symbolVersion(need) || was === undefined) return false;
  // It was looked at once, and nobody gave it then.
  if (Object.hasOwn(known, need) && known[need]!.was === undefined) return true;
  const [pkgname = "", version = ""] = was.split(" ");
  return [before, provided].some((side) => side.neverGave(need, pkgname, version));
}

/**
 * Whom it was built with in a newer version than the one that is known, `foo 2.0-1`: a builder's mirror may be ahead of
 * the one that was looked at, and then it lacks nothing.
 */
export function builtAhead({ builtWith }: PackageRecord, { successor, was, now }: Lack): string | undefined {
  for (const known of [successor && `${successor.giver.pkgname} ${successor.giver.version}`, now, was]) {
    const [name = "", version = ""] = known?.split(" ") ?? [];
    const built = Object.hasOwn(builtWith, name) ? builtWith[name] : undefined;
    if (built !== undefined && vercmp(built, version) > 0) return `${name} ${built}`;
  }
  return undefined;
}

/** `libfoo.so.1 is gone (foo 1.9-1 → 2.0-1); libfoo.so.2 is there`; without a giver that is known, `libfoo.so.1 isn't there` */
export function sayLack({ need, was, now, successor }: Lack): string {
  const symbols = symbolVersion(need);
  const giver = successor && `${successor.giver.pkgname} ${successor.giver.version}`;
  const then = now ?? giver;
  const moved =
    was === undefined
      ? ""
      : ` (${then === undefined || then === was ? was : `${was} → ${shortened(then, was)}`})`;
  const instead =
    successor && !symbols && was !== undefined ? `; ${describeNeed(successor.need)} is there` : "";
  return `${sayNeed(need)} ${was === undefined ? "isn't there" : "is gone"}${moved}${instead}`;
}

/** `libfoo.so.1`, `FOO_1 of libfoo.so.1`, `Python 3.12`, `foo<2` */
export function sayNeed(need: Need): string {
  const symbols = symbolVersion(need);
  return symbols ? `${symbols.version} of ${describeNeed(symbols.library)}` : describeNeed(need);
}

/** The name is said once where it is the same. */
function shortened(now: string, was: string): string {
  const [name, version = ""] = now.split(" ");
  return name === was.split(" ")[0] ? version : now;
}
