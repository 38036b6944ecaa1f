import { isIP } from "node:net";

/** How often somebody may be wrong about a token in a minute, and how many that are wrong are remembered. */
const allowed = 10;
const windowMs = 60_000;
const remembered = 10_000;

/** Counts wrong tokens by address, so that nobody can try many. */
export function guessLimit(now: () => number = Date.now) {
  const wrong = new Map<string, { count: number; until: number }>();
  return {
    /** Seconds for which this address isn't listened to; 0: it is. */
    blockedFor(address: string): number {
      const { count = 0, until = 0 } = wrong.get(address) ?? {};
      return count >= allowed && until > now() ? Math.ceil((until - now()) / 1000) : 0;
    },
    wasWrong(address: string): void {
      const before = wrong.get(address);
      const isRecent = before !== undefined && before.until > now();
      wrong.delete(address);
      wrong.set(address, { count: isRecent ? before.count + 1 : 1, until: now() + windowMs });
      if (wrong.size > remembered) wrong.delete(wrong.keys().next().value!);
    },
  };
}

/** Of an IPv6 address its network: whoever has one has all of its addresses. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6 || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const [first, last] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  const left = tail === undefined ? 0 : 8 - first!.length - last!.length;
  return [...first!, ...Array<string>(left).fill("0"), ...last!].slice(0, 4).join(":");
}
