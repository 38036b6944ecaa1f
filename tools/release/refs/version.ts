/**
 * The version that a tag names, without the project's prefix, words such as `release-` and a `v`: `1.0` of
 * `handcrafted-1.0`. Undefined where it names none.
 */
export function versionOf(tag: string, prefix = ""): string | undefined {
  const name = tag.startsWith(prefix) ? tag.slice(prefix.length) : tag;
  const [, version] = /^(?:.*?[-_/@])??[A-Za-z]*?(\d[0-9A-Za-z.+_~-]*)$/.exec(name) ?? [];
  return version;
}

/**
 * Orders versions as Semantic Versioning 2.0.0 does in rule 11, for any count of numbers: 0.9 < 0.10, and 1.0-rc1 <
 * 1.0. Beyond it, numbers within a word count as such (rc2 < rc10), and a prerelease needs no hyphen (1.0rc1 < 1.0).
 * What comes after `+` doesn't count.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  const length = Math.max(left.numbers.length, right.numbers.length);
  for (let index = 0; index < length; index++) {
    const order = compareNumbers(left.numbers[index] ?? "0", right.numbers[index] ?? "0");
    if (order !== 0) return order;
  }
  if (left.words.length === 0 || right.words.length === 0) return right.words.length - left.words.length;
  return compareWords(left.words, right.words);
}

/** Whether a version says so itself: by a hyphen (1.0-rc1), or by a word that is used so without one (1.0rc1, 1.0b2). */
export function isPrerelease(version: string): boolean {
  const [counted = ""] = version.split("+");
  return /-|\d[abc]\d|[\d.](?:alpha|beta|rc|pre|preview|dev)(?![a-z])/i.test(counted);
}

/** Orders tags by version, those without one before all others, by name. */
export function compareTags(a: string, b: string, prefix = ""): number {
  const [left, right] = [versionOf(a, prefix), versionOf(b, prefix)];
  const order =
    left !== undefined && right !== undefined ? compareVersions(left, right) : rank(left) - rank(right);
  if (order !== 0) return order;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function rank(version: string | undefined): number {
  return version === undefined ? 0 : 1;
}

function parse(version: string): { numbers: readonly string[]; words: readonly string[] } {
  const [counted = ""] = version.split("+");
  const [numbers = ""] = /^\d+(?:\.\d+)*/.exec(counted) ?? [];
  return { numbers: numbers.split("."), words: counted.slice(numbers.length).match(/\d+|[A-Za-z]+/g) ?? [] };
}

function compareWords(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index]!, b[index]!];
    const numeric = [left, right].map((word) => /^\d/.test(word));
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    if (numeric[0]) {
      const order = compareNumbers(left, right);
      if (order !== 0) return order;
    } else if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

/** Of any length. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ""), b.replace(/^0+(?=\d)/, "")];
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
