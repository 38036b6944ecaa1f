import { SluiceError } from "../../errors.ts";
import { digestOf } from "../../forge/branch-name.ts";
import type { ReviewAction } from "../../forge/plan-reviews.ts";
import { inertInline } from "../../gate/review/inert.ts";
import type { OnScheduleOutcome } from "./apply-on-schedule.ts";
import type { ReleasesFound } from "../updates/find-releases.ts";
import { sayBroken } from "../needs/need-rebuilds.ts";
import type { JudgedUpdate, UpdateDecision } from "../updates/decide-update.ts";
import type { OnSchedulePlan } from "./on-schedule.ts";
import { describeRef } from "../../release/refs/ref.ts";
import type { TemplateOutcome } from "../template/take-template.ts";
import { recipeVersion } from "../../workspace/metadata/recipe-srcinfo.ts";

/** One line of what a run did, or is going to do. */
export interface ReportLine {
  readonly what: keyof typeof headings;
  readonly pkgbase: string;
  readonly why: string;
}

/** In the order in which a person wants to read them. */
export const headings = {
  problem: "Needs a person",
  held: "Held for review",
  skipped: "Skipped, looked at again next time",
  waiting: "Waiting",
  updated: "Updated",
  check: "To check",
  broken: "Broken",
  build: "To build",
  remove: "To remove",
  unscheduled: "Not built now",
  review: "Reviews",
  template: "CI files",
} as const;

/**
 * Everything of a run that isn't "nothing new".
 *
 * @param outcome undefined: nothing was done (`--dry-run`)
 */
export function reportLines(
  plan: OnSchedulePlan,
  outcome: OnScheduleOutcome | undefined,
  template: TemplateOutcome,
): ReportLine[] {
  const order = Object.keys(headings);
  return [
    ...updateLines(plan, outcome),
    ...plan.commits.flatMap((decision) =>
      decision.kind === "skipped" || decision.kind === "problem"
        ? [{ what: decision.kind, pkgbase: decision.pkgbase, why: explain(decision.error) } as const]
        : [],
    ),
    ...plan.databases.flatMap((database) =>
      "error" in database
        ? [{ what: "skipped", pkgbase: "CI_LIB_DB", why: explain(database.error) } as const]
        : [],
    ),
    ...plan.rebuilds.failed.map(
      ({ pkgbase, kind, error }) =>
        ({ what: kind === "problem" ? "problem" : "skipped", pkgbase, why: explain(error) }) as const,
    ),
    ...releaseLines(plan.releases),
    ...plan.needs.sightings.flatMap(({ error }) =>
      error ? [{ what: "skipped", pkgbase: "CI_LIB_DB", why: explain(error) } as const] : [],
    ),
    ...plan.needs.broken.map(
      (one) => ({ what: "broken", pkgbase: one.pkgbase, why: sayBroken(one) }) as const,
    ),
    ...plan.rebuilds.skipped.map(
      ({ pkgbase, reason: why }) => ({ what: "unscheduled", pkgbase, why }) as const,
    ),
    ...plan.builds.map(({ pkgbase, reason: why }) => ({ what: "build", pkgbase, why }) as const),
    ...plan.removals.map(({ pkgbase, reason: why }) => ({ what: "remove", pkgbase, why }) as const),
    ...plan.unscheduled.map(({ pkgbase, reason: why }) => ({ what: "unscheduled", pkgbase, why }) as const),
    ...reviewLines(plan, outcome),
    ...templateLines(template),
  ].sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what) || (a.pkgbase < b.pkgbase ? -1 : 1));
}

/** Whether somebody has to do something that no review asks for. */
export function needsPerson(
  plan: OnSchedulePlan,
  outcome: OnScheduleOutcome | undefined,
  template: TemplateOutcome,
): boolean {
  if (template.kind === "failed") return true;
  const hasProblem = [...plan.updates, ...plan.commits, ...plan.rebuilds.failed].some(
    ({ kind }) => kind === "problem",
  );
  if (releaseLines(plan.releases).some(({ what }) => what === "problem")) return true;
  if (plan.updates.some((decision) => waitsHere(plan, decision))) return true;
  return hasProblem || (outcome?.notOpened.size ?? 0) > 0 || (outcome?.reviews.failed.length ?? 0) > 0;
}

/** Whether an update waits for somebody whom no forge tells. */
function waitsHere({ reviews }: OnSchedulePlan, decision: UpdateDecision): boolean {
  if (reviews instanceof SluiceError || !reviews.byHand || !("state" in decision)) return false;
  const isHeld = decision.kind === "hold" || (decision.kind === "unchanged" && decision.standing === "held");
  const { held, refused } = decision.state;
  return isHeld && held !== undefined && refused !== digestOf(held);
}

/** Whether somebody has refused this very revision, so that it waits for nobody. */
function isRefused({ reviews }: OnSchedulePlan, pkgbase: string): boolean {
  if (reviews instanceof SluiceError) return false;
  return reviews.plan.kept.some(
    (kept) => kept.pkgbase === pkgbase && kept.reason === "refused for this revision",
  );
}

function nextStep(pkgbase: string): string {
  return `; look at it: sluice review show ${pkgbase}`;
}

