import { readFile } from "node:fs/promises";
import { SluiceError, systemCode } from "../errors.ts";

/**
 * A file of the recipe, or undefined where there is none.
 *
 * @throws SluiceError `recipe-unsafe` where a folder, or a link in a circle, has its name
 */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code !== "EISDIR" && code !== "ELOOP") throw error;
    const name = path.slice(path.lastIndexOf("/") + 1);
    throw new SluiceError("recipe-unsafe", `${name} isn't a file that can be read (${code})`, {
      hint: "Put a regular file there.",
      facts: { path: name },
      exitCode: 1,
    });
  }
}
