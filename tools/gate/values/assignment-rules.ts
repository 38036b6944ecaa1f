import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { changeRules } from "./changed-variable.ts";
import type { Comparison } from "./comparison.ts";

export const assignmentRules = {
  "assigned-again": {
    severity: "danger",
    says: "assigned once more than before",
    protects: "A second pkgver passed as a version bump and ran a download (btdu, November 2025).",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...assignmentRules, ...changeRules });

/** What is assigned more often than before, at top level and in functions. */
export function judgeAssignments(comparison: Comparison): Finding[] {
  const { written } = comparison;
  const findings: Finding[] = [];
  for (const [name, { forms, line }] of written.after) {
    const old = written.before.get(name)?.forms ?? [];
    if (forms.length <= Math.max(1, old.length)) continue;
    const rule = once.test(name) ? "assigned-again" : "variable-changed";
    findings.push(finding(rule, `${name}, ${forms.length} times`, { file: "PKGBUILD", line }));
  }
  return [...findings, ...assignedInFunctions(comparison)];
}

/** Names that decide what is built; a helper may well be set in two steps. */
const once =
  /^(?:pkg(?:name|base|ver|rel)|epoch|install|arch|validpgpkeys|(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_\w+)?)$/;

/** Functions run in makepkg's own shell, so what they assign counts for what comes after. */
function assignedInFunctions({ before, after }: Comparison): Finding[] {
  const found = [before, after].map(({ recipe }) =>
    recipe.assignments.filter(({ name, function: inside }) => inside !== undefined && decisive.test(name)),
  );
  const [old = [], now = []] = found;
  const known = new Set(old.map(({ name, function: inside }) => `${name} ${inside}`));
  return now
    .filter(({ name, function: inside }) => !known.has(`${name} ${inside}`))
    .map(({ name, line, function: inside }) =>
      finding("assigned-again", `${name} in ${inside}()`, { file: "PKGBUILD", line }),
    );
}

/** Names that no function of a recipe has to set. */
const decisive =
  /^(?:pkg(?:name|base|ver|rel)|epoch|arch|(?:source|\w+sums)(?:_\w+)?|pkgdir|srcdir|startdir)$/;
