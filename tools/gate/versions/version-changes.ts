import { vercmp } from "../../alpm/vercmp.ts";
import { isObeyed } from "../known/obeyed-variables.ts";
import type { VariableChange, Written } from "../values/variables.ts";
import { readsBehind, sameForms, textsOf } from "../values/variables.ts";
import { differsInVersionsAlone, sameVersionForm } from "./version-form.ts";
import { isCommitLike, isVersionText, replacedAlone, type Replacement, spellings } from "./version-text.ts";

/** Which changes of variables are the new version and nothing else. */
export interface VersionChanges {
  /** Names of variables whose every change is. */
  readonly names: ReadonlySet<string>;
  readonly replacements: readonly Replacement[];
  /** Commit ids that take part; each needs a proof of its own. */
  readonly commits: ReadonlySet<string>;
}

const versionParts = new Set(["pkgver", "pkgrel", "epoch"]);

interface Writing {
  readonly before: ReadonlyMap<string, Written>;
  readonly after: ReadonlyMap<string, Written>;
}

/**
 * Finds them by growing a set: pkgver and its like, helpers that pkgver is made of or that hold it, and then
 * whatever is written as before and reads nothing changed but those.
 */
export function findVersionChanges(
  changes: readonly VariableChange[],
  writing: Writing,
  standsBeside: (name: string) => boolean,
): VersionChanges {
  const byName = groupByName(changes);
  const ofVersion = new Set(
    [...readsBehind("pkgver", writing.before)].filter((name) =>
      readsBehind("pkgver", writing.after).has(name),
    ),
  );
  const names = new Set<string>();
  const replacements: Replacement[] = [];
  const commits = new Set<string>();

  const accept = (name: string, own: readonly VariableChange[]): void => {
    names.add(name);
    for (const change of own) {
      const pair = scalarPair(change);
      if (!pair) continue;
      // One that the version is made of, too: a function may well check it out.
      if (isCommitLike(pair[1]) && !versionParts.has(name)) commits.add(pair[1]);
      // A bare "1" of pkgrel stands for too much else.
      if (pair.every(isVersionText) && name !== "pkgrel" && name !== "epoch")
        replacements.push(...spellings(pair));
    }
  };
  for (const [name, own] of byName) {
    if (versionParts.has(name) && own.every((change) => isNewVersion(name, change))) accept(name, own);
  }
  for (const [name, own] of byName) {
    const isHelper = own.every((change) => {
      const pair = scalarPair(change);
      if (!pair?.every(isVersionText)) return false;
      if (isObeyed(name)) return false;
      if (pair.every(isCommitLike)) return true;
      // A build's number stands beside the version in some addresses, and nowhere else.
      const isBeside = names.has("pkgver") && pair.every((text) => /^\d+$/.test(text)) && standsBeside(name);
      // An older one is a way down, whatever pkgver says.
      return (ofVersion.has(name) || isBeside) && sameVersionForm(...pair) && vercmp(pair[1], pair[0]) >= 0;
    });
    if (!special.test(name) && isHelper) accept(name, own);
  }
  const [version, release] = ["pkgver", "pkgrel"].map((name) => byName.get(name)?.map(scalarPair)[0]);
  if (names.has("pkgver") && version && release)
    replacements.push([`${version[0]}-${release[0]}`, `${version[1]}-${release[1]}`]);
  replacements.push(...checksumsInNames(changes));
  for (let grown = true; grown;) {
    grown = false;
    for (const [name, own] of byName) {
      if (names.has(name) || versionParts.has(name) || fixed.has(name)) continue;
      const derived = isDerived(name, writing, byName, names) && own.every(followsVersions);
      if (!derived && !own.every((change) => isReplaced(change, replacements))) continue;
      if (special.test(name)) names.add(name);
      else accept(name, own);
      grown = true;
    }
  }
  return { names, replacements: longestFirst(replacements), commits };
}

/** pkgver stays of its form; the other two are numbers. */
function isNewVersion(name: string, change: VariableChange): boolean {
  const [after] = textsOf(change.after) ?? [];
  if (name !== "pkgver") return isVersionText(after ?? "");
  const pair = scalarPair(change);
  return pair !== undefined && pair.every(isVersionText) && (pair[0] === pair[1] || sameVersionForm(...pair));
}

