import { absent, type FileContent } from "../files.ts";

/** All regular files and links below `releases/`, by their path from the root of the workspace; plain data. */
export type ReleaseFiles = ReadonlyMap<string, FileContent | { readonly kind: "present" }>;

/** Where projects lie, whatever folder packages lie in. */
export const releasesDir = "releases";

/** Scripts and data are only looked for; these are read. */
export function isRead(path: string): boolean {
  return /^releases\/[^/]+\/[^/]+\.(?:toml|lock)$/.test(path);
}

export function contentOf(files: ReleaseFiles, path: string): FileContent {
  const content = files.get(path) ?? absent;
  return content.kind === "present" ? absent : content;
}
