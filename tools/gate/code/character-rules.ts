import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";

export const characterRules = {
  "hidden-characters": {
    severity: "danger",
    says: "characters that hide or reorder text",
    protects: "What a reader sees must be what bash reads.",
  },
  "look-alike-letters": {
    severity: "danger",
    says: "a word that mixes letters of several scripts",
    protects: "A Cyrillic letter looks like a Latin one.",
  },
  "odd-white-space": {
    severity: "review",
    says: "unusual white space or line ends",
    protects: "bash takes them for part of a word.",
  },
} as const satisfies Rules;

const finding = findingsOf(characterRules);

/** Characters of new lines, in code and in comments alike. */
export function judgeCharacters(file: string, before: string, after: string): Finding[] {
  if (before === after || isPlainText(after)) return [];
  const known = new Set(before.split("\n"));
  const findings: Finding[] = [];
  for (const [at, line] of after.split("\n").entries()) {
    if (known.has(line) || isPlainText(line)) continue;
    const place = { file, line: at + 1 };
    if (/[\p{Bidi_Control}\p{Cf}\p{Co}\p{Cn}\u115F\u1160\u3164\uFFA0]|(?![\t\r])\p{Cc}/u.test(line)) {
      findings.push(finding("hidden-characters", visible(line), place));
    }
    if (/[\r\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(line))
      findings.push(finding("odd-white-space", visible(line), place));
    const code = line.replace(/(^|\s)#.*/, "");
    const mixed =
      /[A-Za-z0-9_./:-][\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\uFF01-\uFF5E]|[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\uFF01-\uFF5E][A-Za-z0-9_]/u.exec(
        code,
      );
    if (mixed || imitates(code)) findings.push(finding("look-alike-letters", visible(line), place));
  }
  return findings;
}

/** Letters made to look like Latin ones, which no language needs: phonetic, mathematical, enclosed, raised. */
const imitations =
  /[\u0131\u017F\u0180-\u02AF\u02B0-\u02FF\u1D00-\u1DBF\u2070-\u209C\u2100-\u214F\u2160-\u2188\u2460-\u24FF\u2C60-\u2C7F\uA720-\uA7FF\uAB30-\uAB6F\uA4D0-\uA4FF\uFB00-\uFB4F\u{1D400}-\u{1D7FF}\u{1F100}-\u{1F1AD}\u{1DF00}-\u{1DFFF}]/u;
const lookAlikeSigns =
  /[\u2010-\u2015\u2024\u2044\u2215\u29F8\uFE52\uFF0E\uFF0F\u2236\u02D0\uA789\uFF1A\u01C3\u037E\u2018-\u201F]/u;

function imitates(code: string): boolean {
  if (/^\s*_?pkgdesc\+?=/.test(code)) return false;
  // A sign that looks like those of an address or of bash counts where nothing but code stands, not in a sentence.
  return (
    imitations.test(code) ||
    (lookAlikeSigns.test(code) &&
      /:\/\/\S*[^\x20-\x7e]|[a-z0-9](?!\u2019)[^\x20-\x7e][a-z0-9]/i.test(code) &&
      !/\becho\b|\bmsg2?\b|\bnote\b|\bwarning\b/.test(code))
  );
}

function isPlainText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\t\n\x20-\x7e]*$/.test(text);
}

/** With every character that isn't plain as an escape. */
function visible(line: string): string {
  const shown = line.replaceAll(
    /[^\x20-\x7e]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ""}}`,
  );
  return shown.trim().slice(0, 200);
}
