import type { Pkgbuild } from "../files/side.ts";
import type { Comparison } from "../values/comparison.ts";
import { commitOfVersion, goesBack, renamesProject } from "./address-changes.ts";
import { countedUpload, loneNumber } from "./lone-number.ts";
import { type Finding, finding, type Place } from "../rules/finding.ts";
import { isSignature, ownerOf, parseSource, repositoryOf, type SourceEntry } from "./source-entry.ts";
import { type TagAnswer, tagKey, type TagQuestion } from "../update.ts";
import { sameForms } from "../values/variables.ts";
import { versionOf } from "../versions/version-rules.ts";
import { addressFindings, isFloating } from "./source-address.ts";
import { type Home, isNewStranger, isStranger } from "./source-stranger.ts";
import { changedCommit, revisionIn } from "./source-revision.ts";
import { withoutOwnName } from "./download-name.ts";
import { isCommitLike, replacedAlone } from "../versions/version-text.ts";
import type { Value } from "../../pkgbuild/evaluation/values.ts";

export interface SourceJudgement {
  readonly findings: readonly Finding[];
  readonly needs: readonly TagQuestion[];
}

/** Sources differ by the version alone: same scheme, host, owner and pattern of the path. */
export function judgeSources(
  comparison: Comparison,
  answers: ReadonlyMap<string, TagAnswer>,
): SourceJudgement {
  const findings: Finding[] = [];
  const needs = new Map<string, TagQuestion>();
  const proved = new Set<string>();
  const disproved = new Set<string>();
  for (const pair of changedLists(comparison)) {
    const { place } = pair;
    if (pair.untold !== undefined) findings.push(finding("source-changed", pair.untold, place));
    for (const entry of pair.added) findings.push(...ofAdded(entry, pair, place));
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
      if (isStranger(old, renamed, pair.home)) findings.push(finding("source-stranger", renamed.text, both));
      if (isFloating(renamed) && old.fragment !== renamed.fragment)
        findings.push(finding("source-floating", renamed.fragment, both));
      const now = withoutOwnName(old, renamed, comparison.after, pair.keptNames) ?? renamed;
      if (
        !pair.byVersion &&
        !replacedAlone(plainArchive(old), plainArchive(now), replacementsWithCommits(comparison))
      ) {
        findings.push(finding("source-changed", now.text, both));
      } else if (!sameShape(old, now)) {
        findings.push(finding("source-changed", now.text, both));
      }
      const pkgver = versionOf(comparison.after)?.pkgver;
      const number = (pair.byVersion ? undefined : loneNumber(old, now, pkgver)) ?? countedUpload(old, now);
      if (number !== undefined) findings.push(finding("source-changed", `the number in ${number}`, both));
      if (renamesProject(old, now)) findings.push(finding("source-host", now.text, both));
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

/** What is called by a version of several parts is a file's name, whatever those parts look like by themselves. */
function withoutVersion(entry: SourceEntry, pkgver: string | undefined): SourceEntry {
  if (pkgver === undefined || !/\d[._+~-]\w/.test(pkgver) || entry.vcs !== undefined) return entry;
  return parseSource(entry.text.split(pkgver).join("VERSION"));
}

/** GitHub serves a tag's archive under two addresses. */
function plainArchive({ host, text }: SourceEntry): string {
  return host === "github.com" ? text.replace("/archive/refs/tags/", "/archive/") : text;
}

interface ListPair {
  readonly place: Place;
  /** Written as before, and reading nothing that changed but the version. */
  readonly byVersion: boolean;
  /** That the list changed and not all of it can be told. */
  readonly untold: string | undefined;
  readonly changed: readonly (readonly [SourceEntry, SourceEntry])[];
  readonly added: readonly SourceEntry[];
  readonly removed: readonly SourceEntry[];
  readonly ownersBefore: ReadonlySet<string>;
  /** Hosts that the accepted recipe named. */
  readonly hostsBefore: ReadonlySet<string>;
  readonly home: Home;
  /** What each source of the new list is kept as, where it says. */
  readonly keptNames: readonly (string | undefined)[];
}

function changedLists({
  before,
  after,
  architectures,
  written,
  versionChanges,
  changes,
}: Comparison): ListPair[] {
  const names = new Set(changes.map(({ name }) => name).filter((name) => /^source(?:_\w+)?$/.test(name)));
  const pairs = new Map<string, ListPair>();
  const ownersBefore = ownersOf(before, architectures);
  const home = homeOf(before, architectures);
  for (const carch of architectures) {
    for (const name of names) {
      const [old, now] = [before, after].map((side) => {
        const list = side.evaluation(carch).list(name);
        return list === undefined || "known" in list ? [] : list;
      });
      const line = written.after.get(name)?.line;
      const sameWriting = sameForms(written.before.get(name)?.forms, written.after.get(name)?.forms);
      const pair: ListPair = {
        place: { file: "PKGBUILD", ...(line !== undefined && { line }) },
        byVersion: sameWriting && versionChanges.names.has(name),
        untold:
          !sameWriting && isUntold(before, after, name, carch)
            ? `${name}, of which not all can be told`
            : undefined,
        ...matched(known(old), known(now)),
        ownersBefore,
        hostsBefore: home.hosts,
        home,
        keptNames: known(now).map(({ name, segments }) => name ?? segments.at(-1)),
      };
      pairs.set(JSON.stringify([name, pair.untold, pair.changed, pair.added, pair.removed]), pair);
    }
  }
  return [...pairs.values()];
}

/** Whether an entry that can't be told came, went, or stands elsewhere. */
function isUntold(before: Pkgbuild, after: Pkgbuild, name: string, carch: string | undefined): boolean {
  const [old, now] = [before, after].map((side) => {
    const list = side.evaluation(carch).list(name);
    return list === undefined ? [] : "known" in list ? undefined : list.map((value) => value.known);
  });
  if (!old || !now) return true;
  const all = [...old, ...now].every(Boolean);
  return !all && JSON.stringify(old) !== JSON.stringify(now);
}

function known(values: readonly Value[] | undefined): SourceEntry[] {
  return (values ?? []).flatMap((value) => (value.known ? [parseSource(value.text)] : []));
}

/** Entries stand at the same place, or are found anew where their number changed. */
function matched(
  before: readonly SourceEntry[],
  after: readonly SourceEntry[],
): Pick<ListPair, "changed" | "added" | "removed"> {
  if (before.length === after.length) {
    const changed = before.map((old, at) => [old, after[at] ?? old] as const);
    return { changed: changed.filter(([old, now]) => old.text !== now.text), added: [], removed: [] };
  }
  const left = [...before];
  const changed: (readonly [SourceEntry, SourceEntry])[] = [];
  const added: SourceEntry[] = [];
  const rest = after.filter((now) => {
    const at = left.findIndex(({ text }) => text === now.text);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  for (const now of rest) {
    const at = left.findIndex(
      (old) => ownerOf(old) === ownerOf(now) && sameShape(old, now) && old.scheme !== "local",
    );
    const [old] = at === -1 ? [] : left.splice(at, 1);
    if (old) changed.push([old, now]);
    else added.push(now);
  }
  return { changed, added, removed: left };
}

function ownersOf(
  pkgbuild: Comparison["before"],
  architectures: readonly (string | undefined)[],
): Set<string> {
  return new Set(entriesOf(pkgbuild, architectures).map(accountOf));
}

function entriesOf(
  pkgbuild: Comparison["before"],
  architectures: readonly (string | undefined)[],
): SourceEntry[] {
  return architectures.flatMap((carch) => {
    const evaluation = pkgbuild.evaluation(carch);
    return [...evaluation.names].flatMap((name) => {
      if (!/^source(?:_\w+)?$/.test(name)) return [];
      const list = evaluation.list(name);
      return list === undefined || "known" in list ? [] : known(list);
    });
  });
}

/** Host and account, without the project. */
function accountOf(entry: SourceEntry): string {
  return ownerOf(entry).split("/").slice(0, 2).join("/");
}

/** What the accepted recipe says of where its project lives. */
function homeOf(pkgbuild: Comparison["before"], architectures: readonly (string | undefined)[]): Home {
  const evaluation = pkgbuild.evaluation(architectures[0]);
  const text = (name: string): string[] => {
    const list = evaluation.list(name);
    return list === undefined || "known" in list
      ? []
      : list.flatMap((value) => (value.known ? [value.text] : []));
  };
  const entries = [...text("url").map(parseSource), ...entriesOf(pkgbuild, architectures)];
  return {
    entries,
    hosts: new Set(entries.map(({ host }) => host).filter((host) => host !== "")),
    names: text("pkgname"),
  };
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

function sameShape(old: SourceEntry, now: SourceEntry): boolean {
  return (
    old.vcs === now.vcs &&
    old.scheme === now.scheme &&
    plainArchive(old).split("/").length === plainArchive(now).split("/").length &&
    (old.name === undefined) === (now.name === undefined) &&
    keysOf(old.query) === keysOf(now.query) &&
    keysOf(old.fragment) === keysOf(now.fragment)
  );
}

function keysOf(text: string): string {
  return text.replaceAll(/=[^&]*/g, "=");
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
