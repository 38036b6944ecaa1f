import { isPkgbase } from "../../alpm/names.ts";
import { foldedSections, lookAtFirst, roomOfEvidence, type EvidenceSection } from "./evidence.ts";
import { clipped, inertInline, inertMessage } from "./inert.ts";
import type { Judgement, Verdict } from "../judge.ts";
import { compareLink } from "./review-compare.ts";
import { count, findingsText } from "./review-findings.ts";
import { summarise } from "./review-recipe.ts";
import type { Update } from "../update.ts";

/** All that a review tells beside what the recipes say themselves. Times are in milliseconds since 1970. */
export interface ReviewFacts {
  readonly update: Update;
  readonly judgement: Pick<Judgement, "verdict" | "findings">;
  /** The accepted maintainers; undefined where none were recorded yet. */
  readonly maintainersBefore: readonly string[] | undefined;
  /** Upstream's maintainers now; undefined where upstream knows none, empty for an orphan. */
  readonly maintainersAfter: readonly string[] | undefined;
  /** Packages of the workspace that need this one. */
  readonly dependents: readonly string[];
  /** What upstream calls the revision that is shown. */
  readonly revision: string;
  /** Undefined for packages that don't come from the AUR. */
  readonly aur: AurFacts | undefined;
  readonly now: number;
  /** What was found out about it beside its recipe; default: nothing. */
  readonly evidence?: readonly EvidenceSection[] | undefined;
}

export interface AurFacts {
  readonly votes: number;
  readonly firstSubmitted: number;
}

/** Also the subject of the commit, so a pkgbase that begins with `@` calls nobody. */
export function reviewTitle(pkgbase: string): string {
  return `chore(update): ${inertMessage(pkgbase)}`;
}

/**
 * What the reviewer reads, in Markdown: never more than 60,000 UTF-16 code units, of the 65,536 that GitHub takes.
 * Whatever upstream wrote stands in code spans and blocks, and nothing in it is acted on.
 */
export function reviewBody(facts: ReviewFacts): string {
  const { verdict, findings } = facts.judgement;
  const head = [verdicts[verdict], factLines(facts).join("\n")].join("\n\n");
  const room = longestBody - roomOfEvidence - head.length - whatToDo.length - 4;
  const body = [head, findingsText(findings, room), whatToDo].filter(Boolean).join("\n\n");
  return withEvidence(body, facts.evidence ?? []);
}

const longestBody = 60_000;

/**
 * A review's text with this evidence in the place of what it had: what to look at first below the verdict, all else at
 * the end. The rest stays as it is, whoever wrote it.
 */
export function withEvidence(body: string, sections: readonly EvidenceSection[]): string {
  const rest = withoutEvidence(body);
  const first = lookAtFirst(sections);
  const used = rest.length + first.length + 200;
  const folded = foldedSections(sections, Math.max(0, longestBody - used));
  const [verdict = "", ...others] = rest.split("\n\n");
  const shown = first === "" || used > longestBody ? [] : [`${marks.first}\n${first}\n${marks.firstEnd}`];
  const text = [verdict, ...shown, ...others].join("\n\n");
  return folded === "" ? text : `${text}\n\n${marks.evidence}\n${folded}\n${marks.evidenceEnd}`;
}

/** Each is a line by itself, which no text of upstream's can be. */
const marks = {
  first: "<!-- sluice:first -->",
  firstEnd: "<!-- sluice:first-end -->",
  evidence: "<!-- sluice:evidence -->",
  evidenceEnd: "<!-- sluice:evidence-end -->",
};

function withoutEvidence(body: string): string {
  const text = body.replaceAll("\r\n", "\n");
  return without(without(text, marks.first, marks.firstEnd), marks.evidence, marks.evidenceEnd).trimEnd();
}

