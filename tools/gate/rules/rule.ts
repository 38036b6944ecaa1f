import type { Severity } from "../finding.ts";

export interface Rule {
  readonly severity: Severity;
  /** The finding's sentence; what it is about follows behind a colon. */
  readonly says: string;
  /** What the rule protects, for the documentation. */
  readonly protects: string;
}
