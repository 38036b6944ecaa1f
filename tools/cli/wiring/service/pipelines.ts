import { setTimeout as sleep } from "node:timers/promises";
import { gatherEvidence, type EvidencePorts } from "../../../ci/operations/reviews/gather-evidence.ts";
import { planOperation, readCurrentState, runOperation } from "../../../ci/operations/operation.ts";
import { runRequest } from "../../../ci/pipeline/push-request.ts";
import type { SchedulePorts } from "../../../ci/pipeline/ports.ts";
import { readPlatform } from "../../../ci/pipeline/platform.ts";
import { readStateBranch, readWorkspaceRefs } from "../../../ci/pipeline/workspace-refs.ts";
import { planOnTrigger } from "../../../ci/on-schedule/on-trigger.ts";
import type { OnSchedulePlan } from "../../../ci/on-schedule/on-schedule.ts";
import { runOnSchedule } from "../../../ci/on-schedule/run-on-schedule.ts";
import { reportLines } from "../../../ci/on-schedule/schedule-report.ts";
import { SluiceError } from "../../../errors.ts";
import { allBuilds } from "../../../schedule/schedule.ts";
import type { Git } from "../../../git/git.ts";
import type { Total } from "../../../queue/event-readers.ts";
import { countsOf } from "../operation.ts";
import { countsOfUpdates } from "../update-counts.ts";
import { reviewPlace } from "../forge.ts";
import { lookAtHeldSources } from "../review-sources.ts";
import { withUpstreams } from "../upstreams.ts";

interface Options {
  readonly git: Git;
  readonly published: NonNullable<SchedulePorts["published"]>;
  /** Milliseconds from one look at main to the next. */
  readonly everyMs: number;
  readonly say: (line: string) => void;
  /** Keeps what upstreams and the gate said, for the metrics. */
  readonly count: (totals: readonly Total[]) => Promise<void>;
  /** How what is held is built, where CI_REVIEW_BUILDS asks for that. */
  readonly reviewBuilder: Pick<EvidencePorts, "build">;
  readonly signal: AbortSignal;
}

const halfHour = 1800_000;
const day = 86_400_000;
const trigger = "daily";

const now = (): Date => new Date();

/** What a forge's pipelines do otherwise: on-commit where main moved, on-schedule half-hourly, a trigger daily. */
export interface Pipelines {
  /** Runs what is due. A run that fails is said, and tried again at the next look. */
  runDue(): Promise<void>;
  /** Builds what the last half-hourly run left held, where CI_REVIEW_BUILDS asks for that. */
  buildReviews(): Promise<void>;
  /** Does both until the signal; builds of reviews keep nothing else waiting. */
  keepRunning(): Promise<void>;
}

export function pipelines(options: Options): Pipelines {
  const { git, published, everyMs, say, count, reviewBuilder, signal } = options;
  const platform = readPlatform({});
  const ports = { git, platform, now, progress: () => undefined };
  /** When each is due, in milliseconds of this process. */
  const due = { "on-schedule": Number.NEGATIVE_INFINITY, trigger: Number.NEGATIVE_INFINITY };
  const said = new Map<string, string>();
  /** Whether the last half-hourly run leaves what is held to be built. */
  let reviewsDue = false;
  /** The last half-hourly run, until the sources of what it held were looked at. */
  let planned: OnSchedulePlan | undefined;

  async function runDue(): Promise<void> {
    await attempt("on-commit", onCommit);
    const time = performance.now();
    if (time >= due["on-schedule"] && (await attempt("on-schedule", onSchedule))) {
      due["on-schedule"] = time + halfHour;
    }
    if (time >= due.trigger && (await attempt(`trigger ${trigger}`, onTrigger)))
      due.trigger = time + halfHour;
  }

  /** Says how a run ended, where it isn't what was said of the last one. */
  async function attempt(name: string, work: () => Promise<readonly string[]>): Promise<boolean> {
    let lines: readonly string[];
    let isDone = true;
    try {
      lines = await work();
    } catch (error) {
      isDone = false;
      const what = error instanceof SluiceError ? [error.message, error.hint ?? ""] : [String(error)];
      lines = [...what.filter(Boolean), "it is tried again"];
    }
    const text = lines.map((line) => `${name}: ${line}`).join("\n");
    if (text !== "" && text !== said.get(name)) for (const line of text.split("\n")) say(line);
    if (text !== "" || isDone) said.set(name, text);
    return isDone;
  }

  async function onCommit(): Promise<readonly string[]> {
    const { head, tag } = await readWorkspaceRefs(git, platform);
    if (tag?.commit === head) return [];
    const nothing = { kind: "", packages: [], changes: new Map() };
    const { plan } = await runOperation(ports, async () =>
      planOperation(ports, await readCurrentState(ports), nothing),
    );
    return [`commit ${plan.head.slice(0, 10)}: ${countsOf(plan.schedule)}`];
  }

  async function onSchedule(): Promise<readonly string[]> {
    const forge = await reviewPlace(git, platform);
    return withUpstreams(process.env, async (upstreams) => {
      const { plan, outcome, template } = await runOnSchedule({ ...ports, published, upstreams, forge });
      planned = plan.workspace.config.CI_REVIEW_SOURCES ? plan : undefined;
      await count(countsOfUpdates(plan.updates));
      reviewsDue = plan.workspace.config.CI_REVIEW_BUILDS;
      return reportLines(plan, outcome, template).map(
        ({ what, pkgbase, why }) => `${what} ${pkgbase}: ${why}`,
      );
    });
  }

  /** When it fired last, the branch `state` says, so that a restart doesn't fire it again. */
  async function onTrigger(): Promise<readonly string[]> {
    const { state } = await readStateBranch(git);
    const fired = 1000 * (state.requests.triggers.get(trigger) ?? 0);
    if (now().getTime() < fired + day) return [];
    const { schedule } = await runRequest(ports, () => planOnTrigger(ports, trigger));
    return allBuilds(schedule).length === 0 ? [] : [countsOf(schedule)];
  }

  async function lookAtSources(): Promise<readonly string[]> {
    if (!planned) return [];
    const plan = planned;
    planned = undefined;
    const forge = await reviewPlace(git, platform);
    await withUpstreams(process.env, (upstreams) =>
      lookAtHeldSources({ ...ports, upstreams, forge, signal }, plan),
    );
    return [];
  }

  async function buildReviews(): Promise<void> {
    await attempt("sources of held updates", lookAtSources);
    if (!reviewsDue) return;
    reviewsDue = false;
    await attempt("reviews", async () => {
      const forge = await reviewPlace(git, platform);
      const gathered = await gatherEvidence({ ...ports, ...reviewBuilder, forge, signal });
      return gathered.map(({ pkgbase, outcome }) => `the held update of ${pkgbase}: ${outcome}`);
    });
  }

  async function keepRunning(): Promise<void> {
    let building: Promise<void> | undefined;
    while (!signal.aborted) {
      await runDue();
      building ??= buildReviews().finally(() => (building = undefined));
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
    await building;
  }

  return { runDue, buildReviews, keepRunning };
}
