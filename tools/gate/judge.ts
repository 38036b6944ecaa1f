import { type Finding, type Verdict, verdictOf } from "./finding.ts";
import type { JudgeContext, TagQuestion, Update } from "./update.ts";

export type { Finding, Severity, Verdict } from "./finding.ts";
export type * from "./update.ts";

export interface Judgement {
  readonly verdict: Verdict;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Answers that could make the verdict milder: ask, and judge again with them in `tagAnswers`. */
  readonly needs: readonly TagQuestion[];
  /** A minor update that has to wait, in milliseconds since 1970. */
  readonly holdUntil?: number;
}

export function judge(_update: Update, _context: JudgeContext): Judgement {
  const findings: Finding[] = [];
  return { verdict: verdictOf(findings), findings, needs: [] };
}
