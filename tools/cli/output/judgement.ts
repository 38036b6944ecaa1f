import type { Finding, Judgement } from "../../gate/judge.ts";

/** The verdict, then each finding with its place and what it was and is. */
export function describeJudgement({ verdict, findings }: Pick<Judgement, "verdict" | "findings">): string {
  return [verdict, ...findings.map(describeFinding)].map((text) => `${text}\n`).join("");
}

function describeFinding({ severity, rule, message, file, line, before, after }: Finding): string {
  const place = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
  const sides = [...quoted("-", before), ...quoted("+", after)];
  return [`${severity.padEnd(6)}  ${oneLine(`${place}${message}`)} (${rule})`, ...sides].join("\n");
}

/** A file may be named as lines of this very report. */
function oneLine(text: string): string {
  return text.replaceAll("\n", "\\n");
}

const shownLines = 12;

function quoted(sign: string, text: string | undefined): string[] {
  const lines = (text ?? "").split("\n").filter((line) => line.trim() !== "");
  const more = lines.length > shownLines ? [`        … ${lines.length - shownLines} more lines`] : [];
  return [...lines.slice(0, shownLines).map((line) => `        ${sign} ${line}`), ...more];
}
