import { defaultArch, isPkgbase } from "../../alpm/names.ts";
import {
  formatSrcinfo,
  missingParts,
  parseSrcinfo,
  type Srcinfo,
  type SrcinfoFields,
} from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { skimPkgbuild, type Recipe } from "../../pkgbuild/recipe.ts";
import { evaluateOnce } from "../../pkgbuild/evaluation/evaluate.ts";
import type { Unknown } from "../../pkgbuild/evaluation/values.ts";
import { expectedSrcinfo, type Section } from "../../pkgbuild/srcinfo/expected-srcinfo.ts";

/** What a PKGBUILD's text says of its package, without running anything. Plain data: it is kept as JSON. */
export interface Derived {
  /** Empty where it isn't known. */
  readonly pkgbase: string;
  readonly base: DerivedFields;
  /** Null where not even their names are known. */
  readonly packages: readonly (readonly [pkgname: string, fields: DerivedFields])[] | null;
  /** What only running it would tell. */
  readonly unknown: readonly UnknownField[];
  /** pkgver() exists: a `.SRCINFO` may rightly have a newer version. */
  readonly movesVersion: boolean;
  /** Nothing is unknown, and nothing is missing that every package has. */
  readonly whole: boolean;
  /** Another program reads the text in another way, so that nothing of it is believed. */
  readonly isReadOtherwise?: true;
}

/** Known fields in makepkg's order. */
type DerivedFields = readonly (readonly [field: string, values: readonly string[]])[];

export interface UnknownField {
  /** Undefined: of the pkgbase. */
  readonly pkgname: string | undefined;
  readonly field: string;
  readonly reason: string;
  readonly line: number;
}

/** @param carch what `$CARCH` means */
export function derive(pkgbuild: string, carch: string = defaultArch): Derived {
  const reading = skimPkgbuild(pkgbuild, (recipe) => derivedOf(recipe, carch));
  return reading.ok ? reading.value : nothing(reading.problem.message, reading.problem.line);
}

function derivedOf(recipe: Recipe, carch: string): Derived {
  const { pkgbase, base, packages } = expectedSrcinfo(evaluateOnce(recipe, { carch, clean: true }));
  if (!pkgbase) return nothing("it sets no pkgname", 1);
  if (!pkgbase.known) return nothing(pkgbase.reason, pkgbase.line);
  const unknown: UnknownField[] = [];
  if (!packages) {
    const { line } = pkgbase;
    unknown.push({ pkgname: undefined, field: "pkgname", reason: "its list isn't known", line });
  }
  const srcinfo: Srcinfo = {
    pkgbase: pkgbase.text,
    base: knownFields(base, unknown),
    packages: [...(packages ?? [])].map(([pkgname, section]) => ({
      pkgname,
      fields: knownFields(section, unknown, pkgname),
    })),
  };
  const movesVersion = recipe.functions.has("pkgver");
  try {
    // A value may break the form of `.SRCINFO`, or a name be none: then nothing of it is believed.
    const read = isPlain(srcinfo) ? withoutEmpty(srcinfo) : parseSrcinfo(formatSrcinfo(srcinfo));
    const named = read.packages.map(({ pkgname, fields }) => [pkgname, [...fields]] as const);
    return {
      pkgbase: read.pkgbase,
      base: [...read.base],
      packages: packages ? named : null,
      unknown,
      movesVersion,
      whole: unknown.length === 0 && missingParts(read).length === 0,
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return nothing(error.message.replace(/^\.SRCINFO:\d+:\d+: /, ""), 1);
  }
}

/** Whether `.SRCINFO` has a line for each value and no other: nothing but visible ASCII, names that are some. */
function isPlain({ pkgbase, base, packages }: Srcinfo): boolean {
  const names = packages.map(({ pkgname }) => pkgname);
  return (
    new Set(names).size === names.length &&
    [pkgbase, ...names].every(isPkgbase) &&
    hasPlainValues(base) &&
    packages.every(({ fields }) => hasPlainValues(fields))
  );
}

function hasPlainValues(fields: SrcinfoFields): boolean {
  for (const values of fields.values()) for (const text of values) if (unusual.test(text)) return false;
  return true;
}

const unusual = /[^ -~]|^ | $/;

/** As `.SRCINFO` has it: a field whose only value is empty has none. */
function withoutEmpty({ pkgbase, base, packages }: Srcinfo): Srcinfo {
  return {
    pkgbase,
    base: full(base),
    packages: packages.map(({ pkgname, fields }) => ({ pkgname, fields: full(fields) })),
  };
}

function full(fields: SrcinfoFields): SrcinfoFields {
  let hasEmpty = false;
  for (const values of fields.values()) hasEmpty ||= values.includes("");
  if (!hasEmpty) return fields;
  return new Map([...fields].map(([field, list]) => [field, list.filter((text) => text !== "")]));
}

function nothing(reason: string, line: number): Derived {
  const unknown = [{ pkgname: undefined, field: "PKGBUILD", reason, line }];
  return { pkgbase: "", base: [], packages: null, unknown, movesVersion: false, whole: false };
}

/** The fields whose values are all known; the others are added to `unknown`. */
function knownFields(section: Section, unknown: UnknownField[], pkgname?: string): SrcinfoFields {
  const fields = new Map<string, readonly string[]>();
  for (const [field, values] of section) {
    const texts: string[] = [];
    let missing: Unknown | undefined;
    for (const value of "known" in values ? [values] : values) {
      if (value.known) texts.push(value.text);
      else missing ??= value;
    }
    if (missing) unknown.push({ pkgname, field, reason: missing.reason, line: missing.line });
    else fields.set(field, texts);
  }
  return fields;
}
