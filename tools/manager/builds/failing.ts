import { succeeded, type Outcome } from "../../queue/outcome.ts";
import type { FinishedBuild, Queue } from "../../queue/queue.ts";

/** A package whose last build failed. */
export interface Failing {
  readonly pkgbase: string;
  readonly arch: string;
  readonly outcome: Outcome;
  readonly message: string;
  /** When its first build failed after the last good one; milliseconds since 1970, as all times here. */
  readonly since: number;
  /** The commit of that first build, and of the last one. */
  readonly firstCommit: string;
  readonly commit: string;
  /** How many builds failed since. */
  readonly builds: number;
  /** The last build's id, which names its log. */
  readonly build: number;
}

/** Of each package of this target whose last build failed: since when, and why. By name, then by architecture. */
export async function failingPackages(queue: Queue, target: string): Promise<Failing[]> {
  const failing: Failing[] = [];
  for (const record of await queue.packages()) {
    if (record.target !== target || succeeded(record.outcome)) continue;
    const history = await queue.history({ key: record, limit: longestStreak });
    const good = history.findIndex(({ outcome }) => succeeded(outcome));
    const streak = good === -1 ? history : history.slice(0, good);
    const [last, first] = [streak[0], streak.at(-1)];
    if (last && first) failing.push(describeStreak(last, first, streak.length));
  }
  return failing.sort((a, b) => (`${a.pkgbase} ${a.arch}` < `${b.pkgbase} ${b.arch}` ? -1 : 1));
}

const longestStreak = 100;

function describeStreak(last: FinishedBuild, first: FinishedBuild, builds: number): Failing {
  return {
    pkgbase: last.pkgbase,
    arch: last.arch,
    outcome: last.outcome,
    message: last.message ?? "",
    since: first.finishedAt,
    firstCommit: first.commit,
    commit: last.commit,
    builds,
    build: last.id,
  };
}
