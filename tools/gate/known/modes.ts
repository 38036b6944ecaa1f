/**
 * Whether a mode, as chmod(1) reads it, may set the bits that make a program run as its owner or group: octal with
 * any number of leading zeros, behind an operator too, or a list of symbolic clauses. What isn't known may be any.
 */
export function mayGiveRights(mode: string): boolean {
  if (/\$\{|`/.test(mode)) return true;
  const [, octal] = /^[-+=]?([0-7]+)$/.exec(mode) ?? [];
  if (octal !== undefined)
    return !mode.startsWith("-") && (Number.parseInt(octal.slice(-5), 8) & 0o6000) !== 0;
  return mode
    .split(",")
    .some((clause) => /^[ugoa]*(?:[-+=][rwxXstugo0-7]*)*[+=](?:[rwxXtugo]*s|0*[2-7][0-7]{3}$)/.test(clause));
}

/** The mode among the words of `chmod`, `install`, `mkdir` and their like. */
export function modesIn(name: string, words: readonly string[]): string[] {
  if (name === "chmod") {
    const operands = words.filter((word) => !/^--|^-[RvcfhHLP]+$/.test(word));
    return operands.slice(0, 1);
  }
  return words.flatMap((word, at) => {
    const [, joined] = /^(?:-[A-Za-ln-z]*m|--mode=|--chmod=|--perms=)(.+)$/.exec(word) ?? [];
    if (joined !== undefined) return [joined];
    return /^(?:-[A-Za-z]*m|--mode|--chmod)$/.test(words[at - 1] ?? "") ? [word] : [];
  });
}

/** Programs of the builder's own system that have such bits: a copy that keeps the mode has them, too. */
export const systemPrograms =
  /^\/(?:usr\/(?:local\/)?)?(?:s?bin|lib\/(?:polkit-1|dbus-1\.0|ssh|Xorg[\w.]*|chromium|electron\w*)|libexec)\//;
