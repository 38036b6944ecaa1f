import type { Comparison } from "../values/comparison.ts";
import { otherItem } from "./other-item.ts";
import { commitOfVersion, goesBack, renamesProject } from "./address-changes.ts";
import { countedUpload, loneNumber } from "./lone-number.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import {
  isSignature,
  localFile,
  ownerOf,
  parseSource,
  repositoryOf,
  type SourceEntry,
} from "./source-entry.ts";
import { type RecipeFiles, type TagAnswer, tagKey, type TagQuestion } from "../update.ts";
import { versionRules, versionOf } from "../versions/version-rules.ts";
import { addressRules, addressFindings, isFloating } from "./source-address.ts";
import { strangerRules, isNewStranger, isStranger } from "./source-stranger.ts";
import { revisionRules, changedCommit, revisionIn } from "./source-revision.ts";
import {
  accountOf,
  changedLists,
  givesOtherArchive,
  type ListPair,
  plainArchive,
  sameShape,
} from "./source-pairs.ts";
import { withoutOwnName } from "./download-name.ts";
import { isCommitLike, replacedAlone } from "../versions/version-text.ts";

export const sourceRules = {
  "source-changed": {
    severity: "review",
    says: "a source changed, and not by the version alone",
    protects: "A source is code that ends up on users' machines.",
  },
  "source-host": {
    severity: "review",
    says: "a source moved to another host or owner",
    protects: "The new one may be anybody's.",
  },
  "source-downgrade": {
    severity: "review",
    says: "a source is fetched without encryption",
    protects: "Anybody on the way can replace it.",
  },
  "source-added": {
    severity: "review",
    says: "a new source",
    protects: "A source is code that ends up on users' machines.",
  },
  "source-removed": {
    severity: "review",
    says: "a source is gone",
    protects: "A patch or a signature may go with it.",
  },
  "signature-dropped": {
    severity: "review",
    says: "a source is no longer checked against its signature",
    protects: "A signature ties a source to its author.",
  },
} as const satisfies Rules;

const finding = findingsOf({
  ...sourceRules,
  ...addressRules,
  ...strangerRules,
  ...revisionRules,
  ...versionRules,
});

export interface SourceJudgement {
  readonly findings: readonly Finding[];
  readonly needs: readonly TagQuestion[];
}

/** Sources differ by the version alone: same scheme, host, owner and pattern of the path. */
export function judgeSources(
  comparison: Comparison,
  answers: ReadonlyMap<string, TagAnswer>,
  filesBefore: RecipeFiles,
): SourceJudgement {
  const findings: Finding[] = [];
  const needs = new Map<string, TagQuestion>();
  const proved = new Set<string>();
  const disproved = new Set<string>();
  for (const pair of changedLists(comparison)) {
    const { place } = pair;
    if (pair.untold !== undefined) findings.push(finding("source-changed", pair.untold, place));
    for (const entry of pair.added) {
      const here = { ...place, after: entry.text };
      findings.push(...ofAdded(entry, pair, place), ...unreadBefore(undefined, entry, filesBefore, here));
    }
    for (const entry of pair.removed) {
      findings.push(
        finding(isSignature(entry) ? "signature-dropped" : "source-removed", entry.text, {
          ...place,
          before: entry.text,
        }),
      );
    }
    for (const [old, renamed] of pair.changed) {
      const both = { ...place, before: old.text, after: renamed.text };
      findings.push(...addressFindings(renamed, both, pair.hostsBefore, old), ...moved(old, renamed, both));
      findings.push(...unreadBefore(old, renamed, filesBefore, both));
      if (isStranger(old, renamed, pair.home)) findings.push(finding("source-stranger", renamed.text, both));
      if (isFloating(renamed) && old.fragment !== renamed.fragment)
        findings.push(finding("source-floating", renamed.fragment, both));
      const now = withoutOwnName(old, renamed, comparison.after, pair.keptNames) ?? renamed;
      if (
        !pair.byVersion &&
        !replacedAlone(plainArchive(old), plainArchive(now), replacementsWithCommits(comparison))
      ) {
        findings.push(finding("source-changed", now.text, both));
      } else if (!sameShape(old, now) || givesOtherArchive(old, now)) {
        findings.push(finding("source-changed", now.text, both));
      }
      const pkgver = versionOf(comparison.after)?.pkgver;
      const number = (pair.byVersion ? undefined : loneNumber(old, now, pkgver)) ?? countedUpload(old, now);
      if (number !== undefined) findings.push(finding("source-changed", `the number in ${number}`, both));
      if (renamesProject(old, now)) findings.push(finding("source-host", now.text, both));
      const item = otherItem(old, now);
      if (item !== undefined) findings.push(finding("source-changed", `what ${item} names`, both));
      if (goesBack(old.text, now.text)) findings.push(finding("version-down", now.text, both));
      const hash = commitOfVersion(comparison);
      // As a part of the whole version it's a file's name, which no host takes for a commit.
      const alone = now.text.split(versionOf(comparison.after)?.pkgver || "\0").join(" ");
      if (hash !== undefined && alone.includes(hash)) findings.push(finding("commit-unproved", hash, both));
      const revision = revisionIn(old, now);
      if (revision !== undefined) findings.push(finding("source-revision", revision, both));
      const commit = changedCommit(old, withoutVersion(now, pkgver));
      if (commit === undefined) continue;
      const question = questionOf(now, commit, comparison);
      const answer = question && answers.get(tagKey(question));
      if (question && answer === undefined) needs.set(tagKey(question), question);
      (answer === "tagged" ? proved : disproved).add(commit.toLowerCase());
      if (answer !== "tagged") findings.push(finding("commit-unproved", commit, both));
    }
  }
  for (const commit of comparison.versionChanges.commits) {
    const known = commit.toLowerCase();
    if (isCommitLike(commit) && !proved.has(known) && !disproved.has(known)) {
      findings.push(finding("commit-unproved", commit, { file: "PKGBUILD", after: commit }));
    }
  }
  return { findings, needs: [...needs.values()] };
}

