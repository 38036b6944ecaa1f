import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";

export const ownTextRules = {
  "own-text-read": {
    severity: "review",
    says: "comments or the number of lines changed, and this recipe reads its own text",
    protects: "`sed -n 's/^#: //p' PKGBUILD | sh` makes code of comments, and LINENO counts lines.",
  },
} as const satisfies Rules;

const finding = findingsOf(ownTextRules);

/** The recipe's name, bash's variables and commands that tell of its lines, its folder, and patterns beside it. */
const ownText =
  /PKGBUILD|SRCINFO|BASH_SOURCE|BASH_EXECUTION|LINENO|startdir|\bcaller\b|\.\.["']?\/[^\s;|&)]*[*?[]/;

/** Where a recipe may read itself, what is no code counts, too. */
export function judgeOwnText(before: string, after: string): Finding[] {
  if (!readsItself(after) && !readsItself(before)) return [];
  const [old, now] = [before, after].map((text) => text.split("\n").map(commentIn));
  const line = now!.findIndex((comment, at) => comment !== old![at]);
  if (line === -1 && old!.length === now!.length) return [];
  return [finding("own-text-read", "", { file: "PKGBUILD", ...(line !== -1 && { line: line + 1 }) })];
}

function readsItself(text: string): boolean {
  return text.split("\n").some((line) => !line.trimStart().startsWith("#") && ownText.test(line));
}

/** From the first sign that may begin a comment: more than a comment counts for one, never less. */
function commentIn(line: string): string {
  const at = line.indexOf("#");
  return at === -1 ? "" : line.slice(at);
}
