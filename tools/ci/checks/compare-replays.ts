import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { Replayed } from "./replay.ts";

const earlierSchema = z.object({
  commit: z.string(),
  pkgbase: z.string(),
  verdict: z.enum(["minor", "major", "dangerous"]),
  findings: z.array(z.object({ rule: z.string(), severity: z.string(), message: z.string() })).readonly(),
});

/** One line that an earlier `sluice replay --json` printed. */
export type Earlier = z.infer<typeof earlierSchema>;

export function keyOf({ commit, pkgbase }: Pick<Earlier, "commit" | "pkgbase">): string {
  return `${commit} ${pkgbase}`;
}

/**
 * Reads a line of `sluice replay --json`.
 *
 * @throws SluiceError `replay-file`
 */
export function readEarlier(line: string, path: string, number: number): Earlier {
  try {
    return earlierSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new SluiceError("replay-file", `${path}:${number} isn't a line of sluice replay --json`, {
      hint: "Give the file that sluice replay --json > FILE wrote.",
      facts: { path },
      cause,
    });
  }
}

/** What rules of today make of a history that were judged otherwise before: by verdicts and by rule. */
export class ReplayComparison {
  /** `major → minor`, and how many of it. */
  readonly verdicts = new Map<string, number>();
  /** By `major → minor`: the rules that decide it, with some of the updates. */
  readonly reasons = new Map<string, Map<string, { count: number; samples: string[] }>>();

  add(before: Earlier, after: Replayed): void {
    const change = before.verdict === after.verdict ? before.verdict : `${before.verdict} → ${after.verdict}`;
    this.verdicts.set(change, (this.verdicts.get(change) ?? 0) + 1);
    if (before.verdict === after.verdict) return;
    const isMilder = severity[after.verdict] < severity[before.verdict];
    const reasons = this.reasons.get(change) ?? new Map<string, { count: number; samples: string[] }>();
    this.reasons.set(change, reasons);
    for (const rule of isMilder ? milderBy(before, after) : rulesOf(after.findings)) {
      const reason = reasons.get(rule) ?? { count: 0, samples: [] };
      reason.count += 1;
      if (reason.samples.length < 3)
        reason.samples.push(`${after.commit.slice(0, 10)} ${after.pkgbase}: ${messageOf(before, after)}`);
      reasons.set(rule, reason);
    }
  }
}

const severity = { minor: 0, major: 1, dangerous: 2 } as const;

type Told = Pick<Earlier["findings"][number], "rule" | "severity" | "message">;

/** The rules that are broken no longer. */
function milderBy(before: Earlier, after: Replayed): string[] {
  const still = new Set(rulesOf(after.findings));
  return rulesOf(before.findings).filter((rule) => !still.has(rule));
}

function rulesOf(findings: readonly Told[]): string[] {
  return [...new Set(findings.filter(({ severity }) => severity !== "info").map(({ rule }) => rule))];
}

function messageOf(before: Earlier, after: Replayed): string {
  const told = severity[after.verdict] < severity[before.verdict] ? before.findings : after.findings;
  return told.find(({ severity }) => severity !== "info")?.message ?? "";
}
