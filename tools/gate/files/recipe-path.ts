/** In bytes, as file systems have it, and for a path far below what the system takes: it stands in some folder. */
const longestName = 255;
const longestPath = 1_024;
const mostFolders = 20;

/**
 * Whether a file of this path can be checked out wherever Git runs. One that can't, on main, keeps everybody from
 * main. Beside what is too long, Git refuses other spellings of `.git` that macOS and Windows take for it
 * (core.protectHFS and core.protectNTFS).
 */
export function canBeCheckedOut(path: string): boolean {
  const steps = path.split("/");
  return (
    Buffer.byteLength(path) <= longestPath &&
    steps.length <= mostFolders + 1 &&
    steps.every((step) => Buffer.byteLength(step) <= longestName && !isDisguised(step))
  );
}

/** Paths of files that others use as a folder. */
export function filesUsedAsFolders(paths: Iterable<string>): string[] {
  const all = new Set(paths);
  const folders = new Set<string>();
  for (const path of all) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return [...folders].filter((folder) => all.has(folder));
}

/** Characters that nobody sees; macOS takes a name with them for the one without. */
export const invisibleCharacter = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

function isDisguised(step: string): boolean {
  const names = step.replaceAll(new RegExp(invisibleCharacter, "gu"), "").split("\\");
  return names.some(
    (name, at) =>
      // Windows has short names, ignores dots and blanks at the end, and takes what follows a colon for a stream.
      /^(?:git|gi[\da-f]{4,}|gitmod|gitatt|gitign|mailma|ci)~\d+(?:$|[ .:])/i.test(name) ||
      /^\.ci(?:[ .]+|[ .]*:.*)$/i.test(name) ||
      ((at > 0 || name !== step) && /^\.(?:git|ci(?:$|[ .:]))/i.test(name)),
  );
}
