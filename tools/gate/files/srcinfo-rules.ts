import type { Srcinfo, SrcinfoFields } from "../../alpm/srcinfo.ts";
import { vercmp } from "../../alpm/vercmp.ts";
import { evaluate } from "../../pkgbuild/evaluation/evaluate.ts";
import { expectedSrcinfo, type Section } from "../../pkgbuild/srcinfo/expected-srcinfo.ts";
import { checksumKinds } from "../sources/checksums.ts";
import type { Comparison } from "../values/comparison.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Pkgbuild, Side } from "./side.ts";
import { addressFindings } from "../sources/source-address.ts";
import { parseSource } from "../sources/source-entry.ts";
import { judgeForm } from "./srcinfo-form.ts";
import { revisionIn } from "../sources/source-revision.ts";
import {
  isCommitLike,
  isVersionText,
  replacedAlone,
  type Replacement,
  spellings,
} from "../versions/version-text.ts";
import { changeRules } from "../values/changed-variable.ts";

export const srcinfoRules = {
  "srcinfo-missing": {
    severity: "review",
    says: ".SRCINFO is missing",
    protects: "Names and dependencies are read from it.",
  },
  "srcinfo-unreadable": {
    severity: "danger",
    says: ".SRCINFO can't be read",
    protects: "What can't be read can't be judged.",
  },
  "srcinfo-differs": {
    severity: "danger",
    says: ".SRCINFO differs from the PKGBUILD",
    protects: "What is shown, searched and resolved must be what is built.",
  },
  "srcinfo-disagrees": {
    severity: "review",
    says: ".SRCINFO still differs from the PKGBUILD, as before",
    protects: "What was accepted once may go on, but not unseen.",
  },
  "srcinfo-changed": {
    severity: "review",
    says: ".SRCINFO changed in a value that isn't known without running the PKGBUILD",
    protects: "Where a value isn't known, what .SRCINFO says of it has to be explained by the version.",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...srcinfoRules, ...changeRules });

/** .SRCINFO says what the PKGBUILD comes to; where that isn't known, it moves by the version alone. */
export function judgeSrcinfo(
  pkgbase: string,
  before: Side | undefined,
  after: Side & { readonly pkgbuild: Pkgbuild },
  comparison: Comparison | undefined,
): Finding[] {
  const file = ".SRCINFO";
  if (!after.srcinfo) {
    return before && !before.srcinfo ? [] : [finding("srcinfo-missing", "", { file })];
  }
  if ("problem" in after.srcinfo) {
    const { message, line } = after.srcinfo.problem;
    return [finding("srcinfo-unreadable", message, { file, ...(line !== undefined && { line }) })];
  }
  const { srcinfo } = after.srcinfo;
  if (!comparison && before?.srcinfo && "srcinfo" in before.srcinfo && sameBytes(before, after)) return [];
  const old = before?.srcinfo && "srcinfo" in before.srcinfo ? before.srcinfo.srcinfo : undefined;
  const differences = fewest(after.pkgbuild, srcinfo);
  const hasOld = differences.length > 0 && old && before && "recipe" in before.pkgbuild;
  const oldDifferences = hasOld ? fewest(before.pkgbuild, old) : [];
  const known = new Set(oldDifferences.map(keyOf));
  const findings: Finding[] = [];
  if (before?.srcinfo) findings.push(...judgeForm(before, after, srcinfo));
  if (srcinfo.pkgbase !== "" && srcinfo.pkgbase !== pkgbase && old?.pkgbase !== srcinfo.pkgbase) {
    findings.push(
      finding("package-names-changed", `its pkgbase is ${srcinfo.pkgbase}`, { file, after: srcinfo.pkgbase }),
    );
  }
  for (const difference of differences) {
    if (difference.expected === undefined) findings.push(...ofUnknown(difference, old, srcinfo, comparison));
    else if (known.has(keyOf(difference))) continue;
    else if (movedAlong(difference, oldDifferences, comparison)) {
      findings.push(finding("srcinfo-disagrees", `${difference.field} of ${difference.section}`, { file }));
    } else {
      findings.push(
        finding("srcinfo-differs", `${difference.field} of ${difference.section}`, {
          file,
          before: difference.expected.join("\n"),
          after: difference.actual.join("\n"),
        }),
      );
    }
  }
  if (comparison?.asWritten) findings.push(...nowDiffers(comparison, old, srcinfo));
  return findings;
}

