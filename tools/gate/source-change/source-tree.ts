import type { Looks } from "./content-looks.ts";

/** One file of a program's source, as an archive or a commit holds it. */
export interface SourceFile {
  readonly kind: "file" | "link" | "submodule";
  /** Git's SHA-1 id of its content; of a link that of its target, of a submodule its commit. */
  readonly id: string;
  readonly looks: Looks;
}

/** By path, with `/` and without the folder that an archive has around everything. */
export type SourceTree = ReadonlyMap<string, SourceFile>;

/**
 * Paths of an archive as those of a commit: without `./` and the one folder that everything lies in. They are names to
 * compare and show; nothing is ever written under them, so one with `..` in it stays as it is.
 */
export function asInCommit(files: SourceTree): SourceTree {
  const plain = [...files].map(([path, file]) => [path.replace(/^(?:\.?\/)+/, ""), file] as const);
  const [top] = plain[0]?.[0].split("/", 1) ?? [];
  const isWrapped = top !== undefined && plain.every(([path]) => path.startsWith(`${top}/`));
  return new Map(
    isWrapped ? plain.map(([path, file]) => [path.slice(top.length + 1), file] as const) : plain,
  );
}