function updateLines(plan: OnSchedulePlan, outcome: OnScheduleOutcome | undefined): ReportLine[] {
  return plan.updates.flatMap((decision): ReportLine[] => {
    const { pkgbase } = decision;
    switch (decision.kind) {
      case "unchanged": {
        const why = `it waits since an earlier run${nextStep(pkgbase)}`;
        return waitsHere(plan, decision) ? [{ what: "held", pkgbase, why }] : [];
      }
      case "take":
        return [{ what: "updated", pkgbase, why: `${versions(decision.update)}${remarks(decision.update)}` }];
      case "wait": {
        const until = new Date(decision.until).toISOString().slice(0, 16).replace("T", " ");
        return [
          { what: "waiting", pkgbase, why: `${versions(decision.update)}, until ${until} UTC (CI_COOLDOWN)` },
        ];
      }
      case "hold": {
        const [worst] = decision.update.judgement.findings;
        const because = worst ? `${decision.why}: ${worst.message}` : decision.why;
        const missing = outcome?.notOpened.get(pkgbase);
        if (isRefused(plan, pkgbase)) return [];
        const here = waitsHere(plan, decision) ? nextStep(pkgbase) : "";
        const review = missing ? `; not up for review: ${explain(missing)}` : here;
        return [{ what: "held", pkgbase, why: `${versions(decision.update)}, ${because}${review}` }];
      }
      case "skipped":
      case "problem":
        return [{ what: decision.kind, pkgbase, why: explain(decision.error) }];
    }
  });
}

/** What became of new refs of projects. */
export function releaseLines({ sightings }: ReleasesFound): ReportLine[] {
  return sightings.flatMap((sighting): ReportLine[] => {
    const { project: pkgbase } = sighting;
    if (sighting.kind !== "looked") return [{ what: sighting.kind, pkgbase, why: explain(sighting.error) }];
    return sighting.decisions.map((decision): ReportLine => {
      switch (decision.kind) {
        case "lock":
          return { what: "updated", pkgbase, why: `${decision.channel}.lock: ${decision.lock.reason}` };
        case "check":
          return {
            what: "check",
            pkgbase,
            why: `${decision.channel}: ${describeRef(decision.ref)}`,
          };
        case "wait": {
          const why = `${describeRef(decision.ref)}, ${decision.channel}: ${decision.reasons.join("; ")}`;
          return { what: "waiting", pkgbase, why };
        }
        case "refused":
          return { what: "problem", pkgbase, why: decision.reasons.join("; ") };
      }
    });
  });
}

function reviewLines({ reviews }: OnSchedulePlan, outcome: OnScheduleOutcome | undefined): ReportLine[] {
  if (reviews instanceof SluiceError) return [];
  if (!outcome) {
    return reviews.plan.actions.map((action) => ({
      what: "review",
      pkgbase: action.pkgbase,
      why: aim(action),
    }));
  }
  const { done, failed, heldBack } = outcome.reviews;
  return [
    ...done.map(({ action, review }) => ({
      what: "review" as const,
      pkgbase: action.pkgbase,
      why: [aim(action), review?.url].filter(Boolean).join(" "),
    })),
    ...[...failed, ...heldBack].map(({ action, error }) => ({
      what: "review" as const,
      pkgbase: action.pkgbase,
      why: `${aim(action)}: ${explain(error)}`,
    })),
  ];
}

function templateLines(template: TemplateOutcome): ReportLine[] {
  switch (template.kind) {
    case "disabled":
    case "current":
      return [];
    case "failed":
      return [{ what: "template", pkgbase: "TEMPLATE_REPO", why: explain(template.error) }];
    case "update":
    case "review": {
      const what = template.kind === "update" ? "taken" : "to be looked at";
      const why = [`${what}: ${template.why}`, template.done].filter(Boolean).join("; ");
      return [{ what: "template", pkgbase: template.tag, why }];
    }
  }
}

function aim(action: ReviewAction): string {
  const what = { open: "open", mark: "label", close: "close", tell: "tell", prune: "delete the branch" }[
    action.kind
  ];
  return `${what} (${action.reason})`;
}

function versions({ before, after }: JudgedUpdate): string {
  const [was, is] = [before, after].map(recipeVersion);
  if (is === undefined) return "unknown version";
  return was === is ? `${is} again` : `${was ?? "unknown"} → ${is}`;
}

function remarks({ judgement: { verdict } }: JudgedUpdate): string {
  return verdict === "minor" ? "" : `, ${verdict} and not held (CI_HUMAN_REVIEW=false)`;
}

function explain({ message, hint }: SluiceError): string {
  return hint === undefined ? message : `${message} (${hint})`;
}

/** The same for the page of a pipeline run; upstream's text in it is inert. */
export function reportMarkdown(lines: readonly ReportLine[], conclusion: string): string {
  const sections = Object.entries(headings).flatMap(([what, heading]) => {
    const own = lines.filter((line) => line.what === what);
    if (own.length === 0) return [];
    const rows = own.map(({ pkgbase, why }) => `| ${inertInline(pkgbase)} | ${inertInline(why, 500)} |`);
    return [`### ${heading} (${own.length})\n\n| Package | Why |\n| --- | --- |\n${rows.join("\n")}`];
  });
  return `${[`**${conclusion}**`, ...sections].join("\n\n")}\n`;
}