/** A file of the recipe that lay there, read by nothing, and is the source of the new version. */
function unreadBefore(
  old: SourceEntry | undefined,
  now: SourceEntry,
  before: RecipeFiles,
  place: Place,
): Finding[] {
  return now.scheme === "local" && old?.text !== now.text && before.has(localFile(now))
    ? [finding("source-changed", `${now.text}, which was there and wasn't read`, place)]
    : [];
}

/** What is called by a version of several parts is a file's name, whatever those parts look like by themselves. */
function withoutVersion(entry: SourceEntry, pkgver: string | undefined): SourceEntry {
  if (pkgver === undefined || !/\d[._+~-]\w/.test(pkgver) || entry.vcs !== undefined) return entry;
  return parseSource(entry.text.split(pkgver).join("VERSION"));
}

function ofAdded(
  entry: SourceEntry,
  { ownersBefore, hostsBefore, home, removed }: ListPair,
  place: Place,
): Finding[] {
  const here = { ...place, after: entry.text };
  const findings = [finding("source-added", entry.text, here), ...addressFindings(entry, here, hostsBefore)];
  if (entry.scheme === "http" || entry.scheme === "ftp")
    findings.push(finding("source-downgrade", entry.text, here));
  const pinned = /^(?:commit=[0-9a-f]{40}|tag=.+)$/i.test(entry.fragment);
  const unpinnedStranger = entry.vcs !== undefined && !pinned && !ownersBefore.has(accountOf(entry));
  if (unpinnedStranger || (removed.length > 0 && isNewStranger(entry, home))) {
    findings.push(finding("source-stranger", entry.text, here));
  }
  if (isFloating(entry)) findings.push(finding("source-floating", entry.fragment, here));
  return findings;
}

function moved(old: SourceEntry, now: SourceEntry, place: Place): Finding[] {
  const findings: Finding[] = [];
  if (now.scheme !== old.scheme || now.vcs !== old.vcs) {
    const weaker =
      /^(?:http|ftp|git)$/.test(now.scheme) &&
      now.scheme !== old.scheme &&
      old.scheme !== "http" &&
      old.scheme !== "ftp";
    findings.push(finding(weaker ? "source-downgrade" : "source-changed", now.text, place));
  }
  if (ownerOf(old) !== ownerOf(now))
    findings.push(
      finding("source-host", `${ownerOf(old) || "a file"} to ${ownerOf(now) || "a file"}`, place),
    );
  else if (old.host !== now.host) findings.push(finding("source-host", `${old.host} to ${now.host}`, place));
  else if (isOtherRepository(old, now)) findings.push(finding("source-host", now.text, place));
  if (/(?:^|&)signed(?:&|$)/.test(old.query) && !/(?:^|&)signed(?:&|$)/.test(now.query)) {
    findings.push(finding("signature-dropped", now.text, place));
  }
  return findings;
}

/** Where a repository is asked for a tag, no version belongs to its own address; Subversion has tags as folders. */
function isOtherRepository(old: SourceEntry, now: SourceEntry): boolean {
  const [before, after] = [old, now].map(({ segments }) => segments.join("/").replace(/(?:\.git)?\/*$/, ""));
  return now.vcs !== undefined && now.vcs !== "svn" && before !== after;
}

function questionOf(entry: SourceEntry, commit: string, { after }: Comparison): TagQuestion | undefined {
  const url = repositoryOf(entry);
  const version = versionOf(after)?.pkgver;
  return url !== undefined && version !== undefined && /^[0-9a-f]{4,64}$/i.test(commit)
    ? { url, commit, version }
    : undefined;
}

/** A commit written out in the source may change; whether it may is asked elsewhere. */
function replacementsWithCommits({ versionChanges, changes }: Comparison): (readonly [string, string])[] {
  const commits: (readonly [string, string])[] = [];
  for (const { name, before, after } of changes) {
    if (!/^source(?:_\w+)?$/.test(name)) continue;
    const ids = [before, after].map((held) =>
      (held?.values ?? []).map((value) => (value.known ? (/[0-9a-f]{40}/.exec(value.text)?.[0] ?? "") : "")),
    );
    for (const [at, old] of (ids[0] ?? []).entries()) {
      const now = ids[1]?.[at];
      if (old && now && old !== now) commits.push([old, now]);
    }
  }
  return [...commits, ...versionChanges.replacements];
}
