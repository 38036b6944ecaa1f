import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../errors.ts";

/** Who did what, and what came of it. */
export interface LoggedAction {
  /** ISO 8601. */
  readonly at: string;
  /** The token's name. */
  readonly by: string;
  readonly action: string;
  /** A pkgbase, or a builder's name. */
  readonly of: string;
  readonly answer: string;
}

const fileOf = (state: string): string => join(state, "actions.jsonl");

export async function logAction(state: string, action: LoggedAction): Promise<void> {
  await appendFile(fileOf(state), `${JSON.stringify(action)}\n`, { mode: 0o600 });
}

/** The latest first. A line that a crash cut off is left out. */
export async function readActions(state: string, limit: number): Promise<readonly LoggedAction[]> {
  const text = await readFile(fileOf(state), "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.slice(-limit).reverse().flatMap(parse);
}

function parse(line: string): LoggedAction[] {
  try {
    return [JSON.parse(line) as LoggedAction];
  } catch {
    return [];
  }
}
