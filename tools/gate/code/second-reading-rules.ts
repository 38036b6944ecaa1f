import type { SecondCommand, SecondReading } from "../../pkgbuild/second-reading/second-reading.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";

export const secondReadingRules = {
  "read-once": {
    severity: "review",
    says: "it was read by our own grammar alone",
    protects: "One reading of bash has corners that bash doesn't have; two have to agree.",
  },
  "readings-differ": {
    severity: "danger",
    says: "bash and our grammar read it in two ways",
    protects: "Where one of them is wrong, an attacker chooses which.",
  },
  "readings-differed": {
    severity: "review",
    says: "bash and our grammar read it in two ways, as before",
    protects: "What was accepted once may go on, but not unseen.",
  },
} as const satisfies Rules;

const finding = findingsOf(secondReadingRules);

/** What programs that aren't ours read from texts, by the text. */
export type SecondReadings = ReadonlyMap<string, SecondReading>;

/**
 * Two readings must agree: where another program finds other commands than our grammar, nothing that the rules say
 * of them is worth anything.
 */
export function judgeReadings(
  file: string,
  before: string | undefined,
  after: string,
  readings: SecondReadings,
): Finding[] {
  const now = readings.get(after);
  if (!now) return [finding("read-once", "", { file })];
  const old = before === undefined ? undefined : readings.get(before);
  if (!now.commands) return [finding("readings-differ", `${now.by} finds other commands`, { file })];
  const known = new Set((old?.commands ?? []).filter(({ agrees }) => !agrees).map(({ form }) => form));
  const findings = now.commands.flatMap(({ agrees, line, form }) => {
    if (agrees) return [];
    const rule = known.has(form) ? "readings-differed" : "readings-differ";
    return [finding(rule, `${now.by} reads it otherwise`, { file, line, after: form })];
  });
  if (before !== undefined && !old?.commands) {
    findings.push(finding("readings-differed", "the accepted text, as a whole", { file }));
  }
  return findings;
}

/** Whether another program, too, finds nothing but comments and layout between two texts. */
export function readAlike(before: string, after: string, readings: SecondReadings): boolean {
  const [old, now] = [readings.get(before)?.commands, readings.get(after)?.commands];
  return old !== undefined && now !== undefined && formsOf(old) === formsOf(now);
}

function formsOf(commands: readonly SecondCommand[]): string {
  return commands.map(({ form }) => form).join("\0");
}
