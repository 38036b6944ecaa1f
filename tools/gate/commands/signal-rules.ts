import type { Comparison } from "../values/comparison.ts";
import { formsOf } from "../code/top-level-code.ts";
import { hidesWords, inBearablePieces, rulesBrokenByText } from "./dangerous-text.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { judgeFunctions } from "../code/function-rules.ts";
import { piecesOf } from "./pieced-words.ts";
import { namesOf } from "./resolved-words.ts";
import { decode, type Pkgbuild, readPkgbuildText } from "../files/side.ts";
import { type Signal, signalsIn } from "./signals.ts";
import { textsOf } from "../values/variables.ts";
import { commandRules } from "./dangerous-commands.ts";
import { writeRules } from "./write-targets.ts";
import { characterRules } from "../code/character-rules.ts";
import { addressRules } from "../sources/source-address.ts";
import { scriptletRules } from "../files/scriptlets.ts";
import { assignmentRules } from "../values/assignment-rules.ts";

export const hiddenWordRules = {
  obfuscation: {
    severity: "danger",
    says: "a text put together so that it isn't recognised",
    protects: "'b''u''n' is bun (June 2026).",
  },
} as const satisfies Rules;

const finding = findingsOf({
  ...hiddenWordRules,
  ...commandRules,
  ...writeRules,
  ...characterRules,
  ...addressRules,
  ...scriptletRules,
  ...assignmentRules,
});

/** What the new PKGBUILD does that the old one didn't, or does with something that changed. */
export function judgeSignals(
  before: Pkgbuild | undefined,
  after: Pkgbuild,
  comparison?: Comparison,
): Finding[] {
  if (before && comparison && doesTheSame(before, after, comparison)) return [];
  const signals = signalsOf(after);
  const old = new Set(before && signals.length > 0 ? signalsOf(before).map(({ key }) => key) : []);
  const otherChanges = comparison?.otherChanges ?? new Set<string>();
  const findings = new Map<string, Finding>();
  for (const { key, rule, line, text, reads } of signals) {
    const changed = [...reads].filter((name) => otherChanges.has(name));
    if (old.has(key) && changed.length === 0) continue;
    const why = old.has(key) ? `${text} (with another $${changed.join(", $")})` : text;
    findings.set(`${key} ${rule}`, finding(rule, shorten(why), { file: "PKGBUILD", line, after: text }));
  }
  for (const { name, before: held, after: now } of comparison?.changes ?? []) {
    const known = new Set(textsOf(held) ?? []);
    for (const text of textsOf(now) ?? []) {
      if (known.has(text) || /^(?:source|pkgdesc$|url$|backup$)/.test(name)) continue;
      for (const [rule, found] of rulesBrokenByText(text)) {
        findings.set(
          `${rule} ${name}`,
          finding(rule, `${found} in $${name}`, { file: "PKGBUILD", after: text }),
        );
      }
    }
  }
  return [...findings.values(), ...judgeHiddenWords("PKGBUILD", before?.text ?? "", after.text)];
}

/** The same functions and code with nothing new to read but the version: the common case, and quick to tell. */
function doesTheSame(before: Pkgbuild, after: Pkgbuild, { otherChanges, topLevelCode }: Comparison): boolean {
  if ([...otherChanges].some((name) => !/sums(?:_\w+)?$/.test(name))) return false;
  return (
    formsOf(topLevelCode.before) === formsOf(topLevelCode.after) && judgeFunctions(before, after).length === 0
  );
}

/** A scriptlet or another shell script of the recipe. */
export function judgeScript(file: string, before: Uint8Array | undefined, after: Uint8Array): Finding[] {
  const [old, now] = [before && decode(before), decode(after)];
  if (now === undefined) return [];
  const [readOld, readNow] = [old === undefined ? undefined : readPkgbuildText(old), readPkgbuildText(now)];
  const findings = new Map<string, Finding>();
  if ("recipe" in readNow) {
    const keys = new Set(readOld && "recipe" in readOld ? signalsOf(readOld).map(({ key }) => key) : []);
    for (const { key, rule, line, text } of signalsOf(readNow)) {
      // On a user's machine there are no srcdir and pkgdir, and a script's variables are its own.
      if (keys.has(key) || /^(?:outside|scriptlet|assigned-again)$/.test(rule)) continue;
      // A starter ends with the program that it starts.
      if (rule === "background" && text.startsWith("exec ")) continue;
      findings.set(key, finding(rule, shorten(text), { file, line, after: text }));
    }
  }
  return [
    ...findings.values(),
    ...judgeText(file, old ?? "", now),
    ...judgeHiddenWords(file, old ?? "", now),
  ];
}

/** Nobody reads more of one text. */
const mostOfOneText = 1_000;

/** Any text, whatever language it's in: what its new lines mention. */
export function judgeText(file: string, before: string, after: string): Finding[] {
  // Most texts mention nothing of it, which is quickly told of all lines at once.
  if (rulesBrokenByText(after).size === 0) return [];
  const known = new Set(before.split("\n").map((line) => line.trim()));
  let found = 0;
  return after.split("\n").flatMap((line, at) => {
    if (known.has(line.trim()) || found >= mostOfOneText) return [];
    // What is said once needn't be said again.
    known.add(line.trim());
    const broken = [...rulesBrokenByText(line)];
    found += broken.length;
    return broken.map(([rule, text]) => finding(rule, shorten(text), { file, line: at + 1, after: text }));
  });
}

function judgeHiddenWords(file: string, before: string, after: string): Finding[] {
  const known = new Set(before.split("\n").map((line) => line.trim()));
  return after.split("\n").flatMap((line, at) => {
    if (known.has(line.trim()) || !inBearablePieces(line).some(hidesWords)) return [];
    return [finding("obfuscation", shorten(line.trim()), { file, line: at + 1, after: line.trim() })];
  });
}

function signalsOf(pkgbuild: Pkgbuild): Signal[] {
  const { recipe } = pkgbuild;
  const names = namesOf(pkgbuild.evaluation(), recipe.assignments);
  return signalsIn(recipe.script, names, piecesOf(recipe.script, recipe.assignments, names));
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
