import type { Comparison } from "./comparison.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import { takeoverRules, takenOverInFunctions } from "./package-relations.ts";
import { changeRules, ruleFor, ruleOf } from "./changed-variable.ts";
import { judgeAssignments } from "./assignment-rules.ts";
import { judgeReads } from "./new-reads.ts";
import { type Installable, inertReason, inertRules } from "../inert/inert-changes.ts";
import { judgeOrder } from "./order-rules.ts";
import { parseSource } from "../sources/source-entry.ts";
import { sameForms, shown, textsOf, type VariableChange } from "./variables.ts";

export const variableRules = {
  "opaque-value": {
    severity: "danger",
    says: "its value isn't known without running it",
    protects: "A changed value has to be known to be allowed.",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...variableRules, ...changeRules, ...takeoverRules, ...inertRules });

/** Every variable whose change isn't the new version alone is somebody's finding. */
export function judgeVariables(comparison: Comparison, isInstallable?: Installable): Finding[] {
  const { changes, versionChanges, written } = comparison;
  const findings: Finding[] = [
    ...judgeAssignments(comparison),
    ...takenOverInFunctions(comparison.before, comparison.after),
    ...judgeOrder(comparison),
    ...judgeReads(comparison),
  ];
  const seen = new Set<string>();
  for (const change of changes) {
    const { name, before, after } = change;
    if (seen.has(name) || (versionChanges.names.has(name) && !renames(change))) continue;
    const sameWriting = sameForms(written.before.get(name)?.forms, written.after.get(name)?.forms);
    if (after && !textsOf(after) && !sameWriting) {
      seen.add(name);
      findings.push(finding("opaque-value", reasonOf(change), placeOf(change)));
    } else if (hasOwnRule(name) || (isReordered(change) && !isNamed(name, comparison.after.text))) {
      continue;
    } else if (dropsEmpty.test(name) && before && after && isNothing(before) && isNothing(after)) {
      continue;
    } else if (!sameWriting || !(before && after && textsOf(after) === undefined)) {
      const inert = inertReason(change, comparison, isInstallable);
      if (inert === undefined) seen.add(name);
      findings.push(
        inert === undefined
          ? finding(ruleFor(change), `${name}${ofArchitecture(change)}`, placeOf(change))
          : finding("inert-change", inert, placeOf(change)),
      );
    }
  }
  for (const name of comparison.intermediate) {
    if (seen.has(name)) continue;
    const line = written.after.get(name)?.line;
    const rule = ruleOf(name) === "makepkg-variable" ? "makepkg-variable" : "variable-changed";
    findings.push(
      finding(rule, `${name}, before it is set again`, {
        file: "PKGBUILD",
        ...(line !== undefined && { line }),
        before: (written.before.get(name)?.forms ?? []).join("\n"),
        after: (written.after.get(name)?.forms ?? []).join("\n"),
      }),
    );
  }
  return findings;
}

export function placeOf(change: VariableChange): Place {
  const [before, after] = [shown(change.before), shown(change.after)];
  return {
    file: "PKGBUILD",
    ...(change.line !== undefined && { line: change.line }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

/** Sources and checksums are compared entry by entry. */
function hasOwnRule(name: string): boolean {
  return (
    /^(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_|$)/.test(name) ||
    name === "epoch" ||
    name === "pkgver" ||
    name === "pkgrel"
  );
}

/** pacman takes dependencies and architectures in any order, and once. */
function isReordered({ name, before, after }: VariableChange): boolean {
  const [old, now] = [before, after].map((held) => textsOf(held) && new Set(textsOf(held)));
  return (
    (ruleOf(name) === "dependency-changed" || name === "arch" || name === "options") &&
    old !== undefined &&
    now !== undefined &&
    !saysBoth(name, now) &&
    old.size === now.size &&
    [...old].every((one) => now.has(one))
  );
}

/** Whether a recipe names a variable where it isn't assigned: what reads it may read its first element. */
function isNamed(name: string, text: string): boolean {
  const word = new RegExp(String.raw`(?<!\w)${name}(?!\w|\+?=)`);
  return text.split("\n").some((line) => !line.trimStart().startsWith("#") && word.test(line));
}

/** Lists of which makepkg leaves out what is empty. */
const dropsEmpty =
  /^(?:(?:make|check|opt)?depends|provides|conflicts|replaces|groups|license|backup)(?:_\w+)?$/;

/** A version may stand in what is required of a package, never in which package that is. */
function renames({ name, before, after }: VariableChange): boolean {
  if (name === "url") {
    const [old, now] = [before, after].map((held) =>
      (textsOf(held) ?? []).map((text) => parseSource(text).host),
    );
    return JSON.stringify(old) !== JSON.stringify(now);
  }
  if (!/^(?:(?:make|check|opt)?depends|provides|conflicts)(?:_\w+)?$/.test(name)) return false;
  const [old, now] = [before, after].map((held) => (textsOf(held) ?? []).map(packageName));
  return JSON.stringify(old) !== JSON.stringify(now);
}

function packageName(relation: string): string {
  return relation.split(/[<>=:]/)[0] ?? "";
}

/** Of an option and its opposite makepkg takes the last. */
function saysBoth(name: string, values: ReadonlySet<string>): boolean {
  return name === "options" && [...values].some((value) => values.has(`!${value}`));
}

function isNothing({ values }: NonNullable<VariableChange["before"]>): boolean {
  return values?.every((value) => value.known && value.text === "") ?? false;
}

function reasonOf({ name, after, carch }: VariableChange): string {
  const unknown = after?.values?.find((value) => !value.known);
  const reason = unknown && !unknown.known ? unknown.reason : "nothing of it is known";
  return `${name}${carch === undefined ? "" : ` for ${carch}`} (${reason})`;
}

function ofArchitecture({ carch }: VariableChange): string {
  return carch === undefined ? "" : ` for ${carch}`;
}
