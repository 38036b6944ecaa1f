import { SluiceError } from "../../errors.ts";
import type { CommitStatus, Forge } from "../../forge/forge.ts";
import { matches, type StatusSettings } from "../../notify/settings.ts";
import type { PipelineBuild, ObservedQueue, UnreadEvent } from "../../queue/event-readers.ts";
import { succeeded, type Outcome } from "../../queue/outcome.ts";
import type { QueueEvent } from "../../queue/events.ts";
import type { AskingPipeline } from "../../queue/submission.ts";
import { checksSource, publishJob, releaseOf } from "../releases/record/release-key.ts";
import type { Links } from "./links.ts";
import type { Outgoing } from "./sender.ts";

interface StatusPorts {
  readonly queue: Pick<ObservedQueue, "pipelineBuilds">;
  readonly forge: Pick<Forge, "setStatus">;
  readonly links: Links;
}

type Settings = Pick<StatusSettings, "context" | "source" | "packages" | "most">;

/**
 * What events mean for the statuses of the commits whose pipelines asked for the builds: of each status the last one
 * alone. Where a commit asks for more builds than `most`, or the context doesn't name the package, they share one
 * status, since forges limit how many a commit may have.
 */
export function statusPlanner(settings: Settings, { queue, forge, links }: StatusPorts) {
  const most = settings.context.includes("%pkgbase%") ? settings.most : 0;
  /** What the forge has for sure, of those that were sent last. */
  const sent = new Map<string, string>();

  return async (events: readonly UnreadEvent[]): Promise<Outgoing[]> => {
    const statuses = new Map<string, PlannedStatus>();
    for (const unread of events) {
      for (const status of statusesOf(unread, links)) {
        if (!isOfSource(settings.source, status.source)) continue;
        if (!matches(settings.packages, status.pkgbase)) continue;
        const isShared = status.pipeline.builds > most;
        const key = `${status.pipeline.commit} ${isShared ? "*" : status.called}`;
        const seqs = [...(statuses.get(key)?.seqs ?? []), unread.event.seq];
        statuses.delete(key);
        statuses.set(key, { ...status, isShared, seqs });
      }
    }
    return Promise.all([...statuses.entries()].map(([key, status]) => outgoing(key, status)));
  };

  async function outgoing(key: string, { isShared, seqs, called, ...own }: PlannedStatus): Promise<Outgoing> {
    const { pipeline } = own;
    const { state, description, url } = isShared
      ? summary((await queue.pipelineBuilds(pipeline.commit)).filter(isSummed), links)
      : own;
    const status: CommitStatus = {
      name: settings.context.replaceAll("%pkgbase%", isShared ? "all packages" : called),
      state,
      description,
      url: url ?? undefined,
      pipeline: pipeline.id ?? undefined,
    };
    const text = JSON.stringify(status);
    return {
      seqs,
      async send() {
        if (sent.get(key) === text) return;
        await forge.setStatus(pipeline.commit, status).catch(explain);
        sent.delete(key);
        sent.set(key, text);
        if (sent.size > remembered) sent.delete(sent.keys().next().value!);
      },
    };
  }

  function isSummed({ pkgbase, pipeline }: PipelineBuild): boolean {
    return pipeline.builds > most && matches(settings.packages, pkgbase);
  }
}

/** Where none is named, those of a workspace: a project's commits lie on another forge, or in another repository. */
function isOfSource(wanted: string | undefined, source: string): boolean {
  return wanted === undefined ? !source.startsWith(checksSource("")) : wanted === source;
}

const remembered = 5000;

interface OwnStatus extends Pick<CommitStatus, "state" | "description"> {
  readonly source: string;
  readonly pkgbase: string;
  /** In the status's name: a commit may ask for jobs of several releases that have the same names. */
  readonly called: string;
  readonly pipeline: AskingPipeline;
  readonly url: string | null;
}

interface PlannedStatus extends OwnStatus {
  readonly isShared: boolean;
  readonly seqs: readonly number[];
}

