import type { Comment } from "../../pkgbuild/grammar/syntax.ts";
import type { Pkgbuild } from "../files/side.ts";
import { mayReadItself } from "./own-text.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";

export const commentRules = {
  "comment-changed": {
    severity: "review",
    says: "a new comment that isn't only for people",
    protects:
      "`sed -n 's/^#: //p' PKGBUILD | sh` makes code of comments, and other programs take orders from them.",
  },
} as const satisfies Rules;

const finding = findingsOf(commentRules);

/** Who maintains it and under which license, an address, a ruler: nothing that does something by being read. */
const forPeople =
  /^#+[ \t]*(?:(?:(?:co-?|former |previous |original )?(?:maintainers?|contributors?|submitters?|authors?|packagers?)|SPDX-(?:License-Identifier|FileCopyrightText)|copyright)[ \t]*[:(]?(?:[\p{L}\p{M}\p{N} \t.,:@<>()[\]{}'"_+-]|https?:\/\/[\w.~-]+[\w.~/%-]*)*|https?:\/\/[\w.~/%+-]+[ \t]*|[ \t#=*_-]*)$/iu;

/** A line of text, perhaps a command that was taken out, that chains and expands nothing. */
const words = /^#+(?:[\p{L}\p{M}\p{N} \t.,:()[\]{}'"!?%+=*_~/@#-]|\$(?![({\w])){0,200}$/u;

/**
 * New comments are for people, were there with another version in them, or are mere words where the recipe has no way
 * to its own text.
 */
export function judgeComments(before: Pkgbuild, after: Pkgbuild): Finding[] {
  const come = subtract(after.recipe.comments, before.recipe.comments);
  if (come.length === 0) return [];
  const gone = subtract(before.recipe.comments, after.recipe.comments);
  const known = new Set(gone.map(({ text }) => withoutNumbers(text)));
  const mayRead = [before, after].some(mayReadItself);
  return come.flatMap(({ text, line }) =>
    forPeople.test(text.trim()) || (!mayRead && (words.test(text.trim()) || known.has(withoutNumbers(text))))
      ? []
      : [finding("comment-changed", text.slice(0, 200), { file: "PKGBUILD", line, after: text })],
  );
}

/** Words and what stands between them in a sentence. */
const sentence = /^#+[\p{L}\p{M}\p{N} \t.,:()'!?%+-]{0,200}$/u;

/** What leads a scriptlet to its own text: pacman keeps it in its database. */
const ownScriptlet = /BASH_SOURCE|\$0|\$\{0|LINENO|\bcaller\b|\/pacman\b|\bPPID\b|\/proc\//;

/** Whether two scriptlets are the same but for lines of such comments. */
export function differsForPeopleAlone(before: string, after: string): boolean {
  const mayRead = ownScriptlet.test(before) || ownScriptlet.test(after);
  const [old, now] = [before, after].map((text) =>
    text
      .split("\n")
      .filter((line, at) =>
        line.startsWith("#!") && at === 0
          ? true
          : !(forPeople.test(line) || (!mayRead && sentence.test(line))),
      )
      .join("\n"),
  );
  return old === now;
}

function subtract(comments: readonly Comment[], others: readonly Comment[]): Comment[] {
  const left = new Map<string, number>();
  for (const { text } of others) left.set(text, (left.get(text) ?? 0) + 1);
  return comments.filter(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}

function withoutNumbers(text: string): string {
  return text.trim().replaceAll(/\d+(?:[._]\d+)*/g, "0");
}
