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

/** What the rules of today make of a history that was judged before. */
export interface ComparedReplays {
  /** Updates of which both verdicts are the same, by verdict. */
  readonly same: Readonly<Partial<Record<Replayed["verdict"], number>>>;
  /** Those that are judged otherwise, most first. */
  readonly changes: readonly VerdictChange[];
  /** Updates that only one of the two runs looked at. */
  readonly onlyNow: number;
  readonly onlyBefore: number;
}

export interface VerdictChange {
  readonly before: Replayed["verdict"];
  readonly after: Replayed["verdict"];
  readonly count: number;
  /**
   * Where the verdict is milder: the rules that are broken no longer; else those that are broken now. An update may
   * count for several. Most first.
   */
  readonly rules: readonly RuleChange[];
}

export interface RuleChange {
  readonly rule: string;
  readonly count: number;
  /** Some of the updates: abbreviated commit, pkgbase and what was found. */
  readonly samples: readonly string[];
}

const mostSamples = 3;

interface Reasons {
  readonly count: number;
  readonly rules: ReadonlyMap<string, RuleChange>;
}

/** Compares update by update, so that nobody has to keep both runs. */
export class ReplayComparison {
  private readonly same = new Map<Replayed["verdict"], number>();
  private readonly changes = new Map<string, Reasons>();
  private readonly left: Map<string, Earlier>;
  private onlyNow = 0;

  /** `earlier`: what the earlier run printed, by `keyOf`. */
  constructor(earlier: ReadonlyMap<string, Earlier>) {
    this.left = new Map(earlier);
  }

  add(after: Replayed): void {
    const key = keyOf(after);
    const before = this.left.get(key);
    this.left.delete(key);
    if (before === undefined) this.onlyNow += 1;
    else if (before.verdict === after.verdict)
      this.same.set(after.verdict, (this.same.get(after.verdict) ?? 0) + 1);
    else this.addChange(before, after);
  }

  private addChange(before: Earlier, after: Replayed): void {
    const change = `${before.verdict} ${after.verdict}`;
    const { count, rules } = this.changes.get(change) ?? { count: 0, rules: new Map<string, RuleChange>() };
    const added = new Map(rules);
    for (const rule of rulesOfChange(before, after)) {
      const known = added.get(rule) ?? { rule, count: 0, samples: [] };
      const sample = `${after.commit.slice(0, 10)} ${after.pkgbase}: ${messageOf(rule, before, after)}`;
      const samples = known.samples.length < mostSamples ? [...known.samples, sample] : known.samples;
      added.set(rule, { rule, count: known.count + 1, samples });
    }
    this.changes.set(change, { count: count + 1, rules: added });
  }

  result(): ComparedReplays {
    const changes = [...this.changes].map(([change, { count, rules }]) => {
      const [before, after] = change.split(" ") as [Replayed["verdict"], Replayed["verdict"]];
      return { before, after, count, rules: mostFirst([...rules.values()]) };
    });
    return {
      same: Object.fromEntries(this.same),
      changes: mostFirst(changes),
      onlyNow: this.onlyNow,
      onlyBefore: this.left.size,
    };
  }
}

function mostFirst<Item extends { readonly count: number }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => b.count - a.count);
}

const severity = { minor: 0, major: 1, dangerous: 2 } as const;

type Told = Pick<Earlier["findings"][number], "rule" | "severity" | "message">;

function rulesOfChange(before: Earlier, after: Replayed): string[] {
  const now = brokenRules(after.findings);
  if (severity[after.verdict] > severity[before.verdict]) return [...now];
  const gone = [...brokenRules(before.findings)].filter((rule) => !now.has(rule));
  // What is still found, and only told by now, decides as well.
  return gone.length > 0 ? gone : [...brokenRules(before.findings)];
}

function brokenRules(findings: readonly Told[]): Set<string> {
  return new Set(findings.filter(({ severity }) => severity !== "info").map(({ rule }) => rule));
}

function messageOf(rule: string, before: Earlier, after: Replayed): string {
  const told: readonly Told[] =
    severity[after.verdict] < severity[before.verdict] ? before.findings : after.findings;
  return told.find((one) => one.rule === rule && one.severity !== "info")?.message ?? "";
}