function statusesOf({ event, build }: UnreadEvent, links: Links): OwnStatus[] {
  const { pkgbase } = event;
  const release = releaseOf(event);
  const found: OwnStatus[] = [];
  if (event.kind === "merged" && event.replaced) {
    const { source, pipeline } = event.replaced;
    found.push({ source, pkgbase, called: calledBy(source), pipeline, ...withdrawn, url: null });
  }
  const isJob = release !== undefined && pkgbase !== publishJob;
  const stands = standing(event, isJob ? "Green" : said.built);
  // Publishing comes with the jobs of each release, and publishes nothing of what is only checked.
  if (release && pkgbase === publishJob && build && isCheck(build.source)) return found;
  if (stands && build?.pipeline) {
    const { source, pipeline } = build;
    found.push({ source, pkgbase, called: calledBy(source), pipeline, ...stands, url: links.log(build) });
  }
  return found;

  /** A project's own commit is checked once; one of the workspace may ask for several releases with the same jobs. */
  function calledBy(source: string): string {
    if (!release || isCheck(source)) return pkgbase;
    return `${release.project} ${release.channel} ${release.ref} ${pkgbase}`;
  }
}

function isCheck(source: string): boolean {
  return source.startsWith(checksSource(""));
}

const withdrawn = { state: "cancelled", description: "A later commit is built instead" } as const;
const waiting = { state: "pending", description: "Waiting for builder..." } as const;

function standing(event: QueueEvent, built: string): Pick<CommitStatus, "state" | "description"> | undefined {
  switch (event.kind) {
    case "queued":
    case "merged":
    case "retry":
    case "released":
      return waiting;
    case "blocked":
      return { state: "pending", description: `Waits for ${event.by}, which can't be built` };
    case "claimed":
      return { state: "running", description: `Building on ${event.worker}` };
    case "finished":
      return {
        state: ends[event.outcome],
        description: event.message || (event.outcome === "built" ? built : said[event.outcome]),
      };
    default:
      return undefined;
  }
}

const ends: Readonly<Record<Outcome, CommitStatus["state"]>> = {
  built: "success",
  "already-built": "success",
  skipped: "success",
  failed: "failure",
  "timed-out": "failure",
  lost: "failure",
  cancelled: "cancelled",
};

const said: Readonly<Record<Outcome, string>> = {
  built: "Published",
  "already-built": "Published before",
  skipped: "Skipped",
  failed: "Failed",
  "timed-out": "Timed out",
  lost: "The builder was lost",
  cancelled: "Cancelled",
};

/** In whole percents, so that a commit gets about a hundred of them at most. */
function summary(
  builds: readonly PipelineBuild[],
  { overview }: Links,
): Pick<OwnStatus, "state" | "description" | "url"> {
  if (builds.length === 0) return { ...withdrawn, url: overview };
  const of = `${builds.length} package${builds.length === 1 ? "" : "s"}`;
  const ended = builds
    .map(({ status }) => status)
    .filter((status) => status !== "waiting" && status !== "active");
  if (ended.length < builds.length) {
    const isWaiting = ended.length === 0 && builds.every(({ status }) => status === "waiting");
    if (isWaiting) return { ...waiting, url: overview };
    const percent = Math.floor((100 * ended.length) / builds.length);
    return { state: "running", description: `${percent} % of ${of} are done`, url: overview };
  }
  const bad = builds.filter(({ status }) => !succeeded(status as Outcome));
  if (bad.length === 0) return { state: "success", description: `${of}: all are done`, url: overview };
  const names = bad.map(({ pkgbase }) => pkgbase).join(", ");
  const state = bad.every(({ status }) => status === "cancelled") ? "cancelled" : "failure";
  return { state, description: `${bad.length} of ${of} failed: ${names}`, url: overview };
}

/** The forge's errors speak of reviews. A commit that it hasn't, such as one that was overwritten, is no fault of the token. */
function explain(error: unknown): never {
  if (!(error instanceof SluiceError)) throw error;
  const { facts } = error;
  const isCommit = facts["status"] === 404 && /commit/i.test(String(facts["said"]));
  const code = isCommit ? "forge-refused" : error.code;
  const hint = hints[code] ?? "That status is left out; the next ones are sent.";
  throw new SluiceError(code, `a commit status wasn't taken: ${error.message}`, { hint, facts, exitCode: 1 });
}

const token = "Check the target's token and project. It is tried again every few minutes; nothing is lost.";
const hints: Readonly<Record<string, string>> = {
  "forge-unavailable": "It is tried again until it is taken; nothing is lost.",
  "forge-token": token,
  "forge-permission": token,
};
