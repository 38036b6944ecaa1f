import type { Git } from "../../git/git.ts";
import { isObject, parseObject } from "./json-object.ts";

/** What is remembered of what published packages need, as whoever wrote it understands it. */
export interface NeedsState {
  /** `.gives.json`: what each database of CI_LIB_DB gives, and the repository itself. */
  readonly gives: readonly unknown[];
  /** `.broken.json`: by pkgbase, packages whose needs are gone, and what was asked for because of that. */
  readonly broken: unknown;
  /** There as well: what was compared when nothing was left to do, so that the same isn't compared again. */
  readonly compared?: unknown;
}

/** `.gives.json` alone, of a commit of the branch. */
export async function readGivesState(git: Git, commit: string): Promise<readonly unknown[]> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:.gives.json`]);
  return ok ? parseNeeds(stdout, undefined).gives : [];
}

/** What everybody gives is large, and read where somebody asks. */
export function parseNeeds(gives: string | undefined, broken: string | undefined): NeedsState {
  let databases: readonly unknown[] | undefined;
  const known = parseObject(broken ?? "");
  return {
    get gives() {
      return (databases ??= databasesIn(gives));
    },
    broken: known?.["packages"] ?? {},
    ...(known?.["compared"] !== undefined && { compared: known["compared"] }),
  };
}

function databasesIn(text: string | undefined): readonly unknown[] {
  const databases = parseObject(text ?? "")?.["databases"];
  return Array.isArray(databases) ? databases : [];
}

/** Those that may differ. */
export function needsFiles(now: NeedsState, before: NeedsState): (readonly [path: string, text: string])[] {
  if (now === before) return [];
  const files: [path: string, text: string][] = [];
  if (now.gives !== before.gives) {
    const lines = now.gives.map((one) => JSON.stringify(one)).join(",\n");
    files.push([".gives.json", `{"version":1,"databases":[\n${lines}\n]}\n`]);
  }
  const { broken, compared } = now;
  const isKept = broken === before.broken || (isEmpty(broken) && isEmpty(before.broken));
  if (!isKept || compared !== before.compared) {
    const content = { version: 1, packages: broken, ...(compared !== undefined && { compared }) };
    files.push([".broken.json", `${JSON.stringify(content, null, 1)}\n`]);
  }
  return files;
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
