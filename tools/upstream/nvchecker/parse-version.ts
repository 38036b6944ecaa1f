/**
 * nvchecker's order of versions, `parse_version`: PEP 440 where a version has its form, and the order of old
 * setuptools, before all of those, where it hasn't. A port of its lib/packaging_version.py, and that of packaging
 * 20.9. https://peps.python.org/pep-0440/
 *
 * pacman's vercmp differs where it matters: it takes `2.0.rc1` for newer than `2.0`, `2.0-rc1` for its equal, and
 * `v2.0` for older than `1.0`.
 */
export function compareParsedVersions(a: string, b: string): number {
  return compareKeys(sortKey(a), sortKey(b));
}

/** Whether packaging takes the text for a version, and if so, whether for one before its release. */
export function pep440Kind(version: string): "release" | "pre-release" | undefined {
  const groups = pep440.exec(version)?.groups;
  if (groups === undefined) return undefined;
  return groups["pre"] === undefined && groups["dev"] === undefined ? "release" : "pre-release";
}

/** Compared as Python compares tuples. Missing parts stand before or after all others, as the infinities say. */
type Key = bigint | string | readonly Key[] | typeof before | typeof after;
const before = Symbol("-Infinity");
const after = Symbol("Infinity");

const pep440 =
  /^\s*v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)(?<pre>[-_.]?(?<preLetter>a|b|c|rc|alpha|beta|pre|preview)[-_.]?(?<preNumber>\d+)?)?(?<post>-(?<postAlone>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>\d+)?)?(?<dev>[-_.]?dev[-_.]?(?<devNumber>\d+)?)?(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/i;

function sortKey(version: string): Key {
  const groups = pep440.exec(version)?.groups;
  if (groups === undefined) return [-1n, legacyKey(version)];
  const { epoch = "0", release = "", pre, post, dev, local } = groups;
  const numbers = release.split(".").map(BigInt);
  while (numbers.at(-1) === 0n) numbers.pop();
  return [
    BigInt(epoch),
    numbers,
    pre !== undefined
      ? [preLetter(groups["preLetter"] ?? ""), BigInt(groups["preNumber"] ?? "0")]
      : post === undefined && dev !== undefined
        ? before
        : after,
    post === undefined ? before : BigInt(groups["postAlone"] ?? groups["postNumber"] ?? "0"),
    dev === undefined ? after : BigInt(groups["devNumber"] ?? "0"),
    local === undefined ? before : local.toLowerCase().split(/[-_.]/).map(localPart),
  ];
}

function preLetter(spelled: string): string {
  const letter = spelled.toLowerCase();
  if (letter === "alpha") return "a";
  if (letter === "beta") return "b";
  return letter === "a" || letter === "b" ? letter : "rc";
}

function localPart(part: string): Key {
  return /^\d+$/.test(part) ? [BigInt(part), ""] : [before, part];
}

/** setuptools' order of old: numbers padded, words starred, so that alpha, beta and candidates precede `*final`. */
function legacyKey(version: string): string[] {
  const parts: string[] = [];
  const split = version.toLowerCase().split(/(\d+|[a-z]+|\.|-)/);
  for (const part of [...split.map((word) => legacyWords.get(word) ?? word), "final"]) {
    if (part === "" || part === ".") continue;
    if (/^\d/.test(part)) {
      parts.push(part.padStart(8, "0"));
      continue;
    }
    const starred = `*${part}`;
    if (starred < "*final") while (parts.at(-1) === "*final-") parts.pop();
    while (parts.at(-1) === "00000000") parts.pop();
    parts.push(starred);
  }
  return parts;
}

const legacyWords = new Map([
  ["pre", "c"],
  ["preview", "c"],
  ["-", "final-"],
  ["rc", "c"],
  ["dev", "@"],
]);

function compareKeys(a: Key, b: Key): number {
  if (a === b) return 0;
  if (a === before || b === after) return -1;
  if (a === after || b === before) return 1;
  if (typeof a === "object" && typeof b === "object") {
    for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
      const order = compareKeys(a[i] ?? before, b[i] ?? before);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  return a < b ? -1 : 1;
}
