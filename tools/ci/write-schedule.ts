import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../errors.ts";
import type { ScheduleFile } from "../schedule/files.ts";

/**
 * Puts the schedule files in place, each by a temporary file and a rename, and removes those that an earlier run
 * left and this one doesn't write.
 */
export function writeScheduleFiles(root: string, files: readonly ScheduleFile[]): { undo: () => void } {
  const earlier = files.map(([path]): ScheduleFile => [path, readIfThere(join(root, path))]);
  putInPlace(root, files);
  return { undo: () => putInPlace(root, earlier) };
}

function putInPlace(root: string, files: readonly ScheduleFile[]): void {
  for (const [path, text] of files) {
    const target = join(root, path);
    if (text === undefined) {
      rmSync(target, { force: true });
      continue;
    }
    mkdirSync(dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}.tmp`;
    writeFileSync(temporary, text, { flush: true });
    renameSync(temporary, target);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
