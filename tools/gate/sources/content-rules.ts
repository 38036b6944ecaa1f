import { createHash } from "node:crypto";
import { vercmp } from "../../alpm/vercmp.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import type { RecipeFile, RecipeFiles } from "../update.ts";
import type { Comparison } from "../values/comparison.ts";
import { versionOf } from "../versions/version-rules.ts";
import type { Checked, Kind } from "./checksums.ts";
import { localFile, type SourceEntry } from "./source-entry.ts";
import { plainArchive } from "./source-pairs.ts";

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

export interface ContentContext {
  readonly comparison: Comparison;
  /** The new ones. */
  readonly files: RecipeFiles;
  /** Whether both `.SRCINFO` say the same of the source at a place. */
  readonly listsSame: (at: number) => boolean;
  readonly place: Place;
}

/** A checksum may change where the address that it belongs to did, and a file's own where it's the file's. */
export function judgeContent(old: Checked, now: Checked, context: ContentContext): Finding[] {
  const { comparison, files, listsSame, place } = context;
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
      // Of an address that only a command knows, what it came to on the maintainer's machine decides.
      const keeps =
        oldSource && source
          ? keepsContent(oldSource, source, { kind, was: then, sum, files })
          : sameNumber && listsSame(at);
      if (newVersion && !keeps) continue;
      findings.push(
        finding("checksum-changed", source?.text ?? `source ${at + 1}`, {
          ...place,
          before: then,
          after: sum,
        }),
      );
    }
  }
  findings.push(...withOtherProof(old, now, { newVersion, files, place }));
  return [...findings, ...(newVersion ? standingStill(old, now, was.pkgver, place) : [])];
}

/** Where the content stays, a checksum of another kind proves it only beside one that it had. */
function withOtherProof(
  old: Checked,
  now: Checked,
  { newVersion, files, place }: { newVersion: boolean; files: RecipeFiles; place: Place },
): Finding[] {
  const sameNumber = old.sources?.length === now.sources?.length;
  return (now.sources ?? []).flatMap((source, at) => {
    const then = sameNumber ? at : (old.sources ?? []).findIndex((entry) => entry?.text === source?.text);
    const before = old.sources?.[then];
    const isOther = !source || !before || addressOf(before) !== addressOf(source);
    if (then === -1 || (newVersion && isOther)) return [];
    const [was, is] = [proofsAt(old, then), proofsAt(now, at)];
    if (was.size === 0 || is.size === 0 || [...is].some(([kind, sum]) => was.get(kind) === sum)) return [];
    // Of the same kind, it's another checksum; that is told above.
    if ([...is.keys()].some((kind) => was.has(kind))) return [];
    if (source?.scheme === "local" && !stopsFitting(was, is, files.get(localFile(source)))) return [];
    const [one, other] = [was, is].map((proofs) => [...proofs].map((proof) => proof.join(": ")).join("\n"));
    return [
      finding("checksum-changed", source?.text ?? `source ${at + 1}`, {
        ...place,
        before: one!,
        after: other!,
      }),
    ];
  });
}

/** Whether a file fitted what was said of it, and doesn't fit what is said now. */
function stopsFitting(
  was: ReadonlyMap<Kind, string>,
  is: ReadonlyMap<Kind, string>,
  file: RecipeFile | undefined,
): boolean {
  if (!file) return false;
  const fits = (proofs: ReadonlyMap<Kind, string>): boolean =>
    [...proofs].every(([kind, sum]) => digestOf(kind, file.bytes) === sum.toLowerCase());
  return fits(was) && !fits(is);
}

/** The checksums by which a source is checked; CRC proves nothing. */
function proofsAt({ sums }: Checked, at: number): Map<Kind, string> {
  const proofs = new Map<Kind, string>();
  for (const [kind, list] of sums) {
    const sum = list[at];
    if (kind !== "ck" && sum !== undefined && sum !== "SKIP" && sum !== "") proofs.set(kind, sum);
  }
  return proofs;
}

interface ChangedSum {
  readonly kind: Kind;
  readonly was: string;
  readonly sum: string;
  readonly files: RecipeFiles;
}

/** Whether what is fetched should be what was fetched before, so that another checksum means another content. */
function keepsContent(old: SourceEntry, now: SourceEntry, { kind, was, sum, files }: ChangedSum): boolean {
  if (addressOf(old) !== addressOf(now)) return false;
  if (now.scheme !== "local") return true;
  const file = files.get(localFile(now));
  const own = file?.mode === "120000" ? undefined : file && digestOf(kind, file.bytes);
  // Of what lies elsewhere, or can't be checked here, nobody knows that it fits: it counts as kept.
  if (own === undefined) return true;
  // One that was wrong before fails the build as it did; there's nothing to keep.
  return was.toLowerCase() === own && sum.toLowerCase() !== own;
}

function digestOf(kind: Kind, bytes: Uint8Array): string | undefined {
  if (kind === "ck") return undefined;
  return createHash(kind === "b2" ? "blake2b512" : kind)
    .update(bytes)
    .digest("hex");
}

/** The entry without the name that it's kept under, in the shorter of two spellings. */
function addressOf(entry: SourceEntry): string {
  const { name } = entry;
  return plainArchive(entry).slice(name === undefined ? 0 : name.length + "::".length);
}

/** Downloads that name the old version still, though there is a new one: who sees the package expects the new one. */
function standingStill(old: Checked, now: Checked, pkgver: string, place: Place): Finding[] {
  const halves = (now.sources ?? []).flatMap((source, at) => {
    const before = old.sources?.[at];
    if (!source || !before || source.scheme === "local") return [];
    const stays = source.text === before.text && namesVersion(source, pkgver);
    return stays || movesInPart(before, source, pkgver)
      ? [finding("source-old-version", source.text, { ...place, before: before.text, after: source.text })]
      : [];
  });
  if (halves.length > 0 || !/\d[._]\d|\d{4}/.test(pkgver)) return halves;
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

/** Whether the address has the version in it, however it is spelled: `v1.2` for `1.2.0`, `2024-01-01` for `2024.1.1`. */
function namesVersion(entry: SourceEntry, pkgver: string): boolean {
  const tokens = addressOf(entry).match(versionToken) ?? [];
  return tokens.some((token) => spelled(token) === spelled(pkgver));
}

const versionToken =
  /(?<![A-Za-z0-9])[vr]{0,2}\d[A-Za-z0-9]*(?:[._+~-](?:\d[A-Za-z0-9]*|(?:alpha|beta|rc|pre)\d*))*/gi;

/** Its numbers and letters, without leading zeros and without zeros at the end. */
function spelled(version: string): string {
  const parts =
    version
      .toLowerCase()
      .replace(/^[vr]+(?=\d)/, "")
      .match(/\d+|[a-z]+/g) ?? [];
  return parts
    .map((part) => part.replace(/^0+(?=\d)/, ""))
    .join(".")
    .replace(/(?:\.0)+$/, "");
}

/** An address that named the version more than once, and names the new one here and the old one there. */
function movesInPart(old: SourceEntry, now: SourceEntry, pkgver: string): boolean {
  if (old.scheme === "local" || old.text === now.text) return false;
  const escaped = pkgver.replaceAll(/[.+]/g, "\\$&");
  const version = new RegExp(`(?<![A-Za-z0-9])[vr]?${escaped}(?![A-Za-z0-9])`, "g");
  const [before, after] = [old, now].map((entry) => addressOf(entry).match(version)?.length ?? 0);
  return before! > 1 && after! > 0 && after! < before!;
}
