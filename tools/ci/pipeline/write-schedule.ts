import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { durablyNow, type Checkpoint } from "../../steps.ts";
import type { ScheduleFile } from "../../schedule/files.ts";

/**
 * Puts the schedule files in place, each by a temporary file and a rename, and removes those that an earlier run
 * left and this one doesn't write. All of them, or none.
 *
 * @throws SluiceError `write`
 */
export function writeScheduleFiles(
  root: string,
  files: readonly ScheduleFile[],
  checkpoint?: Checkpoint,
): { undo: () => void } {
  const earlier: ScheduleFile[] = [];
  const undo = (): void => {
    for (const [path, text] of earlier) putInPlace(join(root, path), text);
  };
  for (const [path, text] of files) {
    try {
      const before = readIfThere(join(root, path));
      putInPlace(join(root, path), text, checkpoint);
      earlier.push([path, before]);
    } catch (error) {
      undo();
      throw cantWrite(path, error);
    }
  }
  return { undo };
}

function putInPlace(target: string, text: string | undefined, checkpoint?: Checkpoint): void {
  if (text === undefined) {
    durablyNow(checkpoint, "old schedule file deleted", () => rmSync(target, { force: true }));
    return;
  }
  makeFolder(dirname(target));
  const temporary = `${target}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  try {
    // `wx` doesn't follow a link that somebody put there.
    writeFileSync(temporary, text, { flush: true, flag: "wx" });
    durablyNow(checkpoint, "schedule file placed", () => renameSync(temporary, target));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A link in its place would lead out of the workspace. */
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (lstatSync(folder).isSymbolicLink()) throw new Error("the folder is a symbolic link");
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function cantWrite(path: string, cause: unknown): SluiceError {
  const why = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new SluiceError("write", `${path} can't be written (${why}); nothing was changed`, {
    hint: "It needs a folder .ci in which you may write, and nothing else may have that name.",
    facts: { path },
    cause,
  });
}
