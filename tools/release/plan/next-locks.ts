import type { DefinedChannel, Definition } from "../definition/definition.ts";
import { classify } from "../refs/classify.ts";
import type { Lock } from "../refs/lock.ts";
import { describeRef, type ReleaseRef } from "../refs/ref.ts";
import { compareTags } from "../refs/version.ts";
import type { Evidence } from "./evidence.ts";
import { planRelease } from "./plan-release.ts";

/** Where the refs of a project's repository were, by `tags/NAME` and `heads/NAME`: each tag since it was first seen. */
export type SeenRefs = ReadonlyMap<string, string>;

/** What becomes of a ref that is new. Those that no channel takes aren't among them. */
export type RefDecision =
  /** The channel's lock becomes this one: a release. */
  | { readonly kind: "lock"; readonly channel: string; readonly lock: Lock }
  /** Later: it isn't remembered as seen, so the next run decides again. */
  | {
      readonly kind: "wait";
      readonly channel: string;
      readonly ref: ReleaseRef;
      readonly reasons: readonly string[];
    }
  /** A person has to change something; until then each run says so. */
  | { readonly kind: "refused"; readonly ref: ReleaseRef; readonly reasons: readonly string[] };

export interface NextLocks {
  readonly decisions: readonly RefDecision[];
  /** To be remembered once the locks are committed. */
  readonly seen: SeenRefs;
}

/**
 * Which channels get a new lock by what a project's repository has now. On the first look nothing is released: what is
 * there was released in another way, or not at all, and a person promotes what is wanted of it. A channel gets one
 * lock at a time, in the order of versions, since each is a release.
 *
 * @param refs tags and branches, as one question to the repository has them
 * @param seen undefined: nobody has looked yet
 * @param trigger only channels that wait for it; undefined: those that wait for none
 * @param now milliseconds since 1970
 */
export function nextLocks(
  definition: Definition,
  locks: ReadonlyMap<string, Lock>,
  refs: readonly ReleaseRef[],
  seen: SeenRefs | undefined,
  evidence: Evidence,
  now: number,
  trigger?: string,
): NextLocks {
  const decisions: RefDecision[] = [];
  const next = new Map(
    trigger === undefined ? [...(seen ?? [])].filter(([key]) => key.startsWith("tags/")) : seen,
  );
  const given = new Set<string>();
  for (const ref of [...refs].sort((a, b) => inOrder(a, b, definition.prefix))) {
    const key = seenKey(ref);
    const before = seen?.get(key);
    const moved = whyMoved(ref, before, locks);
    if (moved !== undefined) {
      decisions.push({ kind: "refused", ref, reasons: [moved] });
      continue;
    }
    const decision = decide(ref, before);
    // A triggered channel looks at what is there, new or not; what is new is left to the runs without a trigger.
    const isSettled = decision === undefined || decision.kind === "lock";
    if (trigger === undefined && isRemembered(definition, ref)) {
      const at = isSettled ? ref.commit : before;
      if (at !== undefined) next.set(key, at);
    }
    if (decision) decisions.push(decision);
  }
  return { decisions, seen: next };

  function decide(ref: ReleaseRef, before: string | undefined): RefDecision | undefined {
    if (trigger === undefined && (seen === undefined || before === ref.commit)) return undefined;
    const channel = channelOf(definition, ref, trigger);
    if (!channel || isLocked(locks.get(channel.name), ref)) return undefined;
    const plan = planRelease(definition, { ref, channel: channel.name, at: now }, evidence, now);
    if (plan.kind === "refused") return { kind: "refused", ref, reasons: plan.reasons };
    if (plan.kind !== "release") return { kind: "wait", channel: channel.name, ref, reasons: plan.reasons };
    if (given.has(channel.name)) {
      return {
        kind: "wait",
        channel: channel.name,
        ref,
        reasons: [`${channel.name} releases one at a time`],
      };
    }
    given.add(channel.name);
    const reason = trigger === undefined ? `new ${describeRef(ref)}` : `trigger ${trigger}`;
    return { kind: "lock", channel: channel.name, lock: { ref, reason } };
  }
}

/**
 * All tags of the project, so that a channel that is added later doesn't release old ones; of branches only those
 * that are released without a trigger, since others move all the time.
 */
function isRemembered(definition: Definition, ref: ReleaseRef): boolean {
  if (ref.kind === "tag") return ref.name.startsWith(definition.prefix);
  return channelOf(definition, ref, undefined) !== undefined;
}

/** Without a trigger a channel that waits for one takes nothing, and no other takes it instead. */
function channelOf(
  definition: Definition,
  ref: ReleaseRef,
  trigger: string | undefined,
): DefinedChannel | undefined {
  const classified = classify(definition, ref, trigger);
  if (classified.kind === "none") return undefined;
  return classified.channel.trigger === trigger ? classified.channel : undefined;
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
  return `${kind === "tag" ? "tags" : "heads"}/${name}`;
}

/** Older versions first, branches last, by name. */
function inOrder(a: ReleaseRef, b: ReleaseRef, prefix: string): number {
  if (a.kind !== b.kind) return a.kind === "tag" ? -1 : 1;
  return compareTags(a.name, b.name, prefix);
}
