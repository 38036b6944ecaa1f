import type { Condition } from "../definition/definition.ts";
import type { Evidence, StageEnd } from "./evidence.ts";

export interface Judged {
  readonly isMet: boolean;
  readonly reason: string;
}

/**
 * Whether what a channel's `after` asks for is on record. What isn't known isn't met. Of several ends of a stage the
 * last one counts.
 *
 * @param now milliseconds since 1970
 */
export function judgeCondition(
  condition: Condition,
  commit: string,
  evidence: Evidence,
  now: number,
): Judged {
  switch (condition.kind) {
    case "green": {
      const { stage, channel } = condition;
      const end = last(
        evidence.stages,
        (each) => each.stage === stage && each.channel === channel && each.commit === commit,
      );
      const isMet = end?.isGreen ?? false;
      const how = end ? (isMet ? "green" : "red") : "not known to be green";
      return { isMet, reason: `${stage} in ${channel} is ${how} for ${commit.slice(0, 10)}` };
    }
    case "recent": {
      const { stage, age, milliseconds } = condition;
      const end = last(evidence.stages, (each) => each.stage === stage);
      if (!end) return { isMet: false, reason: `${stage} has never ended` };
      if (!end.isGreen) return { isMet: false, reason: `${stage} was red the last time` };
      const isMet = now - end.at <= milliseconds;
      return { isMet, reason: `${stage} was green ${isMet ? "within" : "longer ago than"} ${age}` };
    }
    case "label": {
      const isMet = evidence.labels.includes(condition.label);
      return { isMet, reason: `the review ${isMet ? "has" : "doesn't have"} the label ${condition.label}` };
    }
    case "reviewed": {
      const isMet = evidence.reviewed.includes(condition.job);
      return {
        isMet,
        reason: `${isMet ? "a person has" : "no person has"} accepted what ${condition.job} reports`,
      };
    }
  }
}

function last(ends: readonly StageEnd[], isMeant: (end: StageEnd) => boolean): StageEnd | undefined {
  let found: StageEnd | undefined;
  for (const end of ends) if (isMeant(end) && end.at >= (found?.at ?? -Infinity)) found = end;
  return found;
}
