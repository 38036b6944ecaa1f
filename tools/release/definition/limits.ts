/**
 * What a definition may have at most: far above what real projects have, and low enough that no file keeps planning
 * busy.
 */
export const limits = {
  bytes: 512 * 1024,
  /** Tables in tables. Real files have four. */
  depth: 16,
  targets: 200,
  channels: 50,
  stages: 50,
  jobsOfStage: 100,
  /** Of all stages, one for each target that it is for. */
  jobs: 2_000,
  publications: 50,
  archives: 50,
  machines: 50,
} as const;
