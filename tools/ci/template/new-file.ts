import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that is about to be written. */
export interface NewFile {
  /** From the root of the workspace. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Of an executable one. */
  readonly mode?: "100755";
}

/** Each is there as a whole or not at all. */
export async function writeFiles(root: string, files: readonly NewFile[]): Promise<void> {
  for (const { path, content, mode } of files) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.tmp`, content);
    if (mode) await chmod(`${file}.tmp`, 0o755);
    await rename(`${file}.tmp`, file);
  }
}
