import type { SeenRefs } from "../../release/plan/next-locks.ts";

/** `.releases.json` on the branch `state`: by project, where the refs of its repository were when they were seen. */
export const seenRefsFile = ".releases.json";

/** What can't be understood was never seen: then the next look only remembers, and releases nothing. */
export function parseSeenRefs(text: string | undefined): ReadonlyMap<string, SeenRefs> {
  return new Map(
    [...entriesOf(entriesOf(parsed(text)).get("projects"))].map(([project, refs]) => {
      const commits = [...entriesOf(refs)].filter(
        (entry): entry is [string, string] =>
          typeof entry[1] === "string" && /^[0-9a-f]{40,64}$/.test(entry[1]),
      );
      return [project, new Map(commits)];
    }),
  );
}

export function formatSeenRefs(projects: ReadonlyMap<string, SeenRefs>): string {
  const sorted = [...projects].sort(byName).map(([project, refs]) => [project, inOrder(refs)] as const);
  return `${JSON.stringify({ version: 1, projects: Object.fromEntries(sorted) }, null, 1)}\n`;
}

function inOrder(refs: SeenRefs): Record<string, string> {
  return Object.fromEntries([...refs].sort(byName));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}
