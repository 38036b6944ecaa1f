import { vercmp } from "../../alpm/vercmp.ts";
import type { Comparison } from "../values/comparison.ts";
import { withoutVersions } from "../versions/version-form.ts";
import { versionOf } from "../versions/version-rules.ts";
import { isCommitLike } from "../versions/version-text.ts";
import type { SourceEntry } from "./source-entry.ts";

const registries =
  /(?:^|\.)(?:pythonhosted\.org|pypi\.(?:org|io)|pypi\.python\.org|rubygems\.org|npmjs\.(?:org|com)|npmmirror\.com|crates\.io|haskell\.org|nuget\.org|cpan\.org|metacpan\.org|r-project\.org|rstudio\.com|unpkg\.com|jsdelivr\.net|cloudflare\.com|docker\.io|ghcr\.io|quay\.io|anaconda\.org|hex\.pm|pub\.dev|luarocks\.org|packagist\.org|ctan\.org|open-vsx\.org|visualstudio\.com)$/;
/** Whoever uploads something there chooses what it's called, a version in the name or not. */
const itemHosts = /(?:^|\.)archive\.org$/;

/** In a registry a name with another digit is another's project: only a whole version may change in a step. */
export function renamesProject(old: SourceEntry, now: SourceEntry): boolean {
  if (itemHosts.test(now.host)) return old.segments[1] !== now.segments[1];
  if (!registries.test(now.host)) return false;
  return now.segments.some((step, at) => {
    const was = old.segments[at] ?? "";
    // A folder is called by the version alone, or by it behind an `@`; a file's name may hold it behind a dash.
    const version = at === now.segments.length - 1 ? versionInName : versionOfFolder;
    const [before, after] = [was, step].map((text) => text.replaceAll(version, "\0"));
    return step !== was && before !== after;
  });
}

const versionInName = /(?<![A-Za-z0-9])v?\d+(?:[._]\d+)+[\w.+-]*/g;
const versionOfFolder = /(?<=^|@)v?\d+(?:[._]\d+)+[\w.+-]*/g;

/** Whether a number in an address goes down, whatever the version as a whole does. */
export function goesBack(before: string, after: string): boolean {
  const [old, now] = [withoutVersions(before).versions, withoutVersions(after).versions];
  return (
    old.length === now.length &&
    old.some((was, at) => {
      const is = now[at] ?? "";
      if (isCommitLike(was) || isCommitLike(is)) return false;
      // CPAN counts in decimals: 0.100 comes before 0.96.
      const isDecimal =
        /cpan\.org\//.test(after) && [was, is].every((text) => /^\d+\.\d+(?![.\d])/.test(text));
      if (isDecimal && Number.parseFloat(is) < Number.parseFloat(was)) return true;
      return !is.startsWith(was) && vercmp(is, was) < 0;
    })
  );
}

/** The abbreviated commit that a new version names. */
export function commitOfVersion({ before, after }: Comparison): string | undefined {
  const [old, now] = [versionOf(before)?.pkgver, versionOf(after)?.pkgver];
  if (old === now) return undefined;
  const [, named, counted, other] =
    /(?:^|[._+])(?:g([0-9a-f]{7,40})|r\d+\.([0-9a-f]{7,40})|((?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}))$/.exec(
      now ?? "",
    ) ?? [];
  return named ?? counted ?? other;
}
