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

/** The places of a section's fields in makepkg's order, those with one value first. */
type Order = ReadonlyMap<string, number>;

function orderOf(kind: keyof typeof fields, architectures: readonly string[]): Order {
  const key = `${kind} ${architectures.join(" ")}`;
  const known = orders.get(key);
  if (known) return known;
  const { single, multiple } = fields[kind];
  const suffixed = architectures.flatMap((name) => perArchitecture.map((field) => `${field}_${name}`));
  const order = new Map([...single, ...multiple, ...suffixed].map((field, at) => [field, at]));
  if (orders.size >= mostOrders) orders.clear();
  orders.set(key, order);
  return order;
}

/** Made once for thousands of recipes, of which most name the same few architectures. */
const orders = new Map<string, Order>();
const mostOrders = 50;

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
  const order = orderOf(kind, architectures);
  for (const field of namedFields(values.named, order)) {
    if (order.get(field)! >= fields[kind].single.length) {
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

/** In makepkg's order; a recipe names far fewer than there are. */
function namedFields(named: Iterable<string> | undefined, order: Order): string[] {
  if (!named) return [...order.keys()];
  const found: string[] = [];
  for (const name of named) if (order.has(name)) found.push(name);
  return found.sort((a, b) => order.get(a)! - order.get(b)!);
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
