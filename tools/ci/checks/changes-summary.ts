import { inertInline } from "../../gate/review/inert.ts";
import { count, findingsText } from "../../gate/review/review-findings.ts";
import { describeProblem, type WorkspaceProblem } from "../../workspace/workspace.ts";
import { isWorse, needsPerson, type ChangesReport, type CheckedPackage } from "./check-changes.ts";
import type { DependencyProblem } from "./check-dependencies.ts";

/**
 * The report as Markdown for contributors and reviewers. Names and texts of the contributor's are inert, and it
 * never has more than 60,000 UTF-16 code units, so that it fits into a comment.
 */
export function changesSummary(report: ChangesReport): string {
  const { dependencies, problems, outside } = report;
  const head = [
    headline(report),
    section("Dependencies", dependencies.map(dependencyText)),
    section("Problems of the workspace", problems.map(problemText)),
    section("For an owner's eye", outside.filter(({ isForOwners }) => isForOwners).map(pathText), forOwners),
    section("Other files outside packages", outside.filter(({ isForOwners }) => !isForOwners).map(pathText)),
  ];
  const text = head.filter(Boolean).join("\n\n");
  return `${text}${packagesText(report.packages, longestSummary - text.length)}\n`;
}

const longestSummary = 60_000;
const forOwners = "These files decide what pipelines do and whom they trust.";

function headline(report: ChangesReport): string {
  const { packages, base, head } = report;
  const worse = packages.filter(isWorse).length;
  const verdict = needsPerson(report)
    ? "**Somebody has to look at this.**"
    : "**Nothing is worse than a new version.**";
  const range = `From \`${base.slice(0, 10)}\` to \`${head.slice(0, 10)}\``;
  return `## What this does to packages\n\n${verdict} ${range}: ${count(packages.length, "package")}, ${worse} to be looked at.`;
}

/** Nothing where there are no items; long lists are cut, with a word how much is left out. */
function section(title: string, items: readonly string[], explanation?: string): string {
  if (items.length === 0) return "";
  const shown = items.slice(0, itemsShown).map((item) => `- ${item}`);
  const more = items.length > itemsShown ? [`- and ${items.length - itemsShown} more`] : [];
  const list = [...shown, ...more].join("\n");
  return [`### ${title} (${items.length})`, ...(explanation ? [explanation] : []), list].join("\n\n");
}

const itemsShown = 15;

function dependencyText(problem: DependencyProblem): string {
  switch (problem.kind) {
    case "cycle": {
      const broken = problem.broken.map(({ from, to }) => `${name(from)} → ${name(to)}`);
      return `${names(problem.packages)} need each other in a circle now; they would be ordered without ${shorten(broken)}`;
    }
    case "lost-provider": {
      const { pkgbase, name: needed, field, providers } = problem;
      return `${name(pkgbase)} needs ${name(needed)} (${name(field)}), which only ${names(providers)} provided`;
    }
    case "made-twice":
      return `${name(problem.pkgname)} is now made by ${names(problem.packages)}: each would replace the other's`;
  }
}

function name(text: string): string {
  return inertInline(text, 60);
}

function names(list: readonly string[]): string {
  return shorten(list.map(name));
}

function shorten(list: readonly string[]): string {
  const more = list.length > 8 ? ` and ${list.length - 8} more` : "";
  return `${list.slice(0, 8).join(", ")}${more}`;
}

function problemText(problem: WorkspaceProblem): string {
  return inertInline(describeProblem(problem), 200);
}

function pathText({ path }: { readonly path: string }): string {
  return inertInline(path, 120);
}

/** Worst first; each as far as there is room. */
function packagesText(packages: readonly CheckedPackage[], room: number): string {
  const order = ["dangerous", null, "major", "minor"];
  const sorted = packages.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  let text = "";
  for (const [at, pkg] of sorted.entries()) {
    // Many findings in the first package must not hide the others.
    const share = Math.max(4000, (room - text.length - 200) / 2);
    const own = `\n\n${packageText(pkg, share)}`;
    if (text.length + own.length + 200 > room) {
      const left = sorted.slice(at);
      const dangerous = left.filter(({ verdict }) => verdict === "dangerous").length;
      return `${text}\n\n**${count(left.length, "more package")} left out here, ${dangerous} of them dangerous**, because this text is limited. \`--json\` has all.`;
    }
    text += own;
  }
  return text;
}

function packageText(
  { pkgbase, change, verdict, findings, interfering, problems }: CheckedPackage,
  room: number,
): string {
  const judged = verdict === null ? "" : `, ${verdict}`;
  const notes = [
    ...problems.map(problemText),
    ...interfering.map((path) => `${pathText({ path })} ${interferes(path)}`),
    ...(change === "removed" ? ["The package is taken from those who have it installed"] : []),
  ];
  const shown = notes.slice(0, itemsShown).map((note) => `- ${note}`);
  if (notes.length > itemsShown) shown.push(`- and ${notes.length - itemsShown} more`);
  const head = [`### ${name(pkgbase)}: ${change}${judged}`, shown.join("\n")].filter(Boolean).join("\n\n");
  const found = findingsText(findings, Math.max(0, room - head.length), "####");
  return found === "" ? head : `${head}\n\n${found}`;
}

function interferes(path: string): string {
  return path === ".CI/config" || path === ".CI/info"
    ? "changed: settings of how it is built and kept up to date"
    : "changed: it runs as code, with network, before every build";
}
