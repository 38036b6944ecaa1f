import type { Outcome } from "../outcome.ts";
import type { Claim, Queue } from "../queue.ts";
import type { QueueEvent, QueueEventDetail } from "../events.ts";
import type { Submission, SubmittedBuild } from "../submission.ts";

export const target = "repo";
export const arch = "x86_64";
export const leaseMs = 60_000;

/** A new, empty queue. */
export type Start<Q extends Queue = Queue> = () => Promise<Desk<Q>>;

interface SubmissionOptions extends Partial<Omit<Submission, "builds">> {
  readonly class?: string;
  readonly reason?: string;
}

/** A queue with a clock that stands still, and the tests' short forms. */
export class Desk<Q extends Queue = Queue> {
  readonly queue: Q;
  readonly open: () => Promise<Q>;
  readonly clock: { ms: number };

  constructor(queue: Q, open: () => Promise<Q>, clock: { ms: number }) {
    this.queue = queue;
    this.open = open;
    this.clock = clock;
  }

  /** By pkgbase: what it needs. */
  submission(
    graph: Readonly<Record<string, readonly string[]>>,
    options: SubmissionOptions = {},
  ): Submission {
    const { class: buildClass = null, reason = "changed", ...rest } = options;
    const builds = Object.entries(graph).map(([pkgbase, needs]): SubmittedBuild => ({
      pkgbase,
      class: buildClass,
      pkgnames: [pkgbase],
      needs,
      reason,
    }));
    return { commit: "abc", target, arch, source: "workspace", removals: [], ...rest, builds };
  }

  submit(
    graph: Readonly<Record<string, readonly string[]>>,
    options?: SubmissionOptions,
  ): ReturnType<Queue["submit"]> {
    return this.queue.submit(this.submission(graph, options));
  }

  claimAny(classes: readonly string[] | "all" = [], archs?: readonly string[]): Promise<Claim | undefined> {
    return this.queue.claim({ worker: "tester", classes, leaseMs, ...(archs && { archs }) });
  }

  /** The next build, which must be this one. */
  async claim(pkgbase: string, classes: readonly string[] = [], archs?: readonly string[]): Promise<Claim> {
    const claim = await this.claimAny(classes, archs);
    if (claim?.build.pkgbase !== pkgbase) {
      throw new Error(
        `${claim?.build.pkgbase ?? "nothing"} was ready, not ${pkgbase}: ${JSON.stringify(await this.statuses())}`,
      );
    }
    return claim;
  }

  async finish(claim: Claim, outcome: Outcome): Promise<void> {
    const answer = await this.queue.finish(claim, { outcome });
    if (answer !== "finished") throw new Error(`${claim.build.pkgbase} was ${answer}`);
  }

  /** Builds all that can be built; returns the order. */
  async drain(): Promise<string[]> {
    const built: string[] = [];
    for (let claim = await this.claimAny(); claim; claim = await this.claimAny()) {
      await this.finish(claim, "built");
      built.push(claim.build.pkgbase);
    }
    return built;
  }

  async statuses(): Promise<Record<string, string>> {
    const { builds } = await this.queue.state();
    return Object.fromEntries(
      builds.map(({ pkgbase, status }) => {
        switch (status.kind) {
          case "ready":
            return [pkgbase, "ready"];
          case "held":
            return [pkgbase, `held: ${status.why}`];
          case "waiting":
            return [pkgbase, `waiting for ${status.for.join(", ")}`];
          case "delayed":
            return [pkgbase, `delayed ${status.until - this.clock.ms}`];
          case "blocked": {
            const causes = status.causes.map((cause) => `${cause.pkgbase} ${cause.outcome}`);
            return [pkgbase, `blocked by ${status.by.join(", ")} because of ${causes.join(", ")}`];
          }
          case "active":
            return [pkgbase, status.cancelling ? "active, cancelling" : "active"];
        }
      }),
    );
  }

  /** The events of these kinds so far. */
  async events(...kinds: QueueEventDetail["kind"][]): Promise<QueueEvent[]> {
    const { seq } = await this.queue.state();
    const found: QueueEvent[] = [];
    for await (const event of this.queue.events({ after: 0 })) {
      if (kinds.includes(event.kind)) found.push(event);
      if (event.seq === seq) break;
    }
    return found;
  }
}
