import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Those of the programs that this machine lacks; a test that needs one skips and names it. */
export function missingPrograms(...programs: readonly string[]): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return programs.filter((program) => !folders.some((folder) => isExecutable(join(folder, program))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
