import type { RecipeFile } from "../update.ts";
import { readsByName } from "./reads-by-name.ts";
import { plain as plainForm, scriptletsSay } from "../files/read-files.ts";
import { decode, type Side } from "../files/side.ts";

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
  // `%c`, `%i` and `%k` hand on its name, icon and place.
  return (
    old !== undefined &&
    old === now &&
    !/%[cik]/.test(old) &&
    startsPlainly(old) &&
    sides.every((side) => isOnlyInstalled(path, side))
  );
}

/** The entry without what is only shown; undefined where something shown isn't plain. */
function rest({ bytes }: RecipeFile): string | undefined {
  const lines = (decode(bytes) ?? "").split("\n");
  const others: string[] = [];
  for (const line of lines) {
    if (line === "" || /^#(?!!)[ -~]*$/.test(line)) continue;
    if (!shown.test(line)) others.push(line);
    else if (!plain.test(line)) return undefined;
  }
  return others.join("\n");
}

/** Whether what it starts is a program with plain arguments, none of which may lead back to the entry. */
function startsPlainly(others: string): boolean {
  return others
    .split("\n")
    .filter((line) => /^(?:Try)?Exec\s*=/.test(line))
    .every(
      (line) =>
        /^(?:Try)?Exec=[\w./+-]+(?: [\w./:=+%@-]+)*$/.test(line) &&
        !/\b(?:env|sh|bash|dash|zsh|fish|python[\d.]*|perl|ruby|node|lua|awk|xargs)\b|applications|\.desktop/.test(
          line,
        ),
    );
}

const shown = /^(?:(?:Name|GenericName|Comment|Keywords)(?:\[[\w@.-]+\])?|Categories|Icon)=/;
const plain =
  /^(?!Categories=.*TerminalEmulator)[A-Za-z]+(?:\[[\w@.-]+\])?=[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N} ,.;:!?+_-]*$/u;

/**
 * Every line that may mean it is of an array of sources, or of an `install` to where menus look; and nothing goes
 * through the files of the source or of the package that may come upon it.
 */
function isOnlyInstalled(path: string, { pkgbuild }: Side): boolean {
  if ("problem" in pkgbuild || readsByName(pkgbuild.recipe)) return false;
  if (scriptletsSay(pkgbuild, /applications|\.desktop|\bpacman\b/)) return false;
  const lines = pkgbuild.text.split("\n").filter((line) => line.includes(".desktop"));
  const isWritten = lines.some((line) => line.includes(path));
  return (
    isWritten &&
    lines.every((line) => installed.test(line) || listed.test(line)) &&
    !goesThroughFiles.test(plainForm(pkgbuild.normal))
  );
}

const installed =
  /^\s*install (?!.*(?:-m ?0?[1357]|755|pkgdir.*pkgdir))[^|;&<>`()*?[]*\/usr\/share\/(?:applications|xsessions|wayland-sessions)\/[^|;&<>`()*?[]*$/;
/** Alone, or as one of a list: a name without a command. */
const listed = /^\s*(?:source(?:_\w+)?\+?=)?\(?\s*["']?[\w.$/{}@+-]+\.desktop["']?\s*\)?$/;
/** Patterns, and programs that look for files or take what others name. */
const goesThroughFiles =
  /[*?[](?!\})|(?<!\.)\.\.(?=[ ;)])|(?<=[ ;(])(?:find|fd|xargs|grep|sed|awk|mv|ln|chmod|cp|rename|tar|bsdtar|rsync|ls|eval|source|sh|bash|zsh|python3?|perl|ruby|node) /;
