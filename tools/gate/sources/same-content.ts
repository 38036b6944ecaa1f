import { vercmp } from "../../alpm/vercmp.ts";
import { type Finding, findingsOf } from "../rules/finding.ts";
import type { Comparison } from "../values/comparison.ts";
import { versionOf } from "../versions/version-rules.ts";
import { type Checked, readChecksums, suffixesOf } from "./checksums.ts";
import type { SourceEntry } from "./source-entry.ts";
import { contentRules } from "./content-rules.ts";

const finding = findingsOf(contentRules);

/**
 * A new version of which everything that is fetched is known to be what it was: the same commit or tag, or a download
 * of the same address with the same checksum. Where something isn't pinned, or nothing is fetched, the version may be
 * a new one.
 */
export function judgeSameContent({ before, after, architectures }: Comparison): Finding[] {
  const [was, is] = [versionOf(before), versionOf(after)];
  if (!was || !is || vercmp(was.pkgver, is.pkgver) === 0) return [];
  const [carch] = architectures;
  const [old, now] = [before.evaluation(carch), after.evaluation(carch)];
  const lists = [...suffixesOf(old, now)].map(
    (suffix) => [readChecksums(old, suffix), readChecksums(now, suffix)] as const,
  );
  // Beside what is pinned, what isn't is a part of it, but where `pkgver()` says what the version is of.
  const isPinned = lists.some(([, { sources = [] }]) => sources.some((source) => source && pinned(source)));
  const skipsLoose = isPinned && !after.recipe.functions.has("pkgver");
  const kept = lists.flatMap(([was, is]) => keptIn(was, is, skipsLoose));
  if (kept.length === 0 || !kept.every(Boolean)) return [];
  return [finding("source-old-version", "nothing that is fetched has changed", { file: "PKGBUILD" })];
}

function pinned({ vcs, fragment }: SourceEntry): boolean {
  return vcs !== undefined && /^(?:tag|commit|revision)=/.test(fragment);
}

/** Of each source that is fetched, whether it is what it was before. */
function keptIn(old: Checked, now: Checked, skipsLoose: boolean): boolean[] {
  if (!old.sources || !now.sources || old.sources.length !== now.sources.length) return [false];
  return now.sources.flatMap((source, at) => {
    const before = old.sources![at];
    if (source?.scheme === "local" && before?.scheme === "local") return [];
    if (!source || !before) return [false];
    if (source.vcs !== undefined) {
      if (!pinned(source)) return skipsLoose ? [] : [false];
      return [source.fragment === before.fragment];
    }
    const proofs = [...now.sums].filter(
      ([, sums]) => sums[at] !== undefined && sums[at] !== "SKIP" && sums[at] !== "",
    );
    // What moves with the version and stays the same, as a small script does, was looked up for it.
    const stays = source.text === before.text;
    return [
      stays && proofs.length > 0 && proofs.every(([kind, sums]) => old.sums.get(kind)?.[at] === sums[at]),
    ];
  });
}
