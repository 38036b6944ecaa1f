import { createHash } from "node:crypto";

/** How often somebody may be wrong about a token in a minute, and how much is remembered. */
const allowed = 10;
const windowMs = 60_000;
const remembered = 10_000;

/** What came of a token: whose it is, nobody's, or nobody at this address is listened to for that many seconds. */
export type Heard<T> =
  | { readonly kind: "known"; readonly who: T }
  | { readonly kind: "unknown" }
  | { readonly kind: "later"; readonly seconds: number };

/** Counts wrong tokens by address, so that nobody can try many. */
export function guessLimit(now: () => number = Date.now) {
  const wrong = new Map<string, { count: number; until: number }>();
  const right = new Set<string>();

  function blockedFor(address: string): number {
    const { count = 0, until = 0 } = wrong.get(address) ?? {};
    return count >= allowed && until > now() ? Math.ceil((until - now()) / 1000) : 0;
  }

  function count(address: string): void {
    const before = wrong.get(address);
    const isRecent = before !== undefined && before.until > now();
    wrong.delete(address);
    wrong.set(address, { count: isRecent ? before.count + 1 : 1, until: now() + windowMs });
    if (wrong.size > remembered) wrong.delete(wrong.keys().next().value!);
  }

  return {
    /**
     * Whose a token is. A wrong one is counted in the same step in which it is found out, so however many are sent at
     * once, no more than ten learn anything. A token that was right before is listened to on: whoever guesses shuts
     * out nobody else at the address, such as builders behind one tunnel.
     */
    async ask<T>(address: string, token: string, find: () => Promise<T | undefined>): Promise<Heard<T>> {
      const key = `${address} ${createHash("sha256").update(token).digest("base64")}`;
      const later = (): Heard<T> | undefined => {
        const seconds = right.has(key) ? 0 : blockedFor(address);
        return seconds > 0 ? { kind: "later", seconds } : undefined;
      };
      const before = later();
      if (before) return before;
      const who = await find();
      const after = later();
      if (after) return after;
      right.delete(key);
      if (who === undefined) {
        count(address);
        return { kind: "unknown" };
      }
      right.add(key);
      if (right.size > remembered) right.delete(right.values().next().value!);
      return { kind: "known", who };
    },
  };
}
