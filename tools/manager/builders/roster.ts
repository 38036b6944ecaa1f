import type { Description } from "../builder-protocol.ts";
import { isNumber } from "../releases/jobs/job-class.ts";
import { releaseArch } from "../releases/record/release-key.ts";

/** A builder that was heard from. */
export interface Builder extends Description {
  readonly name: string;
  /** Claims that it holds, by token. */
  readonly held: ReadonlySet<string>;
}

interface Heard extends Builder {
  /** Milliseconds of the clock that the roster asks. */
  at: number;
  held: Set<string>;
}

/** Which builders live, what they take, and how much of it now. */
export class Roster {
  readonly #builders = new Map<string, Heard>();
  readonly #now: () => number;
  readonly #leaseMs: number;

  /** @param leaseMs after that time without a word a builder counts as gone */
  constructor(now: () => number, leaseMs: number) {
    this.#now = now;
    this.#leaseMs = leaseMs;
  }

  /**
   * @param tokens the claims that it says to hold; those of others are no concern of this
   * @returns whether it may take builds that it couldn't take before
   */
  heard(name: string, description: Description, tokens: readonly string[]): boolean {
    const before = this.#builders.get(name);
    const now = { ...description, name, at: this.#now(), held: new Set(tokens) };
    this.#builders.set(name, now);
    if (!before || before.at < now.at - this.#leaseMs) return isFree(now);
    return isFree(now) && (!isFree(before) || before.class !== now.class || before.arch !== now.arch);
  }

  claimed(name: string, token: string): void {
    this.#builders.get(name)?.held.add(token);
  }

  ended(name: string, token: string): void {
    this.#builders.get(name)?.held.delete(token);
  }

  find(name: string): Builder | undefined {
    return this.#builders.get(name);
  }

  /** Those that take builds now or later. */
  living(): readonly Builder[] {
    const since = this.#now() - this.#leaseMs;
    return [...this.#builders.values()].filter(({ at, draining }) => at >= since && !draining);
  }
}

/** Takes another build now. */
export function isFree({ jobs, held, draining }: Builder): boolean {
  return !draining && held.size < jobs;
}

/** What a builder takes, as the queue is asked for it: a number takes lower ones, a name only what names it. */
export function takes({ name, class: own }: Pick<Builder, "name" | "class">): {
  readonly classes: readonly string[];
  readonly classOnly: boolean;
} {
  if (!isNumber(own)) return { classes: [...new Set([own, name])], classOnly: true };
  const numbers = Array.from({ length: Number(own) + 1 }, (_, number) => String(number));
  // Packages without a class are of class 1.
  return { classes: [...new Set([...numbers, name])], classOnly: Number(own) < 1 };
}

export function canTake(builder: Pick<Builder, "name" | "class">, buildClass: string | null): boolean {
  const { classes, classOnly } = takes(builder);
  return buildClass === null ? !classOnly : classes.includes(buildClass);
}

/**
 * Of the jobs of releases it takes those alone that name a class: its own as above, or its architecture. All others
 * are run where the artifacts are.
 */
export function takesJobs(builder: Pick<Builder, "name" | "class" | "arch">): {
  readonly classes: readonly string[];
  readonly classOnly: true;
} {
  return { classes: [...new Set([...takes(builder).classes, builder.arch])], classOnly: true };
}

/** The next larger class of which there is a builder; classes with names have no order. */
export function nextClass(
  buildClass: string | null,
  builders: readonly Pick<Builder, "class">[],
): string | undefined {
  const own = buildClass ?? "1";
  if (!isNumber(own)) return undefined;
  const larger = builders
    .map((builder) => builder.class)
    .filter((each) => rank(each) > Number(own) && isNumber(each));
  return larger.sort((a, b) => Number(a) - Number(b))[0];
}

/** The lines that a builder takes offers from: its class's, and its own where a package names it. */
export function classLines({ name, class: own }: Pick<Builder, "name" | "class">): readonly string[] {
  return name === own ? [own] : [own, name];
}

/** Room for builds in one line. */
interface Room {
  /** The class of the line. */
  readonly line: string;
  readonly builder: Pick<Builder, "name" | "class" | "arch">;
  free: number;
}

export interface Wanted {
  readonly class: string | null;
  readonly arch: string;
}

function mayTake(builder: Room["builder"], { class: wanted, arch }: Wanted): boolean {
  if (arch !== releaseArch) return canTake(builder, wanted);
  return wanted !== null && takesJobs(builder).classes.includes(wanted);
}

/**
 * Deals builds out to lines in which builders are free: smaller classes first, so that the large ones are there
 * for what needs them.
 *
 * @param offered by line: how many offers nobody has taken yet
 * @returns the line for each build, undefined where no builder is free for it
 */
export function deal(
  builds: readonly Wanted[],
  builders: readonly Builder[],
  offered: ReadonlyMap<string, number>,
): (string | undefined)[] {
  const rooms = roomsOf(builders, offered);
  return builds.map((build) => {
    const room = rooms.find(({ free, builder }) => free > 0 && mayTake(builder, build));
    if (!room) return undefined;
    room.free--;
    const { name } = room.builder;
    // What names a builder waits in its own line, where others of its class don't get it. So do the few jobs of
    // releases, whichever architecture it is: a line for each way to name it would be a connection more for each.
    return build.class === name || build.arch === releaseArch ? name : room.line;
  });
}

function roomsOf(builders: readonly Builder[], offered: ReadonlyMap<string, number>): Room[] {
  const rooms = builders.map((builder) => ({
    line: builder.class,
    builder,
    free: builder.jobs - builder.held.size,
  }));
  const left = new Map(offered);
  for (const room of rooms) {
    for (const line of classLines(room.builder)) {
      const taken = Math.min(Math.max(room.free, 0), left.get(line) ?? 0);
      room.free -= taken;
      left.set(line, (left.get(line) ?? 0) - taken);
    }
  }
  return rooms
    .filter(({ free }) => free > 0)
    .sort((a, b) => rank(a.line) - rank(b.line) || (a.builder.name < b.builder.name ? -1 : 1));
}

function rank(buildClass: string): number {
  return isNumber(buildClass) ? Number(buildClass) : Number.POSITIVE_INFINITY;
}