/** Where what is written agreed with .SRCINFO before, it has to agree still. */
function nowDiffers({ before, after }: Comparison, old: Srcinfo | undefined, now: Srcinfo): Finding[] {
  const known = new Set(old ? fewest(before, old).map(placeKeyOf) : []);
  return fewest(after, now).flatMap((difference) => {
    const { section, field, expected, actual } = difference;
    if (!expected || known.has(placeKeyOf(difference))) return [];
    const place = { file: ".SRCINFO", before: expected.join("\n"), after: actual.join("\n") };
    return [finding("srcinfo-differs", `${field} of ${section}`, place)];
  });
}

function placeKeyOf({ section, part, field }: Difference): string {
  return JSON.stringify([section, part, field]);
}

interface Difference {
  /** A pkgname, or the pkgbase, which may be the same word. */
  readonly section: string;
  readonly part: "base" | "package";
  readonly field: string;
  /** Undefined where the PKGBUILD doesn't tell. */
  readonly expected: readonly string[] | undefined;
  readonly actual: readonly string[];
}

/** It differed before in the same field, and went on with the version since. */
function movedAlong(
  { section, part, field, actual }: Difference,
  old: readonly Difference[],
  comparison: Comparison | undefined,
): boolean {
  const before = old.find(
    (one) => one.section === section && one.part === part && one.field === field,
  )?.actual;
  if (!before || before.length !== actual.length || field.startsWith("pkg")) return false;
  const replacements = comparison?.versionChanges.replacements ?? [];
  return before.every((text, at) => replacedAlone(text, actual[at] ?? "", replacements));
}

function keyOf({ section, part, field, expected, actual }: Difference): string {
  return JSON.stringify([section, part, field, expected, actual]);
}

function sameBytes(before: Side, after: Side): boolean {
  const [old, now] = [before, after].map(({ files }) => files.get(".SRCINFO")?.bytes);
  return old !== undefined && now !== undefined && Buffer.compare(old, now) === 0;
}

/** makepkg ran on some machine: what it wrote must fit one of the architectures. */
function fewest(pkgbuild: Pkgbuild, srcinfo: Srcinfo): Difference[] {
  const candidates = pkgbuild.text.includes("CARCH")
    ? ["x86_64", ...(srcinfo.base.get("arch") ?? []), ""]
    : [undefined];
  let best: Difference[] | undefined;
  for (const carch of new Set(candidates)) {
    const found = differencesOf(pkgbuild, srcinfo, carch);
    const contradicted = (list: readonly Difference[]): number =>
      list.filter(({ expected }) => expected).length;
    if (!best || contradicted(found) < contradicted(best)) best = found;
  }
  return best ?? [];
}

function differencesOf({ recipe }: Pkgbuild, srcinfo: Srcinfo, carch: string | undefined): Difference[] {
  const { pkgbase, base, packages } = expectedSrcinfo(evaluate(recipe, carch === undefined ? {} : { carch }));
  const differences: Difference[] = [];
  const common = { section: srcinfo.pkgbase, part: "base" } as const;
  if (pkgbase && (!pkgbase.known || pkgbase.text !== srcinfo.pkgbase)) {
    const expected = pkgbase.known ? [pkgbase.text] : undefined;
    differences.push({ ...common, field: "pkgbase", expected, actual: [srcinfo.pkgbase] });
  }
  differences.push(...ofSection(common, base, srcinfo.base));
  const names = srcinfo.packages.map(({ pkgname }) => pkgname);
  const expectedNames = packages && [...packages.keys()];
  if (!expectedNames || !isSameList(expectedNames.toSorted(), names.toSorted())) {
    differences.push({ ...common, field: "pkgname", expected: expectedNames, actual: names });
  }
  for (const { pkgname, fields } of srcinfo.packages) {
    const section = packages?.get(pkgname);
    if (section) differences.push(...ofSection({ section: pkgname, part: "package" }, section, fields));
  }
  return differences;
}

