import type { Elf } from "../elf.ts";

/** A program or library in a tree that gets its libraries along. Paths in the tree have no slash at their beginning. */
export interface LinkedFile {
  readonly path: string;
  /** What `$ORIGIN` is in its search path: `./FOLDER` of the tree, or the system's `/FOLDER` that it was copied from. */
  readonly origin: string;
  readonly isProgram: boolean;
  readonly elf: Omit<Elf, "names">;
}

/** By path. */
export type LinkedFiles = ReadonlyMap<string, LinkedFile>;

/** The folders that a file names itself: of the tree, `""` being its top, or of the system, beginning with a slash. */
export function searchPath({ origin, elf }: LinkedFile): readonly string[] {
  return (elf.runpath ?? elf.rpath ?? "").split(":").flatMap((entry) => {
    const path = entry.replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, origin);
    // Anything else is relative to whatever folder the program is started in.
    if (path.includes("$") || !/^(?:\/|\.(?:\/|$))/.test(path)) return [];
    const folder = normalised(path);
    return folder === undefined ? [] : [folder];
  });
}

/** The library that a file gets in the tree; undefined: it has to be brought. */
export function libraryInTree(
  files: LinkedFiles,
  file: LinkedFile,
  name: string,
  libraries: string,
): LinkedFile | undefined {
  const folders = [...searchPath(file).filter((folder) => !folder.startsWith("/")), libraries];
  return folders
    .map((folder) => files.get(folder === "" ? name : `${folder}/${name}`))
    .find((found) => found?.elf.machine === file.elf.machine);
}

/** Undefined where `..` leads out. */
function normalised(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/");
}
