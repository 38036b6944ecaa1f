import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SluiceError, systemCode } from "../errors.ts";
import type { Git } from "./git.ts";

/**
 * Makes Git ignore files of this clone that belong in no commit, in `info/exclude`, so that nothing of the
 * repository itself has to be changed for it. Each path is from the root of the work tree.
 */
export async function ignoreFiles(git: Git, paths: readonly string[]): Promise<void> {
  const exclude = resolve(git.dir, await git.text(["rev-parse", "--git-path", "info/exclude"]));
  const present = new Set((await readIfThere(exclude)).split("\n"));
  const missing = paths.map((path) => `/${path}`).filter((line) => !present.has(line));
  if (missing.length === 0) return;
  try {
    await mkdir(dirname(exclude), { recursive: true });
    await appendFile(exclude, `${missing.join("\n")}\n`);
  } catch (cause) {
    throw new SluiceError(
      "write",
      `${exclude} can't be written (${systemCode(cause)}); nothing was changed`,
      {
        hint: "Run it as the user whom the clone belongs to.",
        facts: { path: exclude },
        cause,
      },
    );
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "";
    throw error;
  }
}
