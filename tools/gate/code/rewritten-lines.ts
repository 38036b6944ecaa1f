import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";

export const rewrittenLineRules = {
  "rewritten-line": {
    severity: "danger",
    says: "a line that makepkg rewrites, of which more than the version would change",
    protects: "What stands behind the version may become a command when makepkg writes a new one over it.",
  },
} as const satisfies Rules;

const finding = findingsOf(rewrittenLineRules);

const rewritten = /^pkg(?:ver|rel)=/;
const word = String.raw`(?:"[^"\s;&|<>()]*"|'[^'\s;&|<>()]*'|[^"'\s;&|<>()])*`;
/** A word and, after spaces, perhaps a comment: with another word in its place it is an assignment still. */
const whole = new RegExp(`^pkg(?:ver|rel)=${word}(?: +(?:#[^\\n]*)?)?$`);

/**
 * When `pkgver()` gives another version, makepkg replaces `pkgver=*([^ ])` and `pkgrel=*([^ ])` at the beginning of
 * every line, whatever it is part of, and reads the recipe again (update_pkgver of pacman 6.0 to 7.0). A tab is no
 * space, so that of `pkgver=1<tab># touch x` the comment's sign goes, and its text is run.
 */
export function judgeRewrittenLines(before: string, after: string): Finding[] {
  const old = before.split("\n").filter((text) => rewritten.test(text));
  const accepted = new Set(old);
  let count = 0;
  const findings = after.split("\n").flatMap((text, at) => {
    if (!rewritten.test(text)) return [];
    count += 1;
    if (whole.test(text) || accepted.has(text)) return [];
    return [finding("rewritten-line", text.slice(0, 200), { file: "PKGBUILD", line: at + 1, after: text })];
  });
  if (old.length > 0 && count !== old.length)
    findings.push(finding("rewritten-line", `${old.length} before, ${count} now`, { file: "PKGBUILD" }));
  return findings;
}
