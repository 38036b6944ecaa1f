import { z } from "zod";
import type { Check, RefDecision } from "../../release/plan/next-locks.ts";

/** `.checks.json` on the branch `state`: by project, what builders are to check and publish nothing of. */
export const checksFile = ".checks.json";

/** The newest are kept: whoever looks less often than that misses some. */
const mostOfProject = 200;
const keptMs = 14 * 24 * 3600_000;

export interface WantedCheck extends Check {
  readonly channel: string;
  /** When it was found, in milliseconds since 1970. */
  readonly at: number;
}

const commit = z.string().regex(/^[0-9a-f]{40,64}$/);
const schema = z.object({
  version: z.literal(1),
  projects: z.record(
    z.string(),
    z.array(
      z.object({
        channel: z.string(),
        ref: z.object({ kind: z.enum(["branch", "review"]), name: z.string(), commit }),
        since: commit.nullable(),
        at: z.number(),
      }),
    ),
  ),
});

/** What can't be understood asks for nothing. */
export function parseChecks(text: string | undefined): ReadonlyMap<string, readonly WantedCheck[]> {
  try {
    const read = schema.safeParse(JSON.parse(text ?? "null"));
    return new Map(Object.entries(read.data?.projects ?? {}));
  } catch {
    return new Map();
  }
}

/** Projects of which nothing is to be checked aren't in it. */
export function formatChecks(projects: ReadonlyMap<string, readonly WantedCheck[]>): string {
  const sorted = [...projects].filter(([, checks]) => checks.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ version: 1, projects: Object.fromEntries(sorted) }, null, 1)}\n`;
}

/** Those of before with what was found now. Builders know what of it they have done. */
export function nextChecks(
  before: readonly WantedCheck[],
  decisions: readonly RefDecision[],
  now: number,
): readonly WantedCheck[] {
  const fresh = decisions.flatMap((decision) => {
    if (decision.kind !== "check") return [];
    const { channel, ref, since } = decision;
    return [{ channel, ref, since, at: now }];
  });
  const kept = before.filter(({ at }) => now - at < keptMs);
  return [...kept, ...fresh].slice(-mostOfProject);
}
