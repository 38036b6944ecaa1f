import type { DefinedChannel, Definition } from "../definition/definition.ts";
import { classify } from "../refs/classify.ts";
import type { Lock } from "../refs/lock.ts";
import { describeRef, type ReleaseRef, whyUnsafe } from "../refs/ref.ts";
import { compareTags } from "../refs/version.ts";
import type { Evidence } from "./evidence.ts";
import { planRelease } from "./plan-release.ts";
import { onlyChecks } from "./publications-of.ts";

/**
 * Where the refs of a project's repository were, by `tags/NAME`, `heads/NAME` and `reviews/NUMBER`: each tag since it was
 * first seen.
 */
export type SeenRefs = ReadonlyMap<string, string>;

/** What becomes of a ref that is new. Those that no channel takes aren't among them. */
export type RefDecision =
  /** The channel's lock becomes this one: a release. */
  | { readonly kind: "lock"; readonly channel: string; readonly lock: Lock }
  /** A channel that publishes nothing is to check it. */
  | ({ readonly kind: "check"; readonly channel: string } & Check)
  /** Later: it isn't remembered as seen, so the next run decides again. */
  | {
      readonly kind: "wait";
      readonly channel: string;
      readonly ref: ReleaseRef;
      readonly reasons: readonly string[];
    }
  /** A person has to change something; until then each run says so. */
  | { readonly kind: "refused"; readonly ref: ReleaseRef; readonly reasons: readonly string[] };

/** A branch or a review with commits that nobody has checked. */
export interface Check {
  readonly ref: ReleaseRef;
  /** Where the branch was before: what came after that is checked, each commit. Null: the newest alone. */
  readonly since: string | null;
}

/** How many reviews of a project are begun to be checked in one run: anybody may open as many as they like. */
const mostReviews = 20;

/** Forges keep every review that ever was; of so many the newest may change. */
const mostWatched = 2000;

export interface NextLocks {
  readonly decisions: readonly RefDecision[];
  /** To be remembered once the locks are committed. */
  readonly seen: SeenRefs;
}

/**
 * Which channels get a new lock by what a project's repository has now. On the first look nothing is released: what is
 * there was released in another way, or not at all, and a person promotes what is wanted of it. A channel gets one
 * lock at a time, in the order of versions, since each is a release. What a channel only checks needs no lock: that would
 * be a commit for each commit.
 *
 * @param refs tags, branches and reviews, as one question to the repository has them
 * @param seen undefined: nobody has looked yet
 * @param now milliseconds since 1970
 */
export function nextLocks(
  definition: Definition,
  locks: ReadonlyMap<string, Lock>,
  refs: readonly ReleaseRef[],
  seen: SeenRefs | undefined,
  evidence: Evidence,
  now: number,
): NextLocks {
  const decisions: RefDecision[] = [];
  const next = new Map([...(seen ?? [])].filter(([key]) => key.startsWith("tags/")));
  const given = new Set<string>();
  let reviews = 0;
  for (const ref of inTurn(watched(refs), definition.prefix)) {
    const key = seenKey(ref);
    const before = seen?.get(key);
    const moved = whyMoved(ref, before, locks);
    if (moved !== undefined) {
      decisions.push({ kind: "refused", ref, reasons: [moved] });
      continue;
    }
    const channel = untriggered(definition, ref);
    const isNew = seen !== undefined && before !== ref.commit;
    const decision = channel && isNew ? decide(channel, ref, before) : undefined;
    if (decision) decisions.push(decision);
    // All tags, so that a channel that is added later doesn't release old ones; other branches move all the time.
    const isRemembered = ref.kind === "tag" ? ref.name.startsWith(definition.prefix) : channel !== undefined;
    const isSettled = decision === undefined || decision.kind === "lock" || decision.kind === "check";
    const at = isSettled ? ref.commit : before;
    if (isRemembered && at !== undefined) next.set(key, at);
  }
  return { decisions, seen: next };

  function decide(
    defined: DefinedChannel,
    ref: ReleaseRef,
    before: string | undefined,
  ): RefDecision | undefined {
    const channel = defined.name;
    if (ref.kind === "review" || (ref.kind === "branch" && onlyChecks(definition, defined))) {
      if (ref.kind === "review" && ++reviews > mostReviews) {
        return { kind: "wait", channel, ref, reasons: [`${mostReviews} reviews are checked at a time`] };
      }
      // A review is judged as it is now; what it was is nobody's history.
      return { kind: "check", channel, ref, since: ref.kind === "branch" ? (before ?? null) : null };
    }
    if (isLocked(locks.get(channel), ref)) return undefined;
    const decision = lockDecision(definition, channel, ref, `new ${describeRef(ref)}`, evidence, now);
    if (decision.kind !== "lock") return decision;
    if (given.has(channel)) {
      return { kind: "wait", channel, ref, reasons: [`${channel} releases one at a time`] };
    }
    given.add(channel);
    return decision;
  }
}

