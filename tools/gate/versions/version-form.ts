/**
 * The form of a version: what may change between two versions of the same thing, and what may not. Digits change,
 * as do the letters in the places where versions have some: `beta2`, `rc1`, `1.0b`, `r5.gabc1234`. Words stay.
 */
export interface VersionForm {
  /** What no new version changes, in order: words, and in words with digits all but those. */
  readonly words: string;
  /** `r123`, as VCS packages count commits. */
  readonly counts: boolean;
  /** How many abbreviated commits it names. */
  readonly commits: number;
  /** How many `~` Git could take for an ancestor; before a letter it's a sign of pre-releases. */
  readonly ancestors: number;
  /** Whether a sign of pre-releases stands behind a separator: pacman takes `1.2.rc1` for newer than `1.2`. */
  readonly endless: boolean;
}

const preRelease = "alpha|beta|rc|pre|preview|dev|post|patch|pl|a|b|c|p";
const number = new RegExp(`^(?:v(?=\\d))?\\d+(?:[a-z]|(?:${preRelease})\\d*)?$`, "i");
/** Without a number it names no release of many, but as like as not a branch: `2.dev`. */
const release = new RegExp(`^(?:(?:${preRelease})\\d+|[abcp])$`, "i");
const count = /^r\d+$/;
const namedCommit = /^g[0-9a-f]{7,40}$/;
const bareCommit = /^(?=.*\d)(?=.*[a-f])[0-9a-f]{7,40}$/;

/** Undefined for text that is no version. */
export function versionForm(text: string): VersionForm | undefined {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._+~-]{0,126}[A-Za-z0-9])?$/.test(text) || /[._+~-]{2}/.test(text))
    return undefined;
  const words: string[] = [];
  let [counts, commits, numbers] = [false, 0, 0];
  const parts = text.split(/[._+~-]/);
  for (const [at, part] of parts.entries()) {
    const isCounted = count.test(parts[at - 1] ?? "") && /^[0-9a-f]{7,40}$/.test(part);
    if (isCounted || bareCommit.test(part) || namedCommit.test(part)) commits += 1;
    else if (count.test(part)) counts = true;
    else {
      if (/\d/.test(part)) numbers += 1;
      if (!number.test(part) && !release.test(part)) words.push(part.replaceAll(/\d+/g, "0"));
      else if (/^v/i.test(part)) words.push(part[0]!);
    }
  }
  if (numbers === 0 && !counts && commits === 0) return undefined;
  const ancestors = text.match(/~(?![a-z])/gi)?.length ?? 0;
  const endless =
    !counts && commits === 0 && /[._+-](?:alpha|beta|rc|pre|preview|dev|a|b|c)\d*(?![A-Za-z0-9])/i.test(text);
  return { words: words.join(" "), counts, commits, ancestors, endless };
}

/** Whether one is another version of what the other is a version of. */
export function sameVersionForm(before: string, after: string): boolean {
  const [old, now] = [versionForm(before), versionForm(after)];
  if (!old || !now) return false;
  return (
    old.words === now.words &&
    old.counts === now.counts &&
    old.commits === now.commits &&
    old.ancestors >= now.ancestors &&
    (old.endless || !now.endless)
  );
}

/** In a text: a digit, perhaps behind `v` or `r`, and what belongs to the same version. */
const versionInText = /(?<![A-Za-z0-9])[vVrR]?\d[A-Za-z0-9._+~-]*/g;

/** Longer ones aren't looked at: taking them apart takes time in the square of their length. */
const longestVersion = 200;

/** What stays of a text when the versions in it are left out, and those versions. */
export function withoutVersions(text: string): {
  readonly rest: string;
  readonly versions: readonly string[];
} {
  const versions: string[] = [];
  const rest = text.replaceAll(versionInText, (version) => {
    if (version.length > longestVersion) return version;
    const [, own = "", tail = ""] = /^(.*?)([._+~-]*|\.(?:[a-z]{2,}[\w.]*))$/i.exec(version) ?? [];
    versions.push(own);
    return `\0${tail}`;
  });
  return { rest, versions };
}

/** Whether two texts are the same but for versions, each in its place and in the form that it had. */
export function differsInVersionsAlone(before: string, after: string): boolean {
  if (before === after) return true;
  const [old, now] = [withoutVersions(before), withoutVersions(after)];
  return (
    old.rest === now.rest &&
    old.versions.length === now.versions.length &&
    old.versions.every((version, at) => {
      const other = now.versions[at] ?? "";
      return version === other || sameVersionForm(version, other);
    })
  );
}
