import { gatherEvidence } from "../../ci/operations/reviews/gather-evidence.ts";
import { planAccept } from "../../ci/operations/reviews/accept-review.ts";
import { forgetShown } from "../../ci/operations/reviews/held-review.ts";
import { listReviews, type ListedReview } from "../../ci/operations/reviews/list-reviews.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import { planRefuse, runRefuse } from "../../ci/operations/reviews/refuse-review.ts";
import { showReview, type ShownReview } from "../../ci/operations/reviews/show-review.ts";
import type { OperationPorts } from "../../ci/operations/operation.ts";
import { SluiceError } from "../../errors.ts";
import type { Forge } from "../../forge/forge.ts";
import type { EvidenceSection } from "../../gate/review/evidence.ts";
import { duration } from "../output/time.ts";
import { describeJudgement } from "../output/judgement.ts";
import { info, printable } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { reviewPlace } from "../wiring/forge.ts";
import { operationPorts, reportOperation, type OperationOptions } from "../wiring/operation.ts";
import { readHead, stopSignal, type InstallationOptions } from "../wiring/installation.ts";
import { reviewBuilder } from "../wiring/review-builder.ts";
import { reviewSources } from "../wiring/review-sources.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

interface Options extends OperationOptions, Pick<InstallationOptions, "state" | "sandbox"> {
  readonly build?: boolean;
  readonly source?: boolean;
}

/** Without an action: all open reviews. */
export async function review(
  options: Options,
  action?: keyof typeof actions,
  pkgbase?: string,
): Promise<number> {
  if (action === undefined) return list(options);
  if (pkgbase === undefined) {
    throw new SluiceError("usage", `which package? sluice review ${action} PKGBASE`, {
      hint: "`sluice review` lists what is held.",
    });
  }
  if ((options.build || options.source) && action !== "show") throw looksAtNothing(action);
  return actions[action](options, pkgbase);
}

function looksAtNothing(action: string): SluiceError {
  return new SluiceError("usage", `sluice review ${action} builds and fetches nothing`, {
    hint: "Do so first: sluice review --build --source, or sluice review show PKGBASE --build --source",
  });
}

const actions = { show, accept, refuse };

async function list(options: Options): Promise<number> {
  const ports = operationPorts(options);
  const forge = await reviewPlace(ports.git, ports.platform);
  if (forge instanceof SluiceError) throw forge;
  await gather(options, ports, forge);
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

/** Whatever else is shown then: what couldn't be built or fetched is among it. */
async function gather(
  options: Options,
  ports: OperationPorts,
  forge: Forge | SluiceError,
  only?: string,
): Promise<void> {
  if (!options.build && !options.source) return;
  if (options.dryRun) throw looksAtNothing("--dry-run");
  const gathered = await withUpstreams(process.env, async (upstreams) => {
    const builder = options.build ? await reviewBuilder(options) : { signal: stopSignal() };
    const { workspace } = await readHead(ports.git);
    // So that the job which builds looks at them as well, where a pipeline has nothing that isolates.
    const isLooking = options.source || workspace.config.CI_REVIEW_SOURCES;
    const sources = isLooking ? { sources: reviewSources(ports.git, workspace, upstreams) } : {};
    return gatherEvidence({ ...ports, forge, ...builder, ...sources }, only);
  });
  for (const { pkgbase, outcome } of gathered) info(`${pkgbase}: ${outcome}.`);
}

async function show(options: Options, pkgbase: string): Promise<number> {
  const ports = operationPorts(options);
  await gather(options, ports, await reviewPlace(ports.git, ports.platform), pkgbase);
  return withUpstreams(process.env, async (upstreams) => {
    const shown = await showReview({ ...ports, upstreams }, pkgbase);
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
  evidence,
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
  return `${pkgbase}: ${versions}\n${held}\n${maintainers}${describeJudgement(judgement)}\n${describeEvidence(evidence)}${diff}\n\n`;
}

function describeEvidence(evidence: readonly EvidenceSection[]): string {
  const first = evidence.flatMap((section) => section.first);
  const parts = [{ title: "Look at first", lines: first }, ...evidence].filter(
    ({ lines }) => lines.length > 0,
  );
  return parts
    .map(({ title, lines }) => `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}\n`)
    .join("");
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
