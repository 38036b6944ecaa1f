import { RE2JS } from "re2js";
import { vercmp } from "../../alpm/vercmp.ts";
import { SluiceError } from "../../errors.ts";
import { isVersionText } from "../../gate/versions/version-text.ts";

/** Which of an upstream's tags are versions that a package wants. */
export interface TagRules {
  /** Alpha, beta, rc, nightly and their like count, too. */
  readonly preReleases: boolean;
  /** RE2: only tags in which it is found count. */
  readonly filter?: string | undefined;
}

export interface VersionTag {
  /** As upstream spells it, `v1.2.0`. */
  readonly name: string;
  /** Without its prefix, with dots where the tag has underscores in their place. */
  readonly version: string;
}

/** In UTF-16 code units; longer ones are no versions. */
const longestTag = 200;

const preRelease =
  /(?:^|[^a-z])(?:alpha|beta|rc|c?pre|preview|dev|devel|nightly|snapshot|canary|insiders?|test(?:ing)?|milestone|ea|eap|wip|unstable|experimental|edge|next)(?:[^a-z]|$)|\d[._-]?(?:a|b|c|m)\.?\d/i;

/** What hides behind a hyphen or a dot would be newer than the release itself to pacman: `1.0.rc1` > `1.0` > `1.0rc1`. */
const separatedWord =
  /[._~-]+(?=(?:alpha|beta|rc|c?pre|preview|dev|devel|nightly|snapshot|canary|a|b|c|m)\b|(?:a|b|c|m|rc|alpha|beta|pre|dev)[.-]?\d)/gi;

/**
 * The newest of the tags that are named as the current version's tag is: with the same prefix, `v` or not, with
 * hyphens and underscores only where that one has them. So a tag of another program in the same repository, a date
 * or a word doesn't win over a version. Where the current version has no tag, those count that are a version but
 * for a `v` or, where there are none, for one word such as `release-`.
 *
 * @param current the recipe's pkgver. Nothing older is returned; where nothing is newer, it is this version's tag.
 * @throws SluiceError `tag-filter` where the filter is no regular expression.
 */
export function newestVersionTag(
  names: readonly string[],
  current: string,
  { preReleases, filter }: TagRules,
): VersionTag | undefined {
  const matches = filter === undefined ? undefined : compile(filter);
  const wanted = names.filter((name) => name.length <= longestTag && (matches?.(name) ?? true));
  const form = formOf(wanted, current) ?? formOf(names, current);
  let newest: VersionTag | undefined;
  for (const { name, version } of form ? read(wanted, form) : readAny(wanted)) {
    const isPre = preRelease.test(version);
    if (isPre && !preReleases) continue;
    if (!isVersionText(version) || version.includes(":")) continue;
    if (version.includes("-") && !isPre && !form?.hyphens) continue;
    if (isDate(version) && !beginsWithYear.test(current)) continue;
    if (compare(version, newest?.version ?? current) < (newest ? 1 : 0)) continue;
    newest = { name, version };
  }
  return newest;
}

/** Compares as pacman does, but takes `1.0-rc1` and `1.0.rc1` for what they mean. */
export function compare(a: string, b: string): number {
  return vercmp(comparable(a), comparable(b));
}

function comparable(version: string): string {
  return version.replaceAll(separatedWord, "").replaceAll(/[-_]/g, ".");
}

interface Form {
  /** Without a `v` at its end, which projects begin and cease to write. */
  readonly prefix: string;
  readonly hyphens: boolean;
  readonly underscores: boolean;
}

/**
 * How the tag of the current version is written; undefined where there is none. Of several programs in one repository
 * that happen to be at this version, the one without a prefix or with the shortest: a filter says which else.
 */
function formOf(names: readonly string[], current: string): Form | undefined {
  const parts = current.split(/[._+~-]/).map((part) => part.replaceAll(/[^A-Za-z0-9]/g, "\\$&"));
  const atEnd = new RegExp(`(?<![0-9]|[0-9][._-])${parts.join("[._+~-]?")}$`, "i");
  const forms = names.flatMap((name): Form[] => {
    const found = name.length <= longestTag ? atEnd.exec(name) : null;
    if (!found) return [];
    const [version] = found;
    return [
      {
        prefix: name.slice(0, found.index).replace(/v$/i, ""),
        hyphens: version.includes("-"),
        underscores: version.includes("_") && !version.includes(".") && !current.includes("_"),
      },
    ];
  });
  const [first] = forms.sort((a, b) => a.prefix.length - b.prefix.length || (a.prefix < b.prefix ? -1 : 1));
  return first;
}

function read(names: readonly string[], { prefix, underscores }: Form): VersionTag[] {
  return names.flatMap((name) => {
    if (!name.startsWith(prefix)) return [];
    const [, version] = /^[vV]?(\d.*)$/.exec(name.slice(prefix.length)) ?? [];
    if (version === undefined) return [];
    return [{ name, version: underscores ? version.replaceAll("_", ".") : version }];
  });
}

function readAny(names: readonly string[]): VersionTag[] {
  const plain = read(names, { prefix: "", hyphens: false, underscores: false });
  if (plain.some(({ version }) => !preRelease.test(version) && !isDate(version))) return plain;
  return names.flatMap((name) => {
    const [, version] = /^[A-Za-z]+[-_/.]?v?(\d.*)$/i.exec(name) ?? [];
    return version === undefined || preRelease.test(name) ? [] : [{ name, version }];
  });
}

const beginsWithYear = /^(?:19|20)\d{2}(?!\d)|^(?:19|20)\d{6}/;

/** 20240131, 2024-01-31, 2024.01.31: what nightly builds are called. 2024.1 is how some number their versions. */
function isDate(version: string): boolean {
  return /^(?:19|20)\d{2}([._-]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d)/.test(version);
}

function compile(filter: string): (name: string) => boolean {
  try {
    const compiled = RE2JS.compile(filter);
    return (name) => compiled.matcher(name).find();
  } catch (cause) {
    throw new SluiceError("tag-filter", `${JSON.stringify(filter)} is no regular expression.`, {
      hint: "Write CI_PKGBUILD_SOURCE=github:OWNER/REPO#filter=^v2\\. with a regular expression that RE2 knows.",
      exitCode: 1,
      cause,
    });
  }
}
