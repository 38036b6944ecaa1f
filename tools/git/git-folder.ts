import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The folder of a repository that all its work trees share, for files beside Git's own: found as Git finds it, from
 * a folder upwards, without starting it. Undefined outside of a repository.
 */
export function gitFolder(dir: string): string | undefined {
  for (let folder = resolve(dir); ; folder = dirname(folder)) {
    const inside = join(folder, ".git");
    if (isFolder(inside)) return inside;
    const elsewhere = /^gitdir: (.+)$/m.exec(read(inside))?.[1];
    if (elsewhere !== undefined) return shared(resolve(folder, elsewhere));
    if (isFolder(join(folder, "objects")) && read(join(folder, "HEAD")) !== "") return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** A second work tree's folder names the first one's. */
function shared(folder: string): string {
  const common = read(join(folder, "commondir")).trim();
  return common === "" ? folder : resolve(folder, common);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // What lies above may be a file.
    return false;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
