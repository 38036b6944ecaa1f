/** `info`: worth knowing. `review`: a person has to look. `danger`: never waived by trust or settings. */
export type Severity = "info" | "review" | "danger";

export interface Rule {
  readonly severity: Severity;
  /** The finding's sentence; what it is about follows behind a colon. */
  readonly says: string;
  /** What the rule protects, for the documentation. */
  readonly protects: string;
}