function ofSection(
  place: Pick<Difference, "section" | "part">,
  expected: Section,
  actual: SrcinfoFields,
): Difference[] {
  const differences: Difference[] = [];
  for (const field of new Set([...expected.keys(), ...actual.keys()])) {
    const wanted = expected.get(field) ?? [];
    const is = (actual.get(field) ?? []).map(oneSpace);
    if ("known" in wanted || !wanted.every((value) => value.known)) {
      differences.push({ ...place, field, expected: undefined, actual: is });
      continue;
    }
    const texts = wanted.flatMap((value) => (value.known && value.text !== "" ? [value.text] : []));
    const [should, says] = [lines(expected.has(field), texts), lines(actual.has(field), is)];
    if (!isSameList(should, says)) differences.push({ ...place, field, expected: should, actual: says });
  }
  return differences;
}

/** A field without a value is a line still: it empties what a package would inherit. */
function lines(isThere: boolean, texts: readonly string[]): readonly string[] {
  return isThere && texts.length === 0 ? [""] : texts;
}

function oneSpace(text: string): string {
  return text.replaceAll(/[ \t]+/g, " ");
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

function ofUnknown(
  { section, part, field, actual }: Difference,
  old: Srcinfo | undefined,
  now: Srcinfo,
  comparison: Comparison | undefined,
): Finding[] {
  const before = old && valuesOf(old, { section, part, field });
  if (before && isSameList(before.map(oneSpace), actual)) return [];
  const place = { file: ".SRCINFO", before: (before ?? []).join("\n"), after: actual.join("\n") };
  if (!before || !old) return [finding("srcinfo-changed", `${field} of ${section}`, place)];
  const versions = (["pkgver", "pkgrel"] as const).map((part) =>
    [old, now].map((one) => one.base.get(part)?.[0] ?? ""),
  );
  const [[from = "", to = ""] = []] = versions;
  const newVersion = vercmp(to, from) > 0 && isVersionText(to);
  const replacements: Replacement[] = [
    ...(comparison?.versionChanges.replacements ?? []),
    ...(newVersion && isVersionText(from) ? spellings([from, to]) : []),
  ];
  const allowed = (actualText: string, at: number): boolean => {
    const was = before[at];
    if (was === undefined) return false;
    const [, kind] = /^(ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums(?:_|$)/.exec(field) ?? [];
    if (kind !== undefined) {
      const form = checksumKinds[kind as keyof typeof checksumKinds];
      return was === actualText || (newVersion && form.test(actualText) && form.test(was));
    }
    if (field === "pkgver") return newVersion && !isCommitLike(to);
    if (field === "pkgrel") return /^\d+$/.test(actualText) && (newVersion || vercmp(actualText, was) > 0);
    if (!replacedAlone(was, actualText, replacements)) return false;
    if (!/^source(?:_|$)/.test(field)) return true;
    const [source, sourceBefore] = [parseSource(actualText), parseSource(was)];
    const known = new Set([sourceBefore.host]);
    const isClean = addressFindings(source, place, known, sourceBefore).length === 0;
    return isClean && revisionIn(sourceBefore, source) === undefined;
  };
  if (before.length === actual.length && actual.every(allowed)) return [];
  return [finding("srcinfo-changed", `${field} of ${section}`, place)];
}

function valuesOf(
  srcinfo: Srcinfo,
  { section, part, field }: Pick<Difference, "section" | "part" | "field">,
): readonly string[] {
  if (field === "pkgbase") return [srcinfo.pkgbase];
  if (field === "pkgname") return srcinfo.packages.map(({ pkgname }) => pkgname);
  const own = srcinfo.packages.find(({ pkgname }) => pkgname === section)?.fields;
  return (part === "base" ? srcinfo.base : own)?.get(field) ?? [];
}
