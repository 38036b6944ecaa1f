import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Side } from "./side.ts";

export const srcinfoFormRules = {
  "srcinfo-form": {
    severity: "danger",
    says: ".SRCINFO has a line that makepkg doesn't write",
    protects: "Its readers differ in what ends a line, begins a section or is white space.",
  },
} as const satisfies Rules;

const finding = findingsOf(srcinfoFormRules);

/** As makepkg writes them, and comments of printable characters. */
const line =
  /^(?:|#[ -~]*|pkg(?:base|name) = [!-~]+|[ \t]+(?!pkg(?:base|name) )[a-z][a-z0-9]*(?:_\w+)? = ?(?:[^\p{C}\p{Z}]| (?! ))*)[ \t]*$/u;

/** New lines are as makepkg writes them: whoever reads them in another way reads the same. */
export function judgeForm(before: Side, after: Side, { base, packages }: Srcinfo): Finding[] {
  const [old, now] = [before, after].map(({ files }) =>
    new TextDecoder().decode(files.get(".SRCINFO")?.bytes).split("\n"),
  );
  const known = new Set(old);
  // Some are written by hand, or on Windows, and go on so.
  const hasReturns = old!.some((text) => text.endsWith("\r"));
  const isFlat = old!.some((text) => /^(?!pkg(?:base|name) )[a-z]\w* =/.test(text));
  const asUsual = (text: string): string => {
    const oneLine = hasReturns ? text.replace(/\r$/, "") : text;
    return isFlat ? oneLine.replace(/^(?!pkg(?:base|name) )(?=[a-z])/, "\t") : oneLine;
  };
  const findings = now!.flatMap((text, at) =>
    known.has(text) || line.test(asUsual(text))
      ? []
      : [finding("srcinfo-form", JSON.stringify(text.slice(0, 200)), { file: ".SRCINFO", line: at + 1 })],
  );
  // A line without a value empties a field; among others, it may mean anything.
  const sections = [base, ...packages.map(({ fields }) => fields)];
  const emptied = sections.flatMap((fields) => [...fields.values()].filter(({ length }) => length === 0));
  if (now!.filter((text) => /^[^=]*=[ \t]*$/.test(text)).length > emptied.length)
    findings.push(finding("srcinfo-form", "no value among those of a list", { file: ".SRCINFO" }));
  return findings;
}
