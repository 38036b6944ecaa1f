import { type Finding, finding } from "./finding.ts";

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
    if (mixed) findings.push(finding("look-alike-letters", visible(line), place));
  }
  return findings;
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