/** What is written as before may come to something else than before: its words have to stay. */
function followsVersions({ before, after }: VariableChange): boolean {
  const [old, now] = [before?.values, after?.values];
  if (!old || !now) return old === now;
  return (
    old.length === now.length &&
    old.every((was, at) => {
      const is = now[at];
      if (!was.known || !is?.known) return !was.known && is?.known === false;
      return differsInVersionsAlone(was.text, is.text) || (isCommitLike(was.text) && isCommitLike(is.text));
    })
  );
}

function groupByName(changes: readonly VariableChange[]): Map<string, VariableChange[]> {
  const groups = new Map<string, VariableChange[]>();
  for (const change of changes) groups.set(change.name, [...(groups.get(change.name) ?? []), change]);
  return groups;
}

/** What a recipe is; no version changes it. */
const fixed = new Set(["pkgname", "pkgbase", "arch", "install", "validpgpkeys", "replaces", "groups"]);

/** Have rules of their own, and are no helpers. */
const special =
  /^(?:pkg(?:name|base|ver|rel|desc)|epoch|url|install|changelog|arch|(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_\w+)?)$/;

function scalarPair({ before, after }: VariableChange): readonly [string, string] | undefined {
  const [old, ...moreOld] = textsOf(before) ?? [];
  const [now, ...moreNow] = textsOf(after) ?? [];
  if (moreOld.length > 0 || moreNow.length > 0 || now === undefined || !before?.scalar || !after?.scalar)
    return undefined;
  return old === undefined ? undefined : [old, now];
}

/** Written as before, and what it reads changed by the version alone. */
function isDerived(
  name: string,
  { before, after }: Writing,
  changed: ReadonlyMap<string, unknown>,
  names: ReadonlySet<string>,
): boolean {
  const [old, now] = [before.get(name), after.get(name)];
  if (!old || !now || !sameForms(old.forms, now.forms)) return false;
  let versionChanges = false;
  for (const read of now.reads) {
    if (read === name || !changed.has(read)) continue;
    if (!names.has(read)) return false;
    versionChanges = true;
  }
  return versionChanges;
}

const mostEntries = 300;

/** Some keep a source under a name with its own checksum in it; in an address it'd choose what is fetched. */
function checksumsInNames(changes: readonly VariableChange[]): Replacement[] {
  const others = changes.flatMap(({ name, before }) => (isChecksums(name) ? [] : (textsOf(before) ?? [])));
  const addresses = changes.flatMap(({ name, before, after }) =>
    name.startsWith("source") ? [...(textsOf(before) ?? []), ...(textsOf(after) ?? [])].map(addressIn) : [],
  );
  return changes.flatMap(({ name, before, after }) => {
    const [old, now] = [textsOf(before) ?? [], textsOf(after) ?? []];
    if (!isChecksums(name) || old.length !== now.length) return [];
    return old.flatMap((sum, at): Replacement[] => {
      const both = [sum, now[at] ?? ""] as const;
      // Shorter ones look like commits.
      const hashes = sum !== both[1] && both.every((text) => /^(?:[0-9a-f]{64}|[0-9a-f]{128})$/.test(text));
      const inAddress = addresses.some((text) => both.some((hash) => text.includes(hash)));
      return hashes && !inAddress && others.some((text) => text.includes(sum)) ? [both] : [];
    });
  });
}

function addressIn(source: string): string {
  return source.slice(source.indexOf("::") + 1);
}

function isChecksums(name: string): boolean {
  return /^(?:sha256|sha512|b2)sums(?:_\w+)?$/.test(name);
}

function isReplaced({ name, before, after }: VariableChange, replacements: readonly Replacement[]): boolean {
  const [old, now] = [textsOf(before), textsOf(after)];
  if (
    isChecksums(name) ||
    !old ||
    !now ||
    old.length !== now.length ||
    now.length > mostEntries ||
    before?.scalar !== after?.scalar
  )
    return false;
  // A bare number may be anything, a file's mode too; in a source's address the rules for sources look at it.
  const merged = (special.test(name) && name !== "url") || name === "noextract";
  const telling = merged ? replacements : replacements.filter(([from]) => /\d[._+~-]+\w/.test(from));
  return old.every((text, at) => replacedAlone(text, now[at] ?? "", telling, { merged }));
}

function longestFirst(replacements: readonly Replacement[]): Replacement[] {
  const unique = new Map(replacements.map((pair) => [JSON.stringify(pair), pair]));
  return [...unique.values()].sort((a, b) => b[0].length - a[0].length);
}
