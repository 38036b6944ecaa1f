import { createHash } from "node:crypto";
import { vercmp } from "../../alpm/vercmp.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import type { RecipeFiles } from "../update.ts";
import type { Comparison } from "../values/comparison.ts";
import { versionOf } from "../versions/version-rules.ts";
import type { Checked, Kind } from "./checksums.ts";
import type { SourceEntry } from "./source-entry.ts";

export const contentRules = {
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

const finding = findingsOf(contentRules);

interface Changed {
  readonly comparison: Comparison;
  readonly files: RecipeFiles;
  readonly place: Place;
}

/** A checksum may change where the address that it belongs to did, and a file's own where it's the file's. */
export function judgeContent(old: Checked, now: Checked, { comparison, files, place }: Changed): Finding[] {
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
