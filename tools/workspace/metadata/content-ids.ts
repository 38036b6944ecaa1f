import type * as nodeCrypto from "node:crypto";

/** Loaded when something is hashed: it takes milliseconds, and most runs hash nothing. */
const crypto = (): typeof nodeCrypto => process.getBuiltinModule("node:crypto");

/** As Git names a file's content. */
export function blobId(content: string | Uint8Array): string {
  const header = `blob ${Buffer.byteLength(content)}\0`;
  // In one call: for thousands of small texts that is half the time.
  if (typeof content === "string") return crypto().hash("sha1", header + content);
  return crypto().createHash("sha1").update(header).update(content).digest("hex");
}

/** Two recipes with the same files have the same; the order of the paths doesn't matter. */
export function recipeId(
  files: Iterable<readonly [path: string, file: { mode: string; id: string }]>,
): string {
  const hash = crypto().createHash("sha256");
  for (const [path, { mode, id }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${mode} ${id} ${path}\0`);
  }
  return `recipe-${hash.digest("hex")}`;
}
