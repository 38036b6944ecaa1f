import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Small files that are asked for thousands of times a minute: each is read again when it has changed. */
export class UnchangedFiles {
  readonly #known = new Map<string, { readonly version: string; readonly text: Promise<string> }>();

  /** @throws what reading it throws */
  read(path: string): Promise<string> {
    const version = fileVersion(path);
    const known = this.#known.get(path);
    if (known?.version === version) return known.text;
    const text = readFile(path, "utf8");
    this.#known.set(path, { version, text });
    text.catch(() => this.#known.delete(path));
    return text;
  }
}

/** Which file it is, and when it was written; empty where there is none. */
export function fileVersion(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeNs} ${found.size}` : "";
}
