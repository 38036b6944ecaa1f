import type { ObservedQueue } from "../../queue/event-readers.ts";
import type { BuildKey } from "../../queue/submission.ts";

const lookEveryMs = 5000;

/** What waits for a person, as it was looked at last. */
export interface HeldUpdates {
  reviews(): Promise<{
    /** Null where nobody could look yet. */
    readonly asOf: number | null;
    /** Why nothing newer is known. */
    readonly problem: string | null;
    readonly reviews: readonly HeldUpdate[];
  }>;
}

export interface HeldUpdate {
  readonly pkgbase: string;
  readonly branch: string;
  readonly url: string | null;
  readonly versions: string;
  readonly verdict: string | null;
}

export interface HeldOptions {
  readonly reviews: HeldUpdates;
  readonly queue: Pick<ObservedQueue, "noteReviews">;
  readonly of: Pick<BuildKey, "target" | "arch">;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly troubled: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Brings which updates wait for a person into the history of events, from which targets are told of new ones. */
export async function followHeldUpdates(options: HeldOptions): Promise<void> {
  const { reviews, queue, of, sleep, troubled, signal } = options;
  let noted: string | undefined;
  while (!signal.aborted) {
    try {
      const known = await reviews.reviews();
      // What couldn't be looked at says nothing of what is open.
      const open = known.asOf === null || known.problem !== null ? undefined : known.reviews;
      const key = open?.map(({ branch }) => branch).join("\n");
      if (open && key !== noted) {
        const told = open.map(({ pkgbase, branch, url, versions, verdict }) => ({
          pkgbase,
          branch,
          url,
          message: [versions, verdict ?? ""].filter((text) => text !== "").join(", "),
        }));
        await queue.noteReviews(of, told);
        noted = key;
      }
    } catch (error) {
      troubled(error);
    }
    await sleep(lookEveryMs, signal);
  }
}
