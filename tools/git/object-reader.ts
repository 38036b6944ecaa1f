import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { SluiceError } from "../errors.ts";
import type { Git } from "./git.ts";

/** An entry of a tree object; `mode` as Git writes it in listings: 040000 is a folder. */
export interface TreeObjectEntry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer;
}

/**
 * Reads objects one after the other from one `git cat-file --batch` that stays open: for walks that only learn
 * from one object which to read next. Close it when done.
 */
export class ObjectReader {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: {
    resolve: (object: GitObject | undefined) => void;
    reject: (error: unknown) => void;
  }[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 0;

  constructor(git: Git) {
    this.#child = spawn("git", ["cat-file", "--batch"], { cwd: git.dir, stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdout.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length >= this.#needed) this.#answer();
    });
    this.#child.on("close", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(ended(git.dir));
    });
    this.#child.on("error", () => undefined);
    this.#child.stdin.on("error", () => undefined);
  }

  /** By id or by any name that Git understands (`commit:path`); undefined where there is none. */
  read(name: string): Promise<GitObject | undefined> {
    // A line end would make two questions of one.
    if (name.includes("\n")) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${name}\n`);
    });
  }

  /** A folder's entries; undefined where there is no such folder. */
  async readTree(name: string): Promise<TreeObjectEntry[] | undefined> {
    const object = await this.read(name);
    return object?.type === "tree" ? parseTree(object) : undefined;
  }

  close(): void {
    this.#child.stdin.end();
  }

  /** Answers as many questions as what has come suffices for: a header line, then the content and a line end. */
  #answer(): void {
    let buffer = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#needed = 0;
    while (this.#waiting.length > 0) {
      const end = buffer.indexOf(0x0a);
      if (end === -1) break;
      const [id, type, size] = buffer.toString("utf8", 0, end).split(" ");
      if (size === undefined || !/^\d+$/.test(size)) {
        buffer = buffer.subarray(end + 1);
        this.#waiting.shift()!.resolve(undefined);
        continue;
      }
      const total = end + 1 + Number(size) + 1;
      if (buffer.length < total) {
        this.#needed = total;
        break;
      }
      const content = buffer.subarray(end + 1, total - 1);
      buffer = buffer.subarray(total);
      this.#waiting.shift()!.resolve({ id: id!, type: type!, content });
    }
    this.#chunks = buffer.length > 0 ? [buffer] : [];
    this.#length = buffer.length;
  }
}

/** `<mode> <name>\0<id in binary>`, one after the other. */
function parseTree({ content, id }: GitObject): TreeObjectEntry[] {
  const idBytes = id.length / 2;
  const entries: TreeObjectEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const nul = content.indexOf(0, space);
    entries.push({
      mode: content.toString("latin1", at, space).padStart(6, "0"),
      name: content.toString("utf8", space + 1, nul),
      id: content.toString("hex", nul + 1, nul + 1 + idBytes),
    });
    at = nul + 1 + idBytes;
  }
  return entries;
}

function ended(dir: string): SluiceError {
  return new SluiceError("git-object", `git cat-file ended while objects were read in ${dir}`, {
    hint: "Check the clone with: git fsck",
    facts: { path: dir },
  });
}
