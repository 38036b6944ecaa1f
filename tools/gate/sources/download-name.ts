import type { Pkgbuild } from "../files/side.ts";
import type { SourceEntry } from "./source-entry.ts";
import { versionOf } from "../versions/version-rules.ts";

/**
 * A download that got a name of its own, `pkgname-pkgver….tar.gz::https://…`, as is advised where the address
 * ends in nothing but a version: what is fetched is the same. Undefined where it's any other name.
 */
export function withoutOwnName(
  old: SourceEntry,
  now: SourceEntry,
  after: Pkgbuild,
  names: readonly (string | undefined)[],
): SourceEntry | undefined {
  const { name, vcs, scheme, segments } = now;
  if (old.name !== undefined || name === undefined || vcs !== undefined || scheme === "local")
    return undefined;
  const version = versionOf(after)?.pkgver;
  const [kind = ""] = /(?:\.tar)?\.[a-z]\w{0,5}$/.exec(segments.at(-1) ?? "") ?? [];
  const begins = packageNames(after).some((pkgname) => name.startsWith(`${pkgname}-${version}`));
  const isOwn = version !== undefined && begins && kind !== "" && name.endsWith(kind);
  if (!isOwn || !/^[\w.+~-]+$/.test(name) || isKeptPacked(segments.at(-1), after)) return undefined;
  if (names.filter((one) => one === name).length !== 1) return undefined;
  return { ...now, name: undefined, text: now.text.slice(name.length + "::".length) };
}

/** What isn't to be unpacked is found by the name that it had. */
function isKeptPacked(file: string | undefined, after: Pkgbuild): boolean {
  const list = after.evaluation().list("noextract") ?? [];
  return "known" in list || list.some((value) => !value.known || value.text === file);
}

function packageNames(pkgbuild: Pkgbuild): string[] {
  return ["pkgbase", "pkgname", "_pkgname"].flatMap((name) => {
    const value = pkgbuild.evaluation().scalar(name);
    return value?.known && value.text !== "" ? [value.text] : [];
  });
}