function watched(refs: readonly ReleaseRef[]): readonly ReleaseRef[] {
  const reviews = refs.filter(({ kind }) => kind === "review");
  if (reviews.length <= mostWatched) return refs;
  const newest = reviews.toSorted((a, b) => Number(b.name) - Number(a.name)).slice(0, mostWatched);
  return [...refs.filter(({ kind }) => kind !== "review"), ...newest];
}

/**
 * Each channel that waits for this trigger releases the branch that it takes, of several the one with the newest
 * version in its name, where that has moved since its last release.
 */
export function triggeredLocks(
  definition: Definition,
  locks: ReadonlyMap<string, Lock>,
  refs: readonly ReleaseRef[],
  trigger: string,
  evidence: Evidence,
  now: number,
): readonly RefDecision[] {
  const newest = new Map<string, ReleaseRef>();
  for (const ref of inTurn(refs, definition.prefix)) {
    const classified = classify(definition, ref, trigger);
    if (ref.kind === "branch" && classified.kind === "channel") newest.set(classified.channel.name, ref);
  }
  return [...newest]
    .filter(([channel, ref]) => !isLocked(locks.get(channel), ref))
    .map(([channel, ref]) => lockDecision(definition, channel, ref, `trigger ${trigger}`, evidence, now));
}

function lockDecision(
  definition: Definition,
  channel: string,
  ref: ReleaseRef,
  reason: string,
  evidence: Evidence,
  now: number,
): RefDecision {
  const plan = planRelease(definition, { ref, channel, at: now }, evidence, now);
  if (plan.kind === "release") return { kind: "lock", channel, lock: { ref, reason } };
  if (plan.kind === "refused") return { kind: "refused", ref, reasons: plan.reasons };
  return { kind: "wait", channel, ref, reasons: plan.reasons };
}

/** The channel that takes a ref as soon as it is new. One that waits for a trigger takes nothing, and no other instead. */
function untriggered(definition: Definition, ref: ReleaseRef): DefinedChannel | undefined {
  const classified = classify(definition, ref);
  if (classified.kind === "none" || classified.channel.trigger !== undefined) return undefined;
  return classified.channel;
}

/**
 * A tag that names another commit than before is no new version but another one under an old name: nothing is released
 * from it, neither now nor later.
 */
export function whyMoved(
  ref: ReleaseRef,
  before: string | undefined,
  locks: ReadonlyMap<string, Lock>,
): string | undefined {
  if (ref.kind !== "tag") return undefined;
  const locked = [...locks.values()].find((lock) => lock.ref.kind === "tag" && lock.ref.name === ref.name);
  const was = [before, locked?.ref.commit].find((commit) => commit !== undefined && commit !== ref.commit);
  if (was === undefined) return undefined;
  return `the ${describeRef(ref)} was at ${was.slice(0, 10)} and is at ${ref.commit.slice(0, 10)} now; a tag that moves releases nothing`;
}

export function isLocked(lock: Lock | undefined, { kind, name, commit }: ReleaseRef): boolean {
  return lock?.ref.kind === kind && lock.ref.name === name && lock.ref.commit === commit;
}

function seenKey({ kind, name }: ReleaseRef): string {
  return `${folders[kind]}/${name}`;
}

const folders = { tag: "tags", branch: "heads", review: "reviews" } as const;

/** What no channel takes comes last, as it is: its name may be of any length. */
function inTurn(refs: readonly ReleaseRef[], prefix: string): readonly ReleaseRef[] {
  const [safe, unsafe]: ReleaseRef[][] = [[], []];
  for (const ref of refs) (whyUnsafe(ref) === undefined ? safe : unsafe)!.push(ref);
  return [...safe!.toSorted((a, b) => inOrder(a, b, prefix)), ...unsafe!];
}

/** Older versions first, then branches and reviews, by name. */
function inOrder(a: ReleaseRef, b: ReleaseRef, prefix: string): number {
  const kinds = Object.keys(folders);
  if (a.kind !== b.kind) return kinds.indexOf(a.kind) - kinds.indexOf(b.kind);
  return compareTags(a.name, b.name, prefix);
}
