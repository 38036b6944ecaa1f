import type { Script } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import { plain } from "../files/read-files.ts";
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
export function mayReadItself({ text, normal }: Pick<Pkgbuild, "text" | "normal">): boolean {
  const code = plain(normal);
  return readsItself(text) || ownText.test(code) || leadsUp(code) || leadsUp(withoutComments(text));
}

/**
 * The same where not its comments count but the values of its assignments, which code can only look for by their names
 * or in the file's text: ranges of commits, folders in which something is built, names that the recipe's own
 * variables put together, and the way back from a folder lead to neither.
 */
export function mayReadItsValues({ text, normal, recipe, evaluation }: Pkgbuild): boolean {
  const code = plain(normal);
  const values = evaluation();
  const assignedInside = new Set(
    recipe.assignments.flatMap(({ name, function: inside }) => (inside === undefined ? [] : [name])),
  );
  const writtenOut = code.replaceAll(/(?:split)?\{(\w+)\}/g, (form, name: string) => {
    const value = assignedInside.has(name) ? undefined : values.scalar(name);
    return value?.known && /^[\w.+-]*$/.test(value.text) ? value.text : form;
  });
  const others = writtenOut
    .replaceAll(/(?<=[ ;(])(?:cmake|meson) (?![^;()|&]* -[EPC])[^;()|&*?[]*/g, "")
    .replaceAll(/(?<=[ ;(])git (?:rev-list|rev-parse|describe) [^;()|&*?[]*/g, "")
    .replaceAll(/(?<!\.)\.\.\.(?!\.)|(?<=[ ;(])popd(?=[ ;)])/g, "");
  return readsItself(text) || ownText.test(code) || ownText.test(writtenOut) || leadsUp(others);
}

/** Whether code leads from `$srcdir`, where functions begin, to the recipe's folder. */
function leadsUp(code: string): boolean {
  return waysUp.some((way) => way.test(code));
}

const waysUp: readonly RegExp[] = [
  // Up from where it is; only a name that is written out behind it leads to that name alone.
  /\.\.(?!["']?\/[\w.+@-])|\.\.["']?\/[^\s;|&)]*[*?[$`{\\]/,
  // Back to where makepkg was before.
  /\b(?:cd|pushd) ["']?[-+]|\bpopd\b|~[-+]|DIRSTACK|\bOLDPWD\b/,
  // Folders of makepkg's that are the recipe's unless somebody sets them, and parts of those within it.
  /\bBUILDDIR|SRCDEST|PKGDEST|LOGDEST/,
  /\$\{(?:srcdir|pkgdir)(?:[^}\w:]|:(?!\?))|\{(?:srcdir|pkgdir) (?!:\?)|<<<\s*["']?\$\{?(?:pkgdir|srcdir)/,
  // Programs that tell of folders above.
  /\bdirname\b|\brealpath\b|\breadlink\b|\bPPID\b|\/proc\/|--show-(?:toplevel|cdup)|rev-parse[^;\n]*--(?:git|absolute)/,
  // What goes through the whole system.
  /\b(?:find|fd|du|tree|ls|grep|rg)(?: -\S+)* \/(?=[ ;)])|(?<= )\/(?!(?:usr|etc|opt|lib|bin)\/)(?:\w+\/)*\w*\*/,
  // What runs in the recipe's folder: PKGBUILD(5), verify(), and makepkg itself.
  /function verify\b|\bverify ?\(\)|\bmakepkg\b/,
];

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
