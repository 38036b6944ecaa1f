/** What has happened, as far as a plan asks for it. */
export interface Evidence {
  /** Stages that ended, of whichever commit. */
  readonly stages: readonly StageEnd[];
  /** Labels of the review that the commit is of. */
  readonly labels: readonly string[];
  /** Jobs whose report for this commit a person has accepted. */
  readonly reviewed: readonly string[];
  /** Versions that have been released, each by which channel. */
  readonly released: readonly { readonly channel: string; readonly version: string }[];
}

export interface StageEnd {
  readonly channel: string;
  readonly stage: string;
  readonly commit: string;
  readonly isGreen: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const noEvidence: Evidence = { stages: [], labels: [], reviewed: [], released: [] };
