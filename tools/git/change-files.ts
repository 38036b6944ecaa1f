import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "./git.ts";
import { encodePath } from "./objects.ts";

/** A file as a commit is to have it. */
export interface FileInCommit {
  /** As Git writes it; of a symbolic link (120000) the content is where it points to. */
  readonly mode: "100644" | "100755" | "120000";
  readonly content: Uint8Array;
}

/** By path from the root of the repository, as `listTree` gives paths; undefined: the file goes. */
export type FileChanges = ReadonlyMap<string, FileInCommit | undefined>;

/**
 * Stores the tree that a commit has after these changes, and returns its id. Five processes however many files
 * there are; neither the work tree nor its index is touched.
 *
 * @param base a commit or tree; undefined: an empty one
 */
export async function changeFiles(git: Git, base: string | undefined, changes: FileChanges): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-index-"));
  try {
    const scratch = git.withIndex(join(folder, "index"));
    await scratch.text(["read-tree", base ?? "--empty"]);
    const written = [...changes].flatMap(([path, file]) => (file ? [{ path, file }] : []));
    const ids = await writeBlobs(
      git,
      written.map(({ file }) => file.content),
    );
    const gone = [...changes].flatMap(([path, file]) => (file ? [] : [path]));
    const none = "0".repeat((ids[0] ?? base ?? "").length || 40);
    const records = [
      // What goes makes room first: a folder may become a file.
      ...gone.map((path) => record(`0 ${none}`, path)),
      ...written.map(({ path, file }, at) => record(`${file.mode} ${ids[at]}`, path)),
    ];
    await scratch.text(["update-index", "-z", "--replace", "--index-info"], Buffer.concat(records));
    return await scratch.text(["write-tree"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function record(entry: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${entry}\t`), encodePath(path), Buffer.from("\0")]);
}

/** Stores contents, in one process however many there are, and returns their ids in the same order. */
export async function writeBlobs(git: Git, contents: readonly Uint8Array[]): Promise<string[]> {
  if (contents.length === 0) return [];
  const parts = contents.flatMap((content, at) => [
    `blob\nmark :${at + 1}\ndata ${content.byteLength}\n`,
    content,
    `\nget-mark :${at + 1}\n`,
  ]);
  const input = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  const output = await git.text(["fast-import", "--quiet", "--force"], input);
  return output.split("\n");
}
