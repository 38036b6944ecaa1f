/** A number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** A pair of versions to compare. */
export type Pair = readonly [a: string, b: string];

/** The same seed gives the same numbers (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Real versions against one another, and against near misses of themselves. */
export function realPairs(versions: readonly string[], count: number, random: Random): Pair[] {
  return Array.from({ length: count }, (): Pair => {
    const version = pick(versions, random);
    return random(2) === 0 ? [version, pick(versions, random)] : [version, nearMiss(version, random)];
  });
}

/** Made-up versions that look for the oddities: most pairs differ in one or two characters only. */
export function hostilePairs(count: number, random: Random): Pair[] {
  return Array.from({ length: count }, (): Pair => {
    const version = hostileVersion(random);
    const other = random(4) === 0 ? hostileVersion(random) : nearMiss(version, random);
    return random(2) === 0 ? [version, other] : [other, version];
  });
}

const separators = [".", ".", ".", "_", "+", "~", "..", "-", ":", " ", "é", "€", "𝟙", "^", "*", "$(x)"];
const words = ["a", "b", "rc", "alpha", "beta", "RC", "Z", "r", "g", "git", "h", "é"];
const numbers = ["0", "1", "2", "9", "10", "00", "01", "010", "0001", "9007199254740993", "9007199254740992"];

function hostileVersion(random: Random): string {
  let version = random(5) === 0 ? `${piece(random)}:` : "";
  for (let segments = random(5); segments >= 0; segments--) {
    version += piece(random);
    if (segments > 0 && random(4) !== 0) version += pick(separators, random);
  }
  if (random(3) === 0) version += `-${piece(random)}`;
  if (random(12) === 0) version += pick(separators, random);
  return random(60) === 0 ? "" : version;
}

function piece(random: Random): string {
  switch (random(8)) {
    case 0:
      return "0".repeat(random(20)) + pick(numbers, random);
    case 1:
      return Array.from({ length: random(30) }, () => random(10)).join("");
    case 2:
    case 3:
      return pick(words, random);
    default:
      return pick(numbers, random);
  }
}

/** The version with one or two pieces put in, taken out or replaced. */
function nearMiss(version: string, random: Random): string {
  const characters = [...version];
  for (let edits = random(2); edits >= 0; edits--) {
    const put = random(3) === 0 ? "" : random(2) === 0 ? pick(separators, random) : piece(random);
    characters.splice(random(characters.length + 1), random(2), ...put);
  }
  return characters.join("");
}

function pick<T>(from: readonly T[], random: Random): T {
  const picked = from[random(from.length)];
  if (picked === undefined) throw new RangeError("nothing to pick from");
  return picked;
}
