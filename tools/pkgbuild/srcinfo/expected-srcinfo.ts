import type { Evaluation, PrintedPackage } from "../evaluation/evaluate.ts";
import type { Unknown, Value } from "../evaluation/values.ts";

/** What `.SRCINFO` should say of a recipe, as far as the recipe's text tells. */
export interface ExpectedSrcinfo {
  readonly pkgbase: Value | undefined;
  readonly base: Section;
  /** By pkgname, in their order; undefined where not even their number is known. */
  readonly packages: ReadonlyMap<string, Section> | undefined;
}

/** Fields as makepkg spells them (`source_x86_64`), each with its values in order, or why they're unknown. */
export type Section = ReadonlyMap<string, readonly Value[] | Unknown>;

const sums = ["ck", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "b2"].map((name) => `${name}sums`);

/** The fields of each section, in the order and with the spelling of makepkg's srcinfo.sh. */
const fields = {
  base: {
    single: ["pkgdesc", "pkgver", "pkgrel", "epoch", "url", "install", "changelog"],
    multiple:
      "arch groups license checkdepends makedepends depends optdepends provides conflicts replaces noextract options backup source validpgpkeys"
        .split(" ")
        .concat(sums),
  },
  package: {
    single: ["pkgdesc", "url", "install", "changelog"],
    multiple:
      "arch groups license checkdepends depends optdepends provides conflicts replaces options backup".split(
        " ",
      ),
  },
} as const;

/** Fields that may have an architecture behind their name. */
const perArchitecture = "source provides conflicts depends replaces optdepends makedepends checkdepends"
  .split(" ")
  .concat(sums);

/** Where a field stands in makepkg's order, those with one value first; undefined for what isn't one. */
type Place = (field: string) => number | undefined;

const places = {
  base: new Map([...fields.base.single, ...fields.base.multiple].map((field, at) => [field, at])),
  package: new Map([...fields.package.single, ...fields.package.multiple].map((field, at) => [field, at])),
};
const suffixedPlaces = new Map(perArchitecture.map((field, at) => [field, at]));

function placesOf(kind: keyof typeof fields, architectures: readonly string[]): Place {
  return (field) => {
    const place = places[kind].get(field);
    const suffix = field.indexOf("_");
    if (place !== undefined || suffix === -1 || architectures.length === 0) return place;
    const suffixed = suffixedPlaces.get(field.slice(0, suffix));
    const architecture = architectures.lastIndexOf(field.slice(suffix + 1));
    if (suffixed === undefined || architecture === -1) return undefined;
    return places[kind].size + architecture * perArchitecture.length + suffixed;
  };
}

function allFields(kind: keyof typeof fields, architectures: readonly string[]): string[] {
  const suffixed = architectures.flatMap((name) => perArchitecture.map((field) => `${field}_${name}`));
  return [...new Set([...places[kind].keys(), ...suffixed])];
}

/**
 * What makepkg would write to `.SRCINFO`, from what was evaluated without running anything. Where pkgver() exists, `.SRCINFO`
 * may rightly hold a newer pkgver than the recipe, and what is derived from it.
 */
export function expectedSrcinfo(evaluation: Evaluation): ExpectedSrcinfo {
  const names = evaluation.list("pkgname");
  const architectures = suffixes(evaluation.list("arch"));
  const base = sectionOf(
    {
      ...(!evaluation.spoiled && { named: evaluation.names }),
      single: (field) => evaluation.scalar(field),
      list: (field) => evaluation.list(field),
    },
    "base",
    architectures,
  );
  const [first] = Array.isArray(names) ? (names as readonly Value[]) : [];
  const own = evaluation.scalar("pkgbase");
  const pkgbase = own?.known && own.text === "" ? first : (own ?? first);
  return { pkgbase, base, packages: packagesOf(evaluation, names) };
}

function packagesOf(
  evaluation: Evaluation,
  names: ReturnType<Evaluation["list"]>,
): ReadonlyMap<string, Section> | undefined {
  if (names === undefined || "known" in names) return undefined;
  const packages = new Map<string, Section>();
  for (const name of names) {
    if (!name.known) return undefined;
    const own = evaluation.printed(name.text);
    const architectures = suffixes(own.list("arch") ?? evaluation.list("arch"));
    packages.set(name.text, sectionOf(own, "package", architectures));
  }
  return packages;
}

/** @param values of fields that aren't named there's none; without names there may be of any */
function sectionOf(
  values: Omit<PrintedPackage, "named"> & { readonly named?: Iterable<string> },
  kind: keyof typeof fields,
  architectures: readonly string[],
): Section {
  const section = new Map<string, readonly Value[] | Unknown>();
  const place = placesOf(kind, architectures);
  const named = values.named ? inOrder(values.named, place) : allFields(kind, architectures);
  for (const field of named) {
    if (place(field)! >= fields[kind].single.length) {
      const list = values.list(field);
      if (list) addList(section, field, list, kind);
      continue;
    }
    const value = values.single(field);
    if (value && (kind === "package" || !value.known || value.text !== ""))
      section.set(field, [written(value)]);
  }
  return section;
}

/** The fields among these names, in makepkg's order. */
function inOrder(names: Iterable<string>, place: Place): string[] {
  const found: { name: string; at: number }[] = [];
  for (const name of names) {
    const at = place(name);
    if (at !== undefined) found.push({ name, at });
  }
  return found.sort((a, b) => a.at - b.at).map(({ name }) => name);
}

/** An empty list is written for a package only, where it overrides what the base says. */
function addList(
  section: Map<string, readonly Value[] | Unknown>,
  field: string,
  values: readonly Value[] | Unknown,
  kind: keyof typeof fields,
): void {
  if ("known" in values) section.set(field, values);
  else if (values.length > 0) section.set(field, values.map(written));
  else if (kind === "package") section.set(field, [{ known: true, text: "", line: 0 }]);
}

/** The architectures that a field may have behind its name. */
function suffixes(architectures: ReturnType<Evaluation["list"]>): string[] {
  if (architectures === undefined || "known" in architectures) return [];
  return architectures.flatMap((name) => (name.known && name.text !== "any" ? [name.text] : []));
}

/** makepkg makes one space of any white space, and takes one from either end. */
function written(value: Value): Value {
  if (!value.known || !/^\s|\s$|\s\s|[^\S ]/.test(value.text)) return value;
  return {
    ...value,
    text: value.text
      .replaceAll(/[ \t\n\v\f\r]+/g, " ")
      .replace(/^ /, "")
      .replace(/ $/, ""),
  };
}
