import { normaliseScript } from "../../pkgbuild/normal-form/normalise.ts";
import type { Script } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import type { Pkgbuild } from "../files/side.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";

export const ownTextRules = {
  "own-text-read": {
    severity: "review",
    says: "comments or the number of lines changed, and this recipe reads its own text",
    protects: "`sed -n 's/^#: //p' PKGBUILD | sh` makes code of comments, and LINENO counts lines.",
  },
} as const satisfies Rules;

const finding = findingsOf(ownTextRules);

/** The recipe's name and makepkg's for it, bash's variables and commands that tell of its lines, its folder, and patterns beside it. */
const ownText =
  /PKGBUILD|SRCINFO|BUILDFILE|BASH_SOURCE|BASH_EXECUTION|LINENO|extdebug|startdir|\bcaller\b|\.\.["']?\/[^\s;|&)]*[*?[]/;

/** Where a recipe may read itself, what is no code counts, too. */
export function judgeOwnText(before: Recipe, after: Recipe): Finding[] {
  if (!countsLines(after) && !countsLines(before)) return [];
  const [old, now] = [before, after].map(({ text }) => text.split("\n").map(commentIn));
  const line = now!.findIndex((comment, at) => comment !== old![at]);
  if (line === -1 && old!.length === now!.length) return [];
  return [finding("own-text-read", "", { file: "PKGBUILD", ...(line !== -1 && { line: line + 1 }) })];
}

function countsLines({ text, script }: Recipe): boolean {
  return readsItself(text) || readsIndirectly(script);
}

/** Whether it reads a variable that another one names, which may be LINENO. */
function readsIndirectly(script: Script): boolean {
  let found = false;
  walkScript(script, {
    function: () => true,
    part: (part) => void (found ||= part.kind === "parameter" && part.prefix === "!" && !part.index),
  });
  return found;
}

/** Whether a recipe's code may come upon its own text, by its name or by way of the folder that it lies in. */
export function mayReadItself({ text, script }: Pick<Recipe, "text" | "script">): boolean {
  const normal = normaliseScript(script).replaceAll(/["<>]/g, "");
  return (
    readsItself(text) || ownText.test(normal) || byFolder.test(normal) || byFolder.test(withoutComments(text))
  );
}

/**
 * The same where not its comments count but the values of its assignments, which code can only look for by their names
 * or in the file's text: ranges of commits, folders in which something is built, names that the recipe's own
 * variables put together, and the way back from a folder lead to neither.
 */
export function mayReadItsValues({ text, recipe, evaluation }: Pkgbuild): boolean {
  const normal = normaliseScript(recipe.script).replaceAll(/["<>]/g, "");
  const values = evaluation();
  const assignedInside = new Set(
    recipe.assignments.flatMap(({ name, function: inside }) => (inside === undefined ? [] : [name])),
  );
  const writtenOut = normal.replaceAll(/(?:split)?\{(\w+)\}/g, (form, name: string) => {
    const value = assignedInside.has(name) ? undefined : values.scalar(name);
    return value?.known && /^[\w.+-]*$/.test(value.text) ? value.text : form;
  });
  const others = writtenOut
    .replaceAll(/(?<=[ ;(])(?:cmake|meson) (?![^;()|&]* -[EPC])[^;()|&*?[]*/g, "")
    .replaceAll(/(?<=[ ;(])git (?:rev-list|rev-parse|describe) [^;()|&*?[]*/g, "")
    .replaceAll(/(?<!\.)\.\.\.(?!\.)|(?<=[ ;(])popd(?=[ ;)])/g, "");
  return readsItself(text) || ownText.test(normal) || ownText.test(writtenOut) || byFolder.test(others);
}

/** Functions begin in `$srcdir` and come to the folder by `..`; only a name that is written out leads to that alone. */
const byFolder =
  /\b(?:cd|pushd) ["']?[-+]|--show-(?:toplevel|cdup)|rev-parse[^;\n]*--(?:git|absolute)|\bmakepkg\b|<<<\s*["']?\$\{?(?:pkgdir|srcdir)|\bBUILDDIR|SRCDEST|PKGDEST|LOGDEST|DIRSTACK|\bOLDPWD\b|\bPPID\b|\/proc\/|\bdirname\b|\brealpath\b|\breadlink\b|~[-+]|\bpopd\b|\$\{(?:srcdir|pkgdir)(?:[^}\w:]|:(?!\?))|\{(?:srcdir|pkgdir) (?!:\?)|function verify\b|\bverify ?\(\)|\b(?:find|fd|du|tree|ls|grep|rg)(?: -\S+)* \/(?=[ ;)])|(?<= )\/(?!(?:usr|etc|opt|lib|bin)\/)(?:\w+\/)*\w*\*|\.\.(?!["']?\/[\w.+@-])|\.\.["']?\/[^\s;|&)]*[*?[$`{\\]/;

function withoutComments(text: string): string {
  return text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .join("\n");
}

function readsItself(text: string): boolean {
  return text.split("\n").some((line) => !line.trimStart().startsWith("#") && ownText.test(line));
}

/** From the first sign that may begin a comment: more than a comment counts for one, never less. */
function commentIn(line: string): string {
  const at = line.indexOf("#");
  return at === -1 ? "" : line.slice(at);
}
