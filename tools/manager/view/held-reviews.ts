import type { EvidenceSection } from "../../gate/review/evidence.ts";

/** What the gate holds, as whoever can ask the forge tells it. */
export interface HeldReviews {
  reviews(): Promise<{
    readonly asOf: number | null;
    readonly problem: string | null;
    readonly reviews: readonly HeldReview[];
  }>;
  review(pkgbase: string): Promise<ShownReview | undefined>;
}

export interface HeldReview {
  readonly pkgbase: string;
  readonly url: string | null;
  readonly branch: string;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly verdict: "minor" | "major" | "dangerous" | null;
  readonly versions: string;
  readonly findings: readonly {
    readonly severity: "danger" | "review" | "info";
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
  }[];
  /** What was found out about it beside its recipe. */
  readonly evidence: readonly EvidenceSection[];
}

export interface ShownReview extends HeldReview {
  readonly files: readonly {
    readonly path: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}
