import { baseValue, type Srcinfo, type SrcinfoFields } from "../alpm/srcinfo.ts";
import { expectedSrcinfo, type Section } from "../pkgbuild/srcinfo/expected-srcinfo.ts";
import { readPkgbuild, type Recipe } from "../pkgbuild/recipe.ts";

/**
 * Fields in which a `.SRCINFO` doesn't say what makepkg would write for the PKGBUILD: `pkgver`, `depends of
 * foo-docs`. What only running it would tell isn't compared, and where pkgver() exists `.SRCINFO` may be ahead.
 */
export function staleFields(pkgbuild: string, srcinfo: Srcinfo): readonly string[] {
  const reading = readPkgbuild(pkgbuild);
  if (!reading.ok) return [];
  // makepkg ran on some machine: what it wrote has to fit one of the architectures.
  const architectures = new Set(["x86_64", ...(srcinfo.base.get("arch") ?? [])]);
  const candidates = pkgbuild.includes("CARCH") ? [...architectures] : ["x86_64"];
  return candidates
    .map((carch) => staleFor(reading.recipe, srcinfo, carch))
    .reduce((fewest, found) => (found.length < fewest.length ? found : fewest));
}

function staleFor(recipe: Recipe, srcinfo: Srcinfo, carch: string): string[] {
  const { pkgbase, base, packages } = expectedSrcinfo(recipe, { carch });
  const moved = recipe.functions.has("pkgver") ? movedVersion(base, srcinfo) : undefined;
  const stale = pkgbase?.known && pkgbase.text !== srcinfo.pkgbase ? ["pkgbase"] : [];
  stale.push(...differing(base, srcinfo.base, moved));
  if (!packages) return stale;
  const names = srcinfo.packages.map(({ pkgname }) => pkgname);
  if (!isSameList([...packages.keys()].sort(), names.sort())) stale.push("pkgname");
  for (const { pkgname, fields } of srcinfo.packages) {
    const section = packages.get(pkgname);
    if (!section) continue;
    stale.push(...differing(section, fields, moved).map((field) => `${field} of ${pkgname}`));
  }
  return stale;
}

type Moved = readonly [from: string, to: string];

function movedVersion(base: Section, srcinfo: Srcinfo): Moved | undefined {
  const [from] = textsOf(base.get("pkgver")) ?? [];
  const to = baseValue(srcinfo, "pkgver");
  return from === undefined || to === undefined ? undefined : [from, to];
}

function differing(expected: Section, actual: SrcinfoFields, moved: Moved | undefined): string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].filter((field) => {
    const wanted = textsOf(expected.get(field) ?? []);
    const is = (actual.get(field) ?? []).map((text) => text.replaceAll(/[ \t]+/g, " "));
    if (!wanted || isSameList(wanted, is)) return false;
    return (
      !moved ||
      !isSameList(
        wanted.map((text) => text.replaceAll(...moved)),
        is,
      )
    );
  });
}

/** Undefined where a value isn't known. */
function textsOf(values: ReturnType<Section["get"]>): string[] | undefined {
  if (values === undefined || "known" in values) return undefined;
  const texts: string[] = [];
  for (const value of values) {
    if (!value.known) return undefined;
    if (value.text !== "") texts.push(value.text);
  }
  return texts;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}
