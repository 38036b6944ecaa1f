import { z } from "zod";

/**
 * What the API answers, and what the pages are made from. Times are milliseconds since 1970, stretches of time
 * milliseconds.
 */
const time = z.int().meta({ description: "Milliseconds since 1970" });
const names = z.array(z.string()).readonly();

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
});

export const overview = z.object({
  repository: z.string(),
  arch: z.string(),
  commit: z.string(),
  packages: z.int(),
  published: z.int(),
  lastPublished: time.nullable(),
  building: z.array(build).readonly(),
  waiting: z.array(build).readonly(),
  failing: z.array(failing).readonly(),
  unscheduled: z.array(z.object({ pkgbase: z.string(), arch: z.string(), reason: z.string() })).readonly(),
  recent: z.array(build).readonly(),
});

export const publishedPackage = z.object({
  name: z.string(),
  pkgbase: z.string(),
  version: z.string(),
  arch: z.string(),
  filename: z.string(),
  builtAt: time.nullable(),
});

export const packageView = z.object({
  pkgbase: z.string(),
  state: z.enum(["published", "failing", "pending", "to-build", "on-trigger", "to-remove"]),
  why: z.string(),
  version: z.string().nullable().meta({ description: "What main has; null where only a build finds out" }),
  onTrigger: z.string().nullable(),
  pkgnames: names,
  published: z.array(publishedPackage).readonly(),
  madeFrom: z
    .string()
    .nullable()
    .meta({ description: "The commit that the published packages were made from" }),
  needs: names,
  neededBy: names,
  builds: z.array(build).readonly(),
});

export const queue = z.object({
  builds: z.array(build).readonly(),
  removals: z.array(z.object({ pkgbase: z.string(), pkgnames: names, reason: z.string() })).readonly(),
});

export const repository = z.object({
  name: z.string(),
  arch: z.string(),
  fingerprint: z.string().nullable(),
  lastPublished: time.nullable(),
  packages: z.array(publishedPackage).readonly(),
});

export const event = z.object({
  seq: z.int(),
  at: time,
  kind: z.string(),
  pkgbase: z.string(),
  build: z.int().nullable(),
});

export type Build = z.infer<typeof build>;
export type Failing = z.infer<typeof failing>;
export type Overview = z.infer<typeof overview>;
export type PackageView = z.infer<typeof packageView>;
export type QueueView = z.infer<typeof queue>;
export type RepositoryView = z.infer<typeof repository>;
export type BuildEvent = z.infer<typeof event>;
