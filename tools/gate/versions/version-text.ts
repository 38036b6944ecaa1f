/** Text that may stand for a version: no character of it means anything in a URL, a path or a shell. */
export function isVersionText(text: string): boolean {
  return /^[A-Za-z0-9._+~^:-]{1,128}$/.test(text) && !text.includes("..");
}

/** Text that a host may take for a commit: hexadecimal, with letters as well as digits, or as long as an id. */
export function isCommitLike(text: string): boolean {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)) return true;
  return /^[0-9a-f]{7,39}$/i.test(text) && /\d/.test(text) && /[a-f]/i.test(text);
}

/** One version text and what took its place. */
export type Replacement = readonly [before: string, after: string];

/** The ways in which recipes write a version: as it is, with other separators, cut after a part, after a `+`. */
export function spellings([before, after]: Replacement): Replacement[] {
  const found: Replacement[] = [[before, after]];
  for (const separator of ["_", "-", "", "."]) {
    const spell = (text: string): string => text.replaceAll(/[._+~-]/g, separator);
    found.push([spell(before), spell(after)]);
  }
  const oldParts = before.split(/[._+~-]/);
  const newParts = after.split(/[._+~-]/);
  for (let parts = 1; parts < Math.min(oldParts.length, newParts.length); parts += 1) {
    found.push([oldParts.slice(0, parts).join("."), newParts.slice(0, parts).join(".")]);
  }
  const [oldRest, newRest] = [before, after].map((text) => /\+(\d{4,})$/.exec(text)?.[1]);
  if (oldRest !== undefined && newRest !== undefined) found.push([oldRest, newRest]);
  return found.filter(([old, now]) => old !== "" && now !== "" && old !== now);
}

/** In UTF-16 code units. Comparing takes time in the square of it, and texts come from strangers. */
const longest = 500;

/**
 * Whether the new text is the old one with some of these replaced where they stand as versions: not inside a
 * longer number or, where they are short, a word.
 *
 * @param merged whether `123` may stand for 1.2.3
 */
export function replacedAlone(
  before: string,
  after: string,
  replacements: readonly Replacement[],
  { merged = true }: { merged?: boolean } = {},
): boolean {
  if (before === after) return true;
  if (before.length > longest || after.length > longest) return false;
  const failed = new Set<number>();
  const patterns = replacements.map((pair) => [patternOf(pair[0]), patternOf(pair[1]), pair] as const);
  const matches = (i: number, j: number): boolean => {
    if (i === before.length && j === after.length) return true;
    const state = i * (longest + 1) + j;
    if (failed.has(state)) return false;
    for (const [old, now, pair] of patterns) {
      const [was, is] = [foundAt(old, before, i), foundAt(now, after, j)];
      if (!was || !is || !standsAlone(before, i, was) || !standsAlone(after, j, is)) continue;
      if (!isSpelledAlike(was, is, pair) || (!merged && !/\d[._+~-]+\w/.test(was))) continue;
      if (matches(i + was.length, j + is.length)) return true;
    }
    if (i < before.length && before[i] === after[j] && matches(i + 1, j + 1)) return true;
    failed.add(state);
    return false;
  };
  return matches(0, 0);
}

/** `1.2rc3` is also `1_2-RC3`, and `20260817` is `2026.08.17`: separators, and case, are a matter of taste. */
function patternOf(version: string): RegExp {
  const isDate = /^\d{8,}$/.test(version);
  const parts = version.match(isDate ? /\d/g : /\d+|[A-Za-z]+|[^\dA-Za-z._+~-]+/g) ?? [];
  const escaped = parts.map((part) => part.replaceAll(/[^\w]/g, "\\$&"));
  return new RegExp(escaped.join("[._+~-]?"), "iy");
}

/** Whoever leaves the separators out, or takes others, does so in both: `v12.4` is another version than `v1.2.4`. */
function isSpelledAlike(was: string, is: string, [before, after]: Replacement): boolean {
  const [numbersBefore, numbersAfter] = [before, after].map((text) => text.match(/\d+/g)?.length ?? 0);
  const [numbersWas, numbersIs] = [was, is].map((text) => text.match(/\d+/g)?.length ?? 0);
  const isDate = /^\d{8,}$/.test(before) && /^\d{8,}$/.test(after);
  const keepsNumbers = numbersWas === numbersBefore ? numbersIs === numbersAfter : numbersIs === 1;
  const known = new Set(was.match(/[._+~-]/g));
  const others = (is.replaceAll(/-(?=rc|beta|alpha|pre)/gi, "").match(/[._+~-]/g) ?? []).filter(
    (sign) => !known.has(sign),
  );
  const isPlain =
    known.size === 0
      ? is === after || others.length === 0
      : others.every((sign) => sign !== "." && after.includes(sign) && !before.includes(sign));
  return isDate ? (known.size === 0) === !/[._+~-]/.test(is) : keepsNumbers && isPlain;
}

function foundAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function standsAlone(text: string, at: number, version: string): boolean {
  const previous = text[at - 1] ?? "";
  const next = text[at + version.length] ?? "";
  if (/\d/.test(previous) && /^\d/.test(version)) return false;
  if (/\d/.test(next) && /\d$/.test(version)) return false;
  if (isPartOfName(text, at, version)) return false;
  const short = !/\d.*[._+~-].*\d/.test(version) && version.length < 5;
  return (
    !short ||
    ((/^[^A-Za-z0-9]?$/.test(previous) ||
      /(?:^|[^A-Za-z])[vVrR]$/.test(text.slice(Math.max(0, at - 2), at))) &&
      /^[^A-Za-z0-9]?$/.test(next))
  );
}

/** `foo2.1` is another project, owner or folder than `foo2.0`; `foo2.1.tar.gz` is a file of the same. */
function isPartOfName(text: string, at: number, version: string): boolean {
  const [glued = ""] = /[A-Za-z]+$/.exec(text.slice(Math.max(0, at - 20), at)) ?? [];
  if (glued === "" || /^[vVrR]$/.test(glued) || !/^\d/.test(version)) return false;
  const rest = text.slice(at + version.length);
  return !/^[\w+~-]*(?:\.[A-Za-z][\w-]*)+$/.test(rest) || /\d[._]\d/.test(rest);
}
