import type { Severity } from "./rule.ts";
import { type RuleName, rules } from "./rules.ts";

export type { Severity };

export type Verdict = "minor" | "major" | "dangerous";

export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** One sentence for a person. Parts of it are upstream's text: show it inert. */
  readonly message: string;
  /** Path inside the recipe, where the finding is about a file. */
  readonly file?: string;
  /** Of the new file, from 1. */
  readonly line?: number;
  readonly before?: string;
  readonly after?: string;
}

export type Place = Omit<Finding, "rule" | "severity" | "message">;

/** What the rule says of this case. */
export function finding(rule: RuleName, detail: string, place: Place = {}): Finding {
  const { severity, says } = rules[rule];
  return { rule, severity, message: detail === "" ? says : `${says}: ${detail}`, ...place };
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === "danger")) return "dangerous";
  return findings.some(({ severity }) => severity === "review") ? "major" : "minor";
}

const order = { danger: 0, review: 1, info: 2 } as const;

/** Worst first; else as they were found. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
}
