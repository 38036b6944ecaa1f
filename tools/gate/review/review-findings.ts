import type { Finding, Severity } from "../rules/finding.ts";
import { clipped, inertBlock, inertInline } from "./inert.ts";
import { rules } from "../rules/rules.ts";

/**
 * Findings as Markdown for a person, worst first, under a heading for each severity.
 *
 * @param all with their repetitions, which are shown once
 * @param room how many UTF-16 code units it may take; what doesn't fit is counted at the end
 * @param level of the headings, `###`
 */
export function findingsText(all: readonly Finding[], room: number, level = "###"): string {
  // Several ways of looking may have found the same.
  const findings = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  const parts: string[] = [];
  const left: Finding[] = [];
  let free = room - roomForTheRest;
  for (const severity of severities) {
    const own = findings.filter((one) => one.severity === severity);
    const heading = `${level} ${headings[severity]} (${own.length})`;
    let block = heading;
    for (const one of own) {
      const fits = (text: string): boolean => text.length + heading.length + 4 <= free;
      const item = left.length > 0 ? undefined : [findingText, findingLine].map((of) => of(one)).find(fits);
      if (item === undefined) {
        left.push(one);
        continue;
      }
      if (block === heading) free -= heading.length + 3;
      block += `${block === heading ? "\n\n" : "\n"}${item}`;
      free -= item.length + 1;
    }
    if (block !== heading) parts.push(block);
  }
  if (left.length > 0) parts.push(leftOut(left));
  return parts.join("\n\n");
}

const roomForTheRest = 200;
const severities: readonly Severity[] = ["danger", "review", "info"];
const headings = { danger: "Dangerous", review: "To be looked at", info: "Worth knowing" };

function leftOut(findings: readonly Finding[]): string {
  const dangerous = findings.filter(({ severity }) => severity === "danger").length;
  const among = dangerous > 0 ? `, ${dangerous} of them dangerous` : "";
  return `**${count(findings.length, "more finding")} left out here${among}**, because a review's text is limited. Look at the change itself.`;
}

/** `1 finding`, `2 findings` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A list item: where, what, and what was there before. */
function findingText(one: Finding): string {
  const { before, after } = one;
  const line = findingLine(one);
  if (before === undefined && after === undefined) return line;
  if (isShort(before) && isShort(after)) return `${line}${shortChange(one)}`;
  const change = inertBlock(changedLines(before ?? "", after ?? ""), "diff");
  return `${line}\n\n${change.replaceAll(/^/gm, "  ")}\n`;
}

function findingLine({ rule, message, file, line }: Finding): string {
  const { says = "" } = rules[rule] ?? {};
  const known = message.startsWith(says);
  const detail = known ? message.slice(says.length).replace(/^:? /, "") : message;
  const sentence = known ? says.replace(/^[a-z]/, (letter) => letter.toUpperCase()) : "";
  const shown = detail === file ? "" : inertInline(detail);
  const place =
    file === undefined ? "" : `${inertInline(file, 120)}${line === undefined ? "" : ` line ${line}`}: `;
  return `- ${place}${[sentence, shown].filter(Boolean).join(": ")}`;
}

function isShort(text: string | undefined): boolean {
  return text === undefined || (text.length <= 120 && !text.includes("\n"));
}

/** Nothing where the sentence has said it already. */
function shortChange({ before, after, message }: Finding): string {
  if ([before, after].every((text) => text === undefined || message.includes(text))) return "";
  if (!before) return after ? `; now ${inertInline(after)}` : "";
  return `; before ${inertInline(before)}${after ? `, now ${inertInline(after)}` : ""}`;
}

/** The lines that aren't the same at both ends, bounded; the review's own difference shows the rest. */
function changedLines(before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const isSame = (a: number, b: number): boolean => old.at(a) !== undefined && old.at(a) === now.at(b);
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && isSame(start, start)) start++;
  let end = 0;
  while (end < shorter - start && isSame(-1 - end, -1 - end)) end++;
  return [
    ...marked("-", old.slice(start, old.length - end)),
    ...marked("+", now.slice(start, now.length - end)),
  ].join("\n");
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function marked(mark: "-" | "+", lines: readonly string[]): string[] {
  const shown = lines.slice(0, linesShown).map((line) => `${mark}${clipped(line, 160)}`);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `${mark}… (${count(more, "more line")})`] : shown;
}

const linesShown = 12;
