import { lstat } from "node:fs/promises";
import { join } from "node:path";

/** A regular file of a project's source, reached without a link; undefined: there is none. The source is anybody's. */
export async function sourceFile(source: string, path: string): Promise<string | undefined> {
  const parts = path.split("/");
  for (let length = 1; length < parts.length; length++) {
    const folder = await lstat(join(source, ...parts.slice(0, length))).catch(() => undefined);
    if (!folder?.isDirectory()) return undefined;
  }
  const file = join(source, path);
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() ? file : undefined;
}
