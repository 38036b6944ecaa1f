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
  { provided, before }: Sides,
  known: KnownBroken[string]["lacks"],
): Lack {
  const former = before.giverOf(need);
  const was = known[need]?.was ?? (former?.pkgname ? `${former.pkgname} ${former.version}` : undefined);
  const successor = provided.successorOf(need, was?.split(" ")[0]);
  const builtName = successor && builtWith[successor.giver.pkgname];
  const whom = was ?? (builtName === undefined ? undefined : `${successor!.giver.pkgname} ${builtName}`);
  const name = whom?.split(" ")[0];
  const present = name === undefined ? undefined : provided.package(name);
  return { need, file, was: whom, now: present && `${present.pkgname} ${present.version}`, successor };
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

/** `libfoo.so.1 is gone (foo 1.9-1 → 2.0-1); libfoo.so.2 is there` */
export function sayLack({ need, was, now, successor }: Lack): string {
  const symbols = symbolVersion(need);
  const giver = successor && `${successor.giver.pkgname} ${successor.giver.version}`;
  const then = now ?? giver;
  const moved =
    was === undefined
      ? ""
      : ` (${then === undefined || then === was ? was : `${was} → ${shortened(then, was)}`})`;
  const instead = successor && !symbols ? `; ${describeNeed(successor.need)} is there` : "";
  return `${sayNeed(need)} is gone${moved}${instead}`;
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
