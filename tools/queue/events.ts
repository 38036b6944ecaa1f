import type { BlockCause, Outcome } from "./outcome.ts";
import type { AskingPipeline, BuildKey } from "./submission.ts";

/** What happened in a queue; kept until it is forgotten. */
export type QueueEvent = BuildKey & QueueEventDetail & { readonly seq: number; readonly at: number };

export type QueueEventDetail =
  | { readonly kind: "queued"; readonly build: number; readonly reason: string }
  /** `replaced`: the pipeline that asked for it before, where that was another one. */
  | {
      readonly kind: "merged";
      readonly build: number;
      readonly reason: string;
      readonly replaced?: { readonly source: string; readonly pipeline: AskingPipeline };
    }
  | { readonly kind: "claimed"; readonly build: number; readonly worker: string }
  | {
      readonly kind: "retry";
      readonly build: number;
      readonly losses: number;
      readonly message?: string;
      readonly until: number;
    }
  | {
      readonly kind: "finished";
      readonly build: number;
      readonly outcome: Outcome;
      readonly message?: string;
    }
  | { readonly kind: "blocked"; readonly build: number; readonly by: string; readonly cause: BlockCause }
  /** No longer blocked: `by` was scheduled again, succeeded, was removed, or its failure was set aside. */
  | { readonly kind: "released"; readonly build: number; readonly by: string }
  | { readonly kind: "cancelling"; readonly build: number; readonly message: string }
  | { readonly kind: "held"; readonly why: string }
  | { readonly kind: "let-go" }
  /** The build no longer waits for `need`; `cycle` names its members, each needing the next. */
  | {
      readonly kind: "cycle-broken";
      readonly build: number;
      readonly need: string;
      readonly cycle: readonly string[];
    }
  | { readonly kind: "removal"; readonly removal: number; readonly reason: string }
  | { readonly kind: "removal-withdrawn"; readonly removal: number }
  | { readonly kind: "removal-failed"; readonly removal: number; readonly message: string }
  | { readonly kind: "removed"; readonly removal: number }
  /** An update waits for a person. `url`: where, on the forge. */
  | { readonly kind: "review-opened"; readonly url: string | null; readonly message: string };
