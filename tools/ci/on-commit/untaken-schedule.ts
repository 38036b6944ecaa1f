import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemCode } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { allBuilds, scheduleSchema, type Schedule } from "../../schedule/schedule.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { Platform } from "../pipeline/platform.ts";

/**
 * The schedule that an earlier run left in this clone and that nobody took: a run that writes over it keeps what it
 * asks for. A pipeline's clone has none: its schedule belongs to that run.
 */
export async function readUntakenSchedule(git: Git, platform: Platform): Promise<Schedule | undefined> {
  if (platform.kind !== "local") return undefined;
  const text = readIfThere(join(git.dir, ".ci/schedule.json"));
  if (text === undefined || readIfThere(await takenFile(git)) === digest(text)) return undefined;
  try {
    return scheduleSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Of an earlier schedule what is neither decided again, by pkgbase, nor obsolete. */
export function keptOf(
  untaken: Schedule | undefined,
  { config, packages }: Workspace,
  decided: ReadonlySet<string>,
): Pick<Schedule, "builds" | "removals"> {
  if (!untaken || untaken.target !== config.BUILD_REPO) return { builds: [], removals: [] };
  const isOpen = ({ pkgbase }: { readonly pkgbase: string }): boolean => !decided.has(pkgbase);
  return {
    builds: allBuilds(untaken).filter((build) => isOpen(build) && packages.has(build.pkgbase)),
    removals: untaken.removals.filter((removal) => isOpen(removal) && !packages.has(removal.pkgbase)),
  };
}

/** Remembers that a queue has what the clone's schedule asks for. */
export async function markTaken(git: Git): Promise<void> {
  const text = readIfThere(join(git.dir, ".ci/schedule.json"));
  if (text !== undefined) writeFileSync(await takenFile(git), digest(text));
}

async function takenFile(git: Git): Promise<string> {
  return resolve(git.dir, await git.text(["rev-parse", "--git-path", "sluice-schedule-taken"]));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}
