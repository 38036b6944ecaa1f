import { planAccept } from "../../ci/operations/reviews/accept-review.ts";
import { forgetShown } from "../../ci/operations/reviews/held-review.ts";
import { listReviews, type ListedReview } from "../../ci/operations/reviews/list-reviews.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import { planRefuse, runRefuse } from "../../ci/operations/reviews/refuse-review.ts";
import { showReview, type ShownReview } from "../../ci/operations/reviews/show-review.ts";
import { SluiceError } from "../../errors.ts";
import { duration } from "../output/time.ts";
import { describeJudgement } from "../output/judgement.ts";
import { info, printable } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { reviewPlace } from "../wiring/forge.ts";
import { operationPorts, reportOperation, type OperationOptions } from "../wiring/operation.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

/** Without an action: all open reviews. */
export async function review(
  options: OperationOptions,
  action?: keyof typeof actions,
  pkgbase?: string,
): Promise<number> {
  if (action === undefined) return list(options);
  if (pkgbase === undefined) {
    throw new SluiceError("usage", `which package? sluice review ${action} PKGBASE`, {
      hint: "`sluice review` lists what is held.",
    });
  }
  return actions[action](options, pkgbase);
}

const actions = { show, accept, refuse };

async function list(options: OperationOptions): Promise<number> {
  const ports = operationPorts(options);
  const forge = await reviewPlace(ports.git, ports.platform);
  if (forge instanceof SluiceError) throw forge;
  return withUpstreams(process.env, async (upstreams) => {
    const reviews = await listReviews({ ...ports, forge, upstreams });
    if (options.json) process.stdout.write(`${JSON.stringify(reviews, null, 2)}\n`);
    else if (reviews.length > 0) process.stdout.write(`${describe(reviews, ports.now())}\n`);
    info(`${reviews.length} open ${reviews.length === 1 ? "review" : "reviews"}.`);
    return 0;
  });
}

function describe(reviews: readonly ListedReview[], now: Date): string {
  const rows = reviews.map(({ pkgbase, verdict = "unknown", openedAt, url, findings: [worst] }) => [
    pkgbase,
    verdict,
    duration(now.getTime() - Date.parse(openedAt)),
    url,
    worst?.message ?? "",
  ]);
  return formatTable(["PKGBASE", "VERDICT", "AGE", "REVIEW", "WHY"], rows);
}

async function show(options: OperationOptions, pkgbase: string): Promise<number> {
  return withUpstreams(process.env, async (upstreams) => {
    const shown = await showReview({ ...operationPorts(options), upstreams }, pkgbase);
    if (options.json) process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    else process.stdout.write(printable(describeShown(shown)));
    info(`Accept it: sluice review accept ${pkgbase}. Refuse it: sluice review refuse ${pkgbase}.`);
    return 0;
  });
}

function describeShown({
  pkgbase,
  versions,
  why,
  judgement,
  maintainersBefore,
  maintainersAfter,
  diff,
}: ShownReview): string {
  const [before, after] = [maintainersBefore, maintainersAfter].map((names) => names?.join(", ") || "nobody");
  const isKnown = maintainersBefore !== undefined && maintainersAfter !== undefined;
  const maintainers =
    isKnown && before !== after ? `Maintainers in the AUR: ${before} before, ${after} now\n` : "";
  const held =
    why === undefined
      ? "Nothing holds it any more: the next run takes it"
      : why === judgement.verdict
        ? "Held by its verdict"
        : `Held because it was ${why}`;
  return `${pkgbase}: ${versions}\n${held}\n${maintainers}${describeJudgement(judgement)}\n${diff}\n\n`;
}

async function accept(options: OperationOptions, pkgbase: string): Promise<number> {
  const ports = operationPorts(options);
  const plan = () => planAccept(ports, pkgbase);
  const result = options.dryRun ? { plan: await plan(), done: false } : await runOperation(ports, plan);
  const { review: held, versions } = result.plan;
  if (result.done) await forgetShown(ports.git, held);
  const rows = [["accept", pkgbase, versions]] as const;
  return reportOperation(result.plan, result.done, rows, {
    ...options,
    details: { versions, branch: held.branch },
  });
}

async function refuse(options: OperationOptions, pkgbase: string): Promise<number> {
  const ports = operationPorts(options);
  const { review: held } = options.dryRun
    ? await planRefuse(ports, pkgbase)
    : await runRefuse(ports, pkgbase);
  if (held && !options.dryRun) await forgetShown(ports.git, held);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ pkgbase, branch: held?.branch ?? null }, null, 2)}\n`);
  }
  const done = "refused; it isn't held again until upstream moves";
  info(`${pkgbase}: ${options.dryRun ? "nothing was changed (--dry-run)" : done}.`);
  return 0;
}
