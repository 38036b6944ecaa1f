import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { judgeText } from "../commands/signal-rules.ts";

export const patchRules = {
  "patch-outside": {
    severity: "danger",
    says: "a patch that writes outside the source's folder",
    protects: "patch would follow it there.",
  },
} as const satisfies Rules;

const finding = findingsOf(patchRules);

/** Lines that a patch adds, and the paths that it changes. */
export function judgePatch(path: string, before: string, after: string): Finding[] {
  const findings = judgeText(path, addedLines(before), addedLines(after));
  for (const target of targetsOf(after)) {
    const outside =
      (target.startsWith("/") && target !== "/dev/null") || target.split(/[/\\]/).includes("..");
    if (outside) findings.push(finding("patch-outside", target, { file: path }));
  }
  if (/^(?:new file mode|new mode|deleted file mode|old mode) 120000|^index \S+ 120000/m.test(after))
    findings.push(finding("patch-outside", "it makes a symbolic link", { file: path }));
  // patch gives such lines to ed, which runs commands (CVE-2018-1000156).
  if (
    /^(?:\d+(?:,\d+)?[acd]|[acdrw!]\s*.*)$/m.test(after) &&
    !/^(?:---|\+\+\+|\*\*\*|diff|Index:|@@)/m.test(after)
  )
    findings.push(finding("patch-outside", "it is a script for ed", { file: path }));
  return findings;
}

/** Paths in the headers of every form of patch, without quotes (git-diff(1), core.quotePath). */
function targetsOf(patch: string): string[] {
  const targets: string[] = [];
  for (const [, rest = ""] of patch.matchAll(
    /^(?:\+\+\+|---|\*\*\*|rename (?:to|from)|copy (?:to|from)|Index:|diff --git) ([^\n]+)/gm,
  )) {
    for (const [, quoted, bare] of rest.replace(/\r$/, "").matchAll(/"((?:[^"\\]|\\.)*)"|([^\s"]+)/g)) {
      targets.push(quoted === undefined ? (bare ?? "") : unquoted(quoted));
    }
  }
  return targets;
}

function unquoted(text: string): string {
  return text.replaceAll(/\\([0-7]{1,3}|.)/gs, (_, escaped: string) =>
    /^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : escaped,
  );
}

function addedLines(patch: string): string {
  return patch
    .split("\n")
    .map((line) => (/^[+!]/.test(line) && !line.startsWith("+++ ") ? line.slice(1) : ""))
    .join("\n");
}
