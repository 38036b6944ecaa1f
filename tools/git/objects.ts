import { isUtf8 } from "node:buffer";
import { SluiceError } from "../errors.ts";
import type { Git } from "./git.ts";

/** One file of a commit. `mode` as Git writes it: 100644, 100755, 120000 (link), 160000 (submodule). */
export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
  /** In bytes; undefined for a submodule. */
  readonly size: number | undefined;
  readonly path: string;
}

/** All files of a commit below `path`, at any depth; none where it has no such folder. */
export async function listTree(git: Git, commit: string, path = ""): Promise<TreeEntry[]> {
  const args = ["ls-tree", "-r", "-z", "--long", "--full-tree", commit, ...(path ? ["--", `${path}/`] : [])];
  const listing = await git.bytes(args);
  const entries: TreeEntry[] = [];
  for (const record of listing.toString("latin1").split("\0")) {
    if (record === "") continue;
    const tab = record.indexOf("\t");
    // `mode type id size`, the size padded with blanks in front
    const [mode, , id] = record.split(" ", 3) as [string, string, string];
    const size = record.slice(record.lastIndexOf(" ", tab) + 1, tab);
    const path = record.slice(tab + 1);
    entries.push({ mode, id, size: size === "-" ? undefined : Number(size), path: decodePath(path) });
  }
  return entries;
}

/**
 * Two names that aren't UTF-8 must stay two, so their bytes beyond ASCII become halves of surrogate pairs, which no
 * other name has (Python's "surrogateescape").
 */
function decodePath(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, "latin1");
  if (isUtf8(bytes)) return bytes.toString();
  return latin1.replaceAll(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

/** The bytes of a path as `listTree` gives it. */
export function encodePath(path: string): Buffer {
  if (!/[\udc80-\udcff]/.test(path)) return Buffer.from(path);
  const parts = path.split(/([\udc80-\udcff])(?<![\ud800-\udbff].)/);
  return Buffer.concat(
    parts.map((part) =>
      /^[\udc80-\udcff]$/.test(part) ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part),
    ),
  );
}

/** The contents of blobs by id, in one process however many there are. */
export async function readBlobs(git: Git, ids: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(ids)];
  const blobs = new Map<string, Buffer>();
  if (wanted.length === 0) return blobs;
  const output = await git.bytes(["cat-file", "--batch", "--buffer"], `${wanted.join("\n")}\n`);
  let at = 0;
  for (const id of wanted) {
    const end = output.indexOf(0x0a, at);
    const [, type, size] = output.toString("latin1", at, end).split(" ");
    if (type !== "blob") {
      throw new SluiceError("git-object", `object ${id} can't be read from the repository in ${git.dir}`, {
        hint: "Check the clone with: git fsck",
        facts: { path: git.dir },
      });
    }
    const start = end + 1;
    blobs.set(id, output.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return blobs;
}
