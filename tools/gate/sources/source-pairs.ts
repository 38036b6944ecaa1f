import type { Value } from "../../pkgbuild/evaluation/values.ts";
import type { Pkgbuild } from "../files/side.ts";
import type { Place } from "../rules/finding.ts";
import type { Comparison } from "../values/comparison.ts";
import { sameForms } from "../values/variables.ts";
import { opaqueSources } from "./opaque-sources.ts";
import { ownerOf, parseSource, type SourceEntry } from "./source-entry.ts";
import type { Home } from "./source-stranger.ts";

/** One list of sources of both recipes, entry by entry. */
export interface ListPair {
  readonly place: Place;
  /** Written as before, and reading nothing that changed but the version. */
  readonly byVersion: boolean;
  /** That the list changed and not all of it is known. */
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

/** The lists of sources that aren't the same, for each architecture; equal pairs once. */
export function changedLists(comparison: Comparison): ListPair[] {
  const { before, after, architectures, written, versionChanges, changes } = comparison;
  const changed = changes.map(({ name }) => name);
  // What isn't known may be anything once something that it is made of has changed.
  const opaque = changed.some((name) => !/^\w+sums(?:_\w+)?$/.test(name)) ? [...written.after.keys()] : [];
  const names = new Set([...changed, ...opaque].filter((name) => /^source(?:_\w+)?$/.test(name)));
  const mayFollow = opaqueSources(comparison);
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
          (!sameWriting && isUntold(before, after, name, carch)) || mayFollow(name, carch)
            ? `${name}, not all of which is known`
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

/** Whether an entry that isn't known came, went, or stands elsewhere. */
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

/** Entries stand at the same place, or are found again where their number changed. */
export function matched(
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

/** Whether two entries differ in nothing but words: as many steps, and the same keys. */
export function sameShape(old: SourceEntry, now: SourceEntry): boolean {
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

/** GitHub serves a tag's archive under two addresses. */
export function plainArchive({ host, text }: SourceEntry): string {
  return host === "github.com" ? text.replace(tagArchive, "/archive/") : text;
}

const tagArchive = "/archive/refs/tags/";

/**
 * Whether the other address of an archive may give something else: the short one gives branches and commits, too,
 * and a tag that is called as a branch or a commit is another thing.
 */
export function givesOtherArchive(old: SourceEntry, now: SourceEntry): boolean {
  const [was, is] = [old, now].map(({ host, text }) => host === "github.com" && text.includes(tagArchive));
  if (was === is) return false;
  const [before = "", after = ""] = [old, now].map((entry) => plainArchive(entry).split("/archive/")[1]);
  return !/^\D{0,20}\d+(?:[._]\d+)+/.test(after) || (!is && before === after);
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
export function accountOf(entry: SourceEntry): string {
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
