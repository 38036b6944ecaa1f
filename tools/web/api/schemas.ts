import { z } from "zod";

/**
 * What the API answers, and what the pages are made from. Times are milliseconds since 1970, stretches of time
 * milliseconds.
 */
export const time = z.int().meta({ description: "Milliseconds since 1970" });
export const names = z.array(z.string()).readonly();

export const build = z.object({
  id: z.int(),
  pkgbase: z.string(),
  arch: z.string(),
  target: z.string().meta({ description: "The package repository" }),
  source: z.string().meta({ description: "The workspace's name" }),
  commit: z.string(),
  reasons: names,
  class: z.string().nullable(),
  status: z.enum([
    "ready",
    "waiting",
    "delayed",
    "blocked",
    "held",
    "active",
    "built",
    "already-built",
    "skipped",
    "failed",
    "timed-out",
    "cancelled",
    "lost",
  ]),
  message: z.string().meta({ description: "What it waits for, what failed, or which version came out" }),
  worker: z.string().nullable(),
  queuedAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  expectedMs: z.int().nullable().meta({ description: "How long the last good build took" }),
  bytes: z.int().nullable().meta({ description: "How large the packages are together that came out" }),
});

export const namcap = z.object({
  state: z
    .enum(["ran", "stopped", "not-installed"])
    .meta({ description: "Stopped: before its end, so there may be more" }),
  lines: z
    .array(
      z.object({
        level: z.enum(["error", "warning", "info"]),
        package: z.string().meta({ description: "A package, or `PKGBUILD (pkgbase)`" }),
        tag: z.string().meta({ description: "As namcap-tags(1) has it" }),
        message: z.string(),
      }),
    )
    .readonly()
    .meta({ description: "Errors first" }),
  left: z.int().meta({ description: "How many more there were" }),
});

export const shownBuild = build.extend({
  namcap: namcap.nullable().meta({ description: "What namcap says of its packages; null: made none" }),
});

export const failing = z.object({
  pkgbase: z.string(),
  arch: z.string(),
  outcome: z.string(),
  message: z.string(),
  since: time,
  firstCommit: z.string(),
  commit: z.string(),
  builds: z.int().meta({ description: "How many failed since" }),
  build: z.int().meta({ description: "The last one's id" }),
  blocks: names,
  notStarted: z.boolean().meta({ description: "Nothing was built at all: it would have been in vain" }),
});

/** With the version that its recipe had then. */
export const datedFailing = failing.extend({
  firstVersion: z.string().nullable().meta({ description: "As the recipe had it in the first commit" }),
});

/** With what its log says. */
export const explainedFailing = datedFailing.extend({
  error: z.string().nullable().meta({ description: "The first error in the log" }),
  lines: names.meta({ description: "The lines around it" }),
  line: z.int().meta({ description: "The number of the first of them" }),
});

const severity = z.enum(["danger", "review", "info"]);

export const finding = z.object({
  severity,
  message: z.string(),
  file: z.string().nullable(),
  line: z.int().nullable(),
});

export const evidence = z.object({
  title: z
    .string()
    .meta({ description: "Such as `Packages`: what they contain, against those that are published" }),
  first: names.meta({ description: "What to look at first, the gravest first, in Markdown" }),
  lines: names.meta({ description: "All that was found out, in Markdown" }),
});

export const review = z.object({
  pkgbase: z.string(),
  url: z.string().nullable().meta({ description: "Its pull or merge request" }),
  branch: z.string(),
  openedAt: time,
  verdict: z.enum(["minor", "major", "dangerous"]).nullable(),
  versions: z.string().meta({ description: "Such as `1.2 → 1.3`" }),
  findings: z.array(finding).readonly().meta({ description: "Worst first" }),
  evidence: z.array(evidence).readonly().meta({ description: "What was found out beside its recipe" }),
});

export const reviews = z.object({
  asOf: time.nullable().meta({ description: "Null where nobody could look yet" }),
  problem: z.string().nullable().meta({ description: "Why nothing newer is known" }),
  reviews: z.array(review).readonly(),
});

const fileText = z.string().nullable();

export const reviewFiles = z
  .array(
    z.object({
      path: z.string(),
      before: fileText.meta({ description: "Null: there was no such file, or it isn't text" }),
      after: fileText,
    }),
  )
  .readonly();

export const shownReview = review.extend({ files: reviewFiles });

export const builder = z.object({
  name: z.string(),
  class: z.string().nullable(),
  arch: z.string().nullable(),
  jobs: z.int().nullable(),
  there: z.boolean().meta({ description: "Whether it was heard from lately" }),
  drained: z.string().nullable().meta({ description: "Who lets it take nothing new, and why" }),
  building: z.array(build).readonly(),
  last: build.nullable().meta({ description: "What it built last" }),
});

export const queue = z.object({
  builds: z.array(build).readonly(),
  removals: z.array(z.object({ pkgbase: z.string(), pkgnames: names, reason: z.string() })).readonly(),
  held: z.array(z.object({ pkgbase: z.string(), why: z.string() })).readonly(),
});

export const event = z.object({
  seq: z.int(),
  at: time,
  kind: z.string(),
  pkgbase: z.string(),
  build: z.int().nullable(),
});

export const action = z.enum(["build", "cancel", "set-aside", "hold", "drain"]);

export const askedAction = z.object({
  action,
  of: z.string().min(1).max(255).meta({ description: "A pkgbase; of `drain` a builder's name" }),
  undo: z
    .boolean()
    .default(false)
    .meta({ description: "Let go what is held, let a builder take builds again" }),
  why: z.string().max(200).default("").meta({ description: "For those who see it" }),
});

export const actionAnswer = z.object({
  kind: z.enum(["done", "nothing", "unknown", "refused", "forbidden"]),
  message: z.string(),
});

export const tokenHolder = z.object({ name: z.string(), allows: z.array(action).readonly() });

export type Build = z.infer<typeof build>;
export type Namcap = z.infer<typeof namcap>;
export type DatedFailing = z.infer<typeof datedFailing>;
export type ExplainedFailing = z.infer<typeof explainedFailing>;
export type Review = z.infer<typeof review>;
export type Reviews = z.infer<typeof reviews>;
export type ShownReview = z.infer<typeof shownReview>;
export type Builder = z.infer<typeof builder>;
export type QueueView = z.infer<typeof queue>;
export type BuildEvent = z.infer<typeof event>;
