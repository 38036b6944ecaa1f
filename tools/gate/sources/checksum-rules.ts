import type { Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import type { Comparison } from "../values/comparison.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import { inertRules } from "../inert/inert-changes.ts";
import { sameForms } from "../values/variables.ts";
import type { Side } from "../files/side.ts";
import {
  type Checked,
  checksumKinds,
  isKnown,
  isStronger,
  isUnchecked,
  kinds,
  readChecksums,
  strengthAt,
  suffixesOf,
  listedTexts,
} from "./checksums.ts";
import { type ContentContext, judgeContent } from "./content-rules.ts";

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
} as const satisfies Rules;

const finding = findingsOf({ ...checksumRules, ...inertRules });

/** Checksums follow a new version, and keep their kind and number. */
export function judgeChecksums(
  comparison: Comparison,
  oldSide: Side | undefined,
  { files, srcinfo }: Side,
): Finding[] {
  const { before, after, changes, architectures } = comparison;
  if (!changes.some(({ name }) => /^(?:pkgver|(?:source|\w+sums)(?:_\w+)?)$/.test(name))) return [];
  const findings = new Map<string, Finding>();
  for (const carch of architectures) {
    const [old, now] = [before.evaluation(carch), after.evaluation(carch)];
    for (const suffix of suffixesOf(old, now)) {
      const [was, is] = [oldSide?.srcinfo, srcinfo].map((read) => listedIn(read, `source${suffix}`));
      const listsSame = (at: number): boolean => was?.[at] === is?.[at];
      const context = { comparison, files, listsSame };
      for (const one of ofSuffix(suffix, old, now, context)) findings.set(JSON.stringify(one), one);
    }
  }
  return [...findings.values()];
}

function listedIn(read: Side["srcinfo"], field: string): readonly string[] | undefined {
  return read && "srcinfo" in read ? read.srcinfo.base.get(field) : undefined;
}

function ofSuffix(
  suffix: string,
  before: Evaluation,
  after: Evaluation,
  context: Omit<ContentContext, "place">,
): Finding[] {
  const { comparison } = context;
  const [old, now] = [readChecksums(before, suffix), readChecksums(after, suffix)];
  const [kind] = now.sums.keys();
  const line = comparison.written.after.get(`${kind ?? "sha256"}sums${suffix}`)?.line;
  const place: Place = { file: "PKGBUILD", ...(line !== undefined && { line }) };
  const findings: Finding[] = [];
  const [kindsBefore, kindsNow] = [old, now].map(({ sums }) => [...sums.keys()].join(", "));
  if (kindsBefore !== kindsNow && !isStronger(old, now)) {
    findings.push(finding("checksum-kind", `${kindsBefore || "none"} to ${kindsNow || "none"}`, place));
  } else if (kindsBefore !== kindsNow) {
    // What the new kind says of the same content shows only when the old one goes.
    findings.push(finding("inert-change", `checksums: ${kindsBefore || "none"} to ${kindsNow}`, place));
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
    ...judgeContent(old, now, { ...context, place }),
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

/** Where not all of a list is known, each checksum has to stay where it is, as a hash or as none. */
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
      listedTexts(side, name)?.map((sum) =>
        sum === undefined ? "unknown" : sum === "SKIP" || sum === "" ? "none" : "hash",
      ),
    );
    const isSame = old !== undefined && JSON.stringify(old) === JSON.stringify(now) && !isUntold(name);
    return isSame ? [] : [finding("checksum-dropped", `${name}, not all of which is known`, place)];
  });
}
