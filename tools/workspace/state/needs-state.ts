import type { Git } from "../../git/git.ts";
import { isObject, parseObject } from "./json-object.ts";

/** What is remembered of what published packages need, as whoever wrote it understands it. */
export interface NeedsState {
  /** `.gives.json`: what each database of CI_LIB_DB gives, and the repository itself. */
  readonly gives: readonly unknown[];
  /** `.broken.json`: by pkgbase, packages whose needs are gone, and what was asked for because of that. */
  readonly broken: unknown;
}

/** `.gives.json` alone, of a commit of the branch. */
export async function readGivesState(git: Git, commit: string): Promise<readonly unknown[]> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:.gives.json`]);
  return ok ? parseNeeds(stdout, undefined).gives : [];
}

export function parseNeeds(gives: string | undefined, broken: string | undefined): NeedsState {
  const databases = parseObject(gives ?? "")?.["databases"];
  return {
    gives: Array.isArray(databases) ? databases : [],
    broken: parseObject(broken ?? "")?.["packages"] ?? {},
  };
}

/** The files that may differ from those of the state before. */
export function needsFiles(
  { gives, broken }: NeedsState,
  before: NeedsState,
): (readonly [path: string, text: string])[] {
  const lines = gives.map((one) => JSON.stringify(one)).join(",\n");
  return [
    ...(gives === before.gives
      ? []
      : [[".gives.json", `{"version":1,"databases":[\n${lines}\n]}\n`] as const]),
    ...(broken === before.broken || (isEmpty(broken) && isEmpty(before.broken))
      ? []
      : [[".broken.json", `${JSON.stringify({ version: 1, packages: broken }, null, 1)}\n`] as const]),
  ];
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
