/** `info`: worth knowing. `review`: a person has to look. `danger`: never waived by trust or settings. */
export type Severity = "info" | "review" | "danger";

export interface Rule {
  readonly severity: Severity;
  /** The finding's sentence; what it is about follows behind a colon. */
  readonly says: string;
  /** What the rule protects, for the documentation. */
  readonly protects: string;
}

/** A file's rules, by name; each stands beside the check that finds it broken. */
export type Rules = Readonly<Record<string, Rule>>;

export type Verdict = "minor" | "major" | "dangerous";

export interface Finding {
  /** Its name in `rules.ts`. */
  readonly rule: string;
  readonly severity: Severity;
  /** One sentence for a person. Parts of it are upstream's text: show it inert. */
  readonly message: string;
  /** Path inside the recipe, where the finding is about a file. */
  readonly file?: string;
  /** Of the new file, from 1. */
  readonly line?: number;
  readonly before?: string;
  readonly after?: string;
  /** Trust let it pass. */
  readonly waived?: true;
}

export type Place = Omit<Finding, "rule" | "severity" | "message" | "waived">;

/** Makes findings of these rules: what the rule says, of which case, and where. */
export function findingsOf<Name extends string>(
  rules: Readonly<Record<Name, Rule>>,
): (rule: Name, detail: string, place?: Place) => Finding {
  return (rule, detail, place = {}) => {
    const { severity, says } = rules[rule];
    return { rule, severity, message: detail === "" ? says : `${says}: ${detail}`, ...place };
  };
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