function without(text: string, begin: string, end: string): string {
  const lines = text.split("\n");
  const [from, to] = [lines.indexOf(begin), lines.indexOf(end)];
  if (from < 0 || to < from) return text;
  const [before, after] = [lines.slice(0, from), lines.slice(to + 1)].map((some) => some.join("\n"));
  return `${before!.trimEnd()}\n\n${after!.trimStart()}`;
}

const verdicts: Record<Verdict, string> = {
  minor: "**Minor:** nothing but a new version was found.",
  major: "**Major:** this changes more than the version, so somebody has to look at it.",
  dangerous:
    "**Dangerous:** this may run code of a stranger on builders or on users' machines. Read all of it before you merge, and refuse what you can't explain.",
};

const whatToDo = `### What you can do

- **Accept:** merge this. The branch never changes after it was opened, so what you see is what is merged.
- **Refuse:** close this without merging. It isn't opened again until upstream moves.
- **Take over:** push commits of your own to this branch. Sluice then leaves it alone.`;

function factLines(facts: ReviewFacts): string[] {
  const { update, dependents, revision, aur, now } = facts;
  return [
    versionLine(update),
    ...maintainerLines(facts),
    dependents.length === 0
      ? "Nothing in this workspace depends on it"
      : `Needed in this workspace by ${names(dependents, 30)}`,
    ...(aur ? [aurLine(update.pkgbase, aur, now)] : []),
    `Upstream's revision: ${inertInline(revision, 100) || "unknown"}`,
  ].map((line) => `- ${line}`);
}

function versionLine({ before: old, after: now }: Update): string {
  const [before, after] = [old && summarise(old), summarise(now)];
  const [was, is] = [before, after].map(
    (side) => side && (inertInline(side.version ?? "", 100) || "unknown"),
  );
  const link = before && compareLink(before.sources, after.sources);
  const compare = link ? `, [compare the sources on ${link.host}](${link.url})` : "";
  return before ? `Version: ${was} before, ${is} now${compare}` : `Version: ${is}, the first of this package`;
}

function maintainerLines({ maintainersBefore, maintainersAfter }: ReviewFacts): string[] {
  if (!maintainersBefore && !maintainersAfter) return [];
  const isSame =
    maintainersBefore?.length === maintainersAfter?.length &&
    maintainersBefore?.every((name) => maintainersAfter?.includes(name));
  if (isSame) return [`Maintainers: ${maintainers(maintainersAfter)}, as before`];
  return [`Maintainers: ${maintainers(maintainersBefore)} before, ${maintainers(maintainersAfter)} now`];
}

function maintainers(list: readonly string[] | undefined): string {
  if (list === undefined) return "not known";
  return list.length === 0 ? "nobody" : names(list, 15);
}

function names(list: readonly string[], most: number): string {
  const shown = list.slice(0, most).map((name) => inertInline(name, 60));
  const more = list.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function aurLine(pkgbase: string, { votes, firstSubmitted }: AurFacts, now: number): string {
  const link = isPkgbase(pkgbase)
    ? `[in the AUR](https://aur.archlinux.org/pkgbase/${encodeURIComponent(pkgbase)})`
    : "in the AUR";
  const since = new Date(firstSubmitted).toISOString().slice(0, 10);
  return `${count(votes, "vote")} ${link}, there for ${age(now - firstSubmitted)} (since ${since})`;
}

function age(milliseconds: number): string {
  const days = Math.max(0, Math.floor(milliseconds / 86_400_000));
  if (days < 60) return count(days, "day");
  return days < 730 ? count(Math.floor(days / 30.44), "month") : count(Math.floor(days / 365.25), "year");
}

/** The message of a commit that brings these packages up to date. */
export function commitMessage(packages: readonly string[], kind = "chore(update)"): string {
  const listed = packages.map((pkgbase) => inertMessage(clipped(pkgbase, 255)));
  if (packages.length <= 4) return `${kind}: ${listed.join(", ")}`;
  return `${kind}: packages (${packages.length})\n\n${listed.map((pkgbase) => `- ${pkgbase}`).join("\n")}`;
}
