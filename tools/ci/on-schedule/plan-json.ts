import { SluiceError } from "../../errors.ts";
import type { OnScheduleOutcome } from "./apply-on-schedule.ts";
import type { UpdateDecision } from "../updates/decide-update.ts";
import type { CommitDecision } from "../updates/find-commits.ts";
import { shortName } from "../pipeline/workspace-refs.ts";
import type { OnSchedulePlan } from "./on-schedule.ts";
import type { TemplateOutcome } from "../template/take-template.ts";
import { brokenAsJson } from "../updates/need-rebuilds.ts";
import { reportLines } from "./schedule-report.ts";

/** A run as data, for `--json`: every step with what was found and why; recipes themselves are left out. */
export function planAsJson(
  plan: OnSchedulePlan,
  outcome: OnScheduleOutcome | undefined,
  template: TemplateOutcome,
): unknown {
  const { refs, range, updates, commits, rebuilds, reviews, replaces } = plan;
  return {
    branch: shortName(refs.branch),
    range,
    updates: updates.filter(({ kind }) => kind !== "unchanged").map(describeUpdate),
    commits: commits.filter(isNews).map(describeCommit),
    rebuilds: rebuilds.bumps,
    needRebuilds: plan.needs.bumps.map(({ pkgbase, bump, reason, effect }) => ({
      pkgbase,
      bump,
      reason,
      effect,
    })),
    broken: plan.needs.broken.map(brokenAsJson),
    releases: plan.releases.sightings.map((sighting) =>
      "error" in sighting ? { ...sighting, error: describeError(sighting.error) } : sighting,
    ),
    changes: [...plan.changes].map(([path, file]) => ({ path, change: file ? "written" : "deleted" })),
    replaces: replaces?.commit ?? null,
    reviews:
      reviews instanceof SluiceError
        ? { error: describeError(reviews) }
        : {
            actions: reviews.plan.actions.map(({ kind, pkgbase, reason }) => ({ kind, pkgbase, reason })),
            kept: reviews.plan.kept.map(({ pkgbase, branch, reason }) => ({ pkgbase, branch, reason })),
          },
    builds: plan.builds,
    removals: plan.removals,
    unscheduled: plan.unscheduled,
    done: outcome ? { head: outcome.head, committed: outcome.committed, schedule: outcome.schedule } : null,
    template:
      template.kind === "failed" ? { kind: "failed", error: describeError(template.error) } : template,
    report: reportLines(plan, outcome, template),
  };
}

function describeUpdate(decision: UpdateDecision): unknown {
  const { pkgbase, kind } = decision;
  if ("error" in decision) return { pkgbase, kind, error: describeError(decision.error) };
  if (!("update" in decision)) return { pkgbase, kind };
  const { judgement, origin, digest } = decision.update;
  const { verdict, findings } = judgement;
  return { pkgbase, kind, revision: origin.revision, digest, verdict, findings };
}

function isNews(decision: CommitDecision): boolean {
  return decision.kind !== "pinned" && (decision.kind !== "commit" || decision.before !== decision.commit);
}

function describeCommit(decision: CommitDecision): unknown {
  return "error" in decision ? { ...decision, error: describeError(decision.error) } : decision;
}

function describeError({ code, message, hint }: SluiceError): unknown {
  return { code, message, hint: hint ?? null };
}
