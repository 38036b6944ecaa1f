import type { RecipeFile } from "../update.ts";
import { decode, type Side } from "./side.ts";

/**
 * Whether two versions of a desktop entry differ by nothing but what menus show, and the recipe does nothing with it
 * but install it: what it starts, and for what, is the same.
 *
 * Keys are those of the Desktop Entry Specification 1.5.
 */
export function onlyShownDifferently(
  path: string,
  [before, after]: readonly RecipeFile[],
  sides: readonly Side[],
): boolean {
  const [old, now] = [before, after].map((file) => (file ? rest(file) : undefined));
  return old !== undefined && old === now && sides.every((side) => isOnlyInstalled(path, side));
}

/** The entry without what is only shown; undefined where something shown isn't plain. */
function rest({ bytes }: RecipeFile): string | undefined {
  const lines = (decode(bytes) ?? "").split("\n");
  const others: string[] = [];
  for (const line of lines) {
    if (line === "" || /^#[ -~]*$/.test(line)) continue;
    if (!shown.test(line)) others.push(line);
    else if (!plain.test(line)) return undefined;
  }
  return others.join("\n");
}

const shown =
  /^(?:(?:Name|GenericName|Comment|Keywords)(?:\[[\w@.-]+\])?|Categories|Icon|StartupNotify|StartupWMClass)=/;
const plain = /^[A-Za-z]+(?:\[[\w@.-]+\])?=[\p{L}\p{M}\p{N} ,.;:!?+_-]*$/u;

/** Every line that may mean it is of an array of sources, or of `install` and `cp`. */
function isOnlyInstalled(path: string, { pkgbuild }: Side): boolean {
  if ("problem" in pkgbuild) return false;
  const lines = pkgbuild.text.split("\n").filter((line) => line.includes(".desktop"));
  const isWritten = lines.some((line) => line.includes(path));
  return isWritten && lines.every((line) => installed.test(line) || listed.test(line));
}

const installed = /^\s*(?:install|cp) [^|;&<>`()]*$/;
/** Alone, or as one of a list: a name without a command. */
const listed = /^\s*(?:source(?:_\w+)?\+?=)?\(?\s*["']?[\w.$/{}@+-]+\.desktop["']?\s*\)?$/;
