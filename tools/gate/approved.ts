import { type Finding, findingsOf, type Rules, verdictOf, worstFirst } from "./rules/finding.ts";
import type { Judgement } from "./update.ts";

export const approvedRules = {
  "since-approved": {
    severity: "review",
    says: "harmless by itself, but not together with what was let through since a person looked",
    protects: "An attack in two steps: what something becomes first, and who uses it later.",
  },
  "approved-unknown": {
    severity: "review",
    says: "something was let through before, and the recipe that a person approved last can't be read",
    protects: "Two steps can only be found where both are seen.",
  },
} as const satisfies Rules;

const finding = findingsOf(approvedRules);

/**
 * Whether a judgement that is taken without a person lets pass what one would have looked at: an inert change, one
 * that trust waives, or a major one where settings let them pass.
 */
export function letsSomethingThrough({
  verdict,
  findings,
}: Pick<Judgement, "verdict" | "findings">): boolean {
  if (verdict !== "minor") return true;
  return findings.some(
    ({ rule, severity, waived }) => severity === "info" && (waived || rule === "inert-change"),
  );
}

/** An update's judgement, and that of the same recipe against what a person approved last. */
export function withApproved(step: Judgement, whole: Judgement): Judgement {
  const needs = [...step.needs, ...whole.needs];
  if (whole.verdict === "minor" || whole.verdict === step.verdict) return { ...step, needs };
  const findings: Finding[] = [finding("since-approved", ""), ...whole.findings];
  return { verdict: verdictOf(findings), findings: worstFirst(findings), needs };
}

/** That of an update where what was approved is lost. */
export function withoutApproved(step: Judgement): Judgement {
  const findings = [...step.findings, finding("approved-unknown", "")];
  return { verdict: verdictOf(findings), findings: worstFirst(findings), needs: step.needs };
}
