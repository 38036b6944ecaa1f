import { createHash } from "node:crypto";
import { vercmp } from "../../alpm/vercmp.ts";
import type { Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import type { Comparison } from "../values/comparison.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import { isSignature, parseSource, type SourceEntry } from "./source-entry.ts";
import { sameForms } from "../values/variables.ts";
import type { RecipeFiles } from "../update.ts";
import { versionOf } from "../versions/version-rules.ts";

export const checksumRules = {
  "checksum-kind": {
    severity: "review",
    says: "the kinds of checksums changed",
    protects: "Every source keeps the proof it had.",
  },
  "checksum-count": {
    severity: "review",
    says: "sources and checksums don't match in number",
    protects: "A source without a checksum isn't checked.",
  },
  "checksum-form": {
    severity: "review",
    says: "not a checksum of its kind",
    protects: "makepkg takes anything but a hash for what it isn't.",
  },
  "checksum-dropped": {
    severity: "danger",
    says: "a source that had a checksum has none, or a weaker one",
    protects: "Without a checksum the host decides at every build what is built.",
  },
  "checksum-changed": {
    severity: "review",
    says: "a checksum changed, and what it belongs to didn't",
    protects: "The same version with another content is how a compromised release looks.",
  },
  "source-old-version": {
    severity: "review",
    says: "a source names the old version still",
    protects: "A new version that fetches the old one brings back its holes under a new name.",
  },
} as const satisfies Rules;

const finding = findingsOf(checksumRules);

/** Weakest first; what a hash of the kind looks like. */
export const checksumKinds = {
  ck: /^\d{1,10}$/,
  md5: /^[0-9a-f]{32}$/i,
  sha1: /^[0-9a-f]{40}$/i,
  sha224: /^[0-9a-f]{56}$/i,
  sha256: /^[0-9a-f]{64}$/i,
  sha384: /^[0-9a-f]{96}$/i,
  sha512: /^[0-9a-f]{128}$/i,
  b2: /^[0-9a-f]{128}$/i,
} as const;

type Kind = keyof typeof checksumKinds;

const strength: Readonly<Record<Kind, number>> = {
  ck: 1,
  md5: 2,
  sha1: 3,
  sha224: 4,
  sha256: 5,
  sha384: 6,
  sha512: 7,
  b2: 7,
};

const kinds = Object.keys(checksumKinds) as Kind[];

/** Checksums follow a new version, and keep their kind and number. */
export function judgeChecksums(comparison: Comparison, files: RecipeFiles): Finding[] {
  const { before, after, changes, architectures } = comparison;
  if (!changes.some(({ name }) => /^(?:pkgver|(?:source|\w+sums)(?:_\w+)?)$/.test(name))) return [];
  const findings = new Map<string, Finding>();
  for (const carch of architectures) {
    const [old, now] = [before.evaluation(carch), after.evaluation(carch)];
    for (const suffix of suffixes(old, now)) {
      for (const one of ofSuffix(suffix, old, now, comparison, files)) findings.set(JSON.stringify(one), one);
    }
  }
  return [...findings.values()];
}

interface Checked {
  readonly sources: readonly (SourceEntry | undefined)[] | undefined;
  /** By kind the checksums in order; an entry that isn't known is undefined. */
  readonly sums: ReadonlyMap<Kind, readonly (string | undefined)[]>;
}

function suffixes(...evaluations: readonly Evaluation[]): Set<string> {
  const found = new Set<string>();
  for (const { names } of evaluations) {
    for (const name of names) {
      const [, suffix] =
        /^(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(|_\w+)$/.exec(name) ?? [];
      if (suffix !== undefined) found.add(suffix);
    }
  }
  return found;
}

function read(evaluation: Evaluation, suffix: string): Checked {
  const sums = new Map<Kind, readonly (string | undefined)[]>();
  for (const kind of kinds) {
    const list = texts(evaluation, `${kind}sums${suffix}`);
    if (list && list.length > 0) sums.set(kind, list);
  }
  const sources = texts(evaluation, `source${suffix}`);
  return { sources: sources?.map((text) => (text === undefined ? undefined : parseSource(text))), sums };
}

function texts(evaluation: Evaluation, name: string): (string | undefined)[] | undefined {
  const list = evaluation.list(name);
  if (list === undefined || "known" in list) return undefined;
  return list.map((value) => (value.known ? value.text : undefined));
}

function ofSuffix(
  suffix: string,
  before: Evaluation,
  after: Evaluation,
  comparison: Comparison,
  files: RecipeFiles,
): Finding[] {
  const [old, now] = [read(before, suffix), read(after, suffix)];
  const [kind] = now.sums.keys();
  const line = comparison.written.after.get(`${kind ?? "sha256"}sums${suffix}`)?.line;
  const place: Place = { file: "PKGBUILD", ...(line !== undefined && { line }) };
  const findings: Finding[] = [];
  const [kindsBefore, kindsNow] = [old, now].map(({ sums }) => [...sums.keys()].join(", "));
  if (kindsBefore !== kindsNow && !isStronger(old, now)) {
    findings.push(finding("checksum-kind", `${kindsBefore || "none"} to ${kindsNow || "none"}`, place));
  }
  for (const [kind, sums] of now.sums) {
    const asBefore =
      old.sources?.length === now.sources?.length && old.sums.get(kind)?.length === sums.length;
    if (now.sources && sums.length !== now.sources.length && !asBefore) {
      findings.push(
        finding(
          "checksum-count",
          `${now.sources.length} sources, ${sums.length} ${kind}sums${suffix}`,
          place,
        ),
      );
    }
    for (const sum of sums) {
      const wasThere = old.sums.get(kind)?.includes(sum) ?? false;
      if (sum !== undefined && sum !== "SKIP" && !wasThere && !checksumKinds[kind].test(sum)) {
        findings.push(finding("checksum-form", `${kind}: ${sum.slice(0, 80)}`, { ...place, after: sum }));
      }
    }
  }
  findings.push(
    ...dropped(old, now, place),
    ...untold(suffix, before, after, comparison, place),
    ...ofOtherContent(old, now, { comparison, files, place }),
  );
  return findings;
}

/** Compares each source with the one that it was; where their number changed, with its equal. */
function dropped(old: Checked, now: Checked, place: Place): Finding[] {
  const findings: Finding[] = [];
  const sameNumber = old.sources?.length === now.sources?.length;
  for (const [at, source] of (now.sources ?? []).entries()) {
    const then = sameNumber
      ? at
      : (old.sources ?? []).findIndex((entry) => entry !== undefined && entry.text === source?.text);
    if (then === -1) continue;
    const [was, is] = [strengthAt(old, then), strengthAt(now, at)];
    if (is >= was) continue;
    const known = source ? source.text : `source ${at + 1}`;
    findings.push(
      finding(isUnchecked(source) && is === 0 ? "checksum-kind" : "checksum-dropped", known, place),
    );
  }
  return findings;
}

/** Where not all of a list can be told, each checksum has to stay where it is, as a hash or as none. */
function untold(
  suffix: string,
  before: Evaluation,
  after: Evaluation,
  { written }: Comparison,
  place: Place,
): Finding[] {
  const isUntold = (name: string): boolean => [before, after].some((side) => !isKnown(side, name));
  const sums = kinds.map((kind) => `${kind}sums${suffix}`);
  const changed = sums.filter(
    (name) => !sameForms(written.before.get(name)?.forms, written.after.get(name)?.forms),
  );
  const sourcesUntold = isUntold(`source${suffix}`);
  const anyUntold = sums.some(isUntold);
  return changed.flatMap((name) => {
    if (!sourcesUntold && !anyUntold) return [];
    const [old, now] = [before, after].map((side) =>
      texts(side, name)?.map((sum) =>
        sum === undefined ? "unknown" : sum === "SKIP" || sum === "" ? "none" : "hash",
      ),
    );
    const isSame = old !== undefined && JSON.stringify(old) === JSON.stringify(now) && !isUntold(name);
    return isSame ? [] : [finding("checksum-dropped", `${name}, where not all can be told`, place)];
  });
}

function isKnown(evaluation: Evaluation, name: string): boolean {
  const list = evaluation.list(name);
  return list === undefined || (!("known" in list) && list.every((value) => value.known));
}

function strengthAt({ sums }: Checked, at: number): number {
  let best = 0;
  for (const [kind, list] of sums) {
    const sum = list[at];
    // What isn't known is written as it was, and comes to whatever it came to.
    if (at < list.length && sum !== "SKIP" && sum !== "") best = Math.max(best, strength[kind]);
  }
  return best;
}

/** Every source is checked at least as well as before, and none by less than SHA-256. */
function isStronger(old: Checked, now: Checked): boolean {
  const count = now.sources?.length ?? -1;
  if (count !== old.sources?.length || now.sums.size === 0) return false;
  const isComplete = [...now.sums.values()].every((sums) => sums.length === count);
  const isStrong = [...now.sums.keys()].every((kind) => strength[kind] >= strength.sha256);
  const isChecked = [...now.sums].every(
    ([kind, sums]) =>
      old.sums.has(kind) || sums.every((sum, at) => sum !== "SKIP" || isUnchecked(now.sources?.[at])),
  );
  return (
    isComplete &&
    isStrong &&
    isChecked &&
    now.sources!.every((_, at) => strengthAt(now, at) >= strengthAt(old, at))
  );
}

/** Sources that may well have no checksum. */
function isUnchecked(source: SourceEntry | undefined): boolean {
  return source !== undefined && (source.vcs !== undefined || isSignature(source));
}

interface Changed {
  readonly comparison: Comparison;
  readonly files: RecipeFiles;
  readonly place: Place;
}

/** A checksum may change where the address that it belongs to did, and a file's own where it's the file's. */
function ofOtherContent(old: Checked, now: Checked, { comparison, files, place }: Changed): Finding[] {
  const { before, after } = comparison;
  const [was, is] = [versionOf(before), versionOf(after)];
  // `1.00` is `1.0`, and another epoch is no other version of what is packaged.
  const newVersion = was !== undefined && is !== undefined && vercmp(was.pkgver, is.pkgver) !== 0;
  const findings: Finding[] = [];
  const sameNumber = old.sources?.length === now.sources?.length;
  for (const [kind, sums] of now.sums) {
    const others = old.sums.get(kind) ?? [];
    for (const [at, sum] of sums.entries()) {
      const then = others[at];
      if (sum === then || then === undefined || sum === undefined || sums.length !== others.length) continue;
      const [oldSource, source] = [sameNumber ? old.sources?.[at] : undefined, now.sources?.[at]];
      if (newVersion && !keepsContent(oldSource, source, { kind, was: then, sum, files })) continue;
      findings.push(
        finding("checksum-changed", source?.text ?? `source ${at + 1}`, {
          ...place,
          before: then,
          after: sum,
        }),
      );
    }
  }
  return [...findings, ...(newVersion ? standingStill(old, now, was.pkgver, place) : [])];
}

interface ChangedSum {
  readonly kind: Kind;
  readonly was: string;
  readonly sum: string;
  readonly files: RecipeFiles;
}

/** Whether what is fetched should be what was fetched before, so that another checksum means another content. */
function keepsContent(
  old: SourceEntry | undefined,
  now: SourceEntry | undefined,
  { kind, was, sum, files }: ChangedSum,
): boolean {
  if (!old || !now || addressOf(old) !== addressOf(now)) return false;
  if (now.scheme !== "local") return true;
  const file = files.get(addressOf(now));
  const own = file && digestOf(kind, file.bytes);
  // One that was wrong before fails the build as it did; there's nothing to keep.
  return own !== undefined && was.toLowerCase() === own && sum.toLowerCase() !== own;
}

function digestOf(kind: Kind, bytes: Uint8Array): string | undefined {
  if (kind === "ck") return undefined;
  return createHash(kind === "b2" ? "blake2b512" : kind)
    .update(bytes)
    .digest("hex");
}

/** The entry without the name that it's kept under. */
function addressOf({ text, name }: SourceEntry): string {
  return name === undefined ? text : text.slice(name.length + "::".length);
}

/** Downloads that name the old version still, though there is a new one: who sees the package expects the new one. */
function standingStill(old: Checked, now: Checked, pkgver: string, place: Place): Finding[] {
  if (!/\d[._]\d|\d{4}/.test(pkgver)) return [];
  const isDate = /^\d{6,}$/.test(pkgver);
  const parts = pkgver.match(isDate ? /\d/g : /[A-Za-z0-9]+/g) ?? [];
  const oldVersion = new RegExp(`(?<![0-9.])${parts.join("[._+~-]?")}(?![0-9])(?!\\.\\d)`);
  return (now.sources ?? []).flatMap((source, at) => {
    const before = old.sources?.[at];
    if (!source || !before || source.scheme === "local") return [];
    const stands = oldVersion.test(addressOf(before)) && oldVersion.test(addressOf(source));
    return stands ? [finding("source-old-version", source.text, { ...place, after: source.text })] : [];
  });
}
