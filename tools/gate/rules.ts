import type { Severity } from "./finding.ts";

interface Rule {
  readonly severity: Severity;
  /** The finding's sentence; what it is about follows behind a colon. */
  readonly says: string;
  /** What the rule protects, for the documentation. */
  readonly protects: string;
}

export type RuleName = keyof typeof rules;

export const rules = {
  "pkgbuild-unreadable": {
    severity: "danger",
    says: "the PKGBUILD can't be understood",
    protects: "What can't be read can't be judged.",
  },
} as const satisfies Record<string, Rule>;
