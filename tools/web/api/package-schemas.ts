import { z } from "zod";
import { build, failing, names, review, time } from "./schemas.ts";

/** What the API answers of packages. Times are milliseconds since 1970. */
export const publishedPackage = z.object({
  name: z.string(),
  pkgbase: z.string(),
  version: z.string(),
  arch: z.string(),
  filename: z.string(),
  publishedAt: time.nullable(),
});

export const overview = z.object({
  repository: z.string(),
  arch: z.string(),
  commit: z.string(),
  packages: z.int(),
  published: z.int().meta({ description: "Packages that are published as main has them" }),
  resting: z
    .object({ onTrigger: z.int(), foreign: z.int() })
    .meta({ description: "Others that wait for their trigger, or are for other architectures alone" }),
  lastPublished: time.nullable(),
  isRunning: z.boolean().meta({ description: "Whether something takes builds, on this machine or others" }),
  building: z.array(build).readonly(),
  waiting: z.array(build).readonly(),
  failing: z.array(failing).readonly(),
  unscheduled: z.array(z.object({ pkgbase: z.string(), arch: z.string(), reason: z.string() })).readonly(),
  recent: z.array(build).readonly(),
  newest: z.array(publishedPackage).readonly().meta({ description: "What was published last" }),
});

const packageState = z.enum([
  "published",
  "failing",
  "not-started",
  "blocked",
  "no-builder",
  "held",
  "building",
  "waiting",
  "queued",
  "to-build",
  "on-trigger",
  "to-remove",
  "foreign",
]);

const mainVersion = z
  .string()
  .nullable()
  .meta({ description: "What main has; null where only a build finds out" });

export const foundPackages = z.object({
  total: z.int().meta({ description: "How many there are, more than those that are listed perhaps" }),
  packages: z
    .array(
      z.object({
        pkgbase: z.string(),
        pkgnames: names,
        version: mainVersion,
        published: z.string().nullable().meta({ description: "Which version is published" }),
        state: packageState,
        why: z.string(),
      }),
    )
    .readonly(),
});

export const packageView = z.object({
  pkgbase: z.string(),
  state: packageState.meta({ description: "Of the architecture that asks for a person most" }),
  why: z.string(),
  isCurrent: z.boolean().meta({ description: "Whether what is published is what main has" }),
  standings: z
    .array(
      z.object({
        arch: z.string(),
        state: packageState,
        why: z.string(),
        version: z.string().nullable().meta({ description: "What is published" }),
        isCurrent: z.boolean(),
      }),
    )
    .readonly()
    .meta({ description: "For each architecture" }),
  version: mainVersion,
  onTrigger: z.string().nullable(),
  pkgnames: names,
  published: z.array(publishedPackage).readonly(),
  madeFrom: z
    .string()
    .nullable()
    .meta({ description: "The commit that the published packages were made from" }),
  needs: names,
  neededBy: names,
  arch: z.string(),
  held: z.string().nullable().meta({ description: "Who holds it by hand, and why" }),
  upstream: z.string().nullable().meta({ description: "Upstream's revision that was last taken or held" }),
  review: review.nullable().meta({ description: "An update of it that waits for a person" }),
  reviewsAsOf: time.nullable().meta({ description: "Null where nobody could look yet whether one waits" }),
  causes: z
    .array(z.object({ pkgbase: z.string(), outcome: z.string(), build: z.int().nullable() }))
    .readonly()
    .meta({ description: "Failures that block it" }),
  graph: z
    .object({
      nodes: z
        .array(
          z.object({ pkgbase: z.string(), level: z.int(), state: z.enum(["good", "bad", "busy", "calm"]) }),
        )
        .readonly(),
      edges: z.array(z.object({ from: z.string(), to: z.string() })).readonly(),
      left: z.int().meta({ description: "How many more there are" }),
    })
    .meta({ description: "What it needs (levels below 0) and what needs it, directly or not" }),
  builds: z.array(build).readonly(),
});

const sha256 = z.string();

const release = z.object({
  version: z.string().nullable(),
  finishedAt: time.nullable().meta({ description: "When all was published" }),
  jobs: z
    .array(
      z.object({
        job: z.string(),
        status: z.enum(["green", "failed", "running", "waiting"]),
        at: time.nullable().meta({ description: "When it ended" }),
        message: z.string(),
        build: z.int().nullable().meta({ description: "Its last build, which has the log" }),
        files: z
          .array(z.object({ artifact: z.string(), path: z.string(), bytes: z.int(), sha256 }))
          .readonly()
          .meta({ description: "What it made" }),
      }),
    )
    .readonly(),
  publications: z
    .array(
      z.object({
        name: z.string(),
        at: time,
        files: z.array(z.object({ at: z.string(), sha256 })).readonly(),
      }),
    )
    .readonly()
    .meta({ description: "What can be seen of it, and where" }),
});

export const repository = z.object({
  name: z.string(),
  arch: z.string(),
  fingerprint: z.string().nullable(),
  lastPublished: time.nullable(),
  packages: z.array(publishedPackage).readonly(),
  releases: z
    .array(
      z.object({
        project: z.string(),
        channel: z.string(),
        takes: z.string().meta({ description: "Which refs, in words" }),
        ref: z.string().nullable().meta({ description: "What it names now" }),
        reason: z.string().nullable(),
        release: release.nullable().meta({ description: "What was made of it; null: nothing yet" }),
      }),
    )
    .readonly()
    .meta({ description: "The channels of the projects that are released here" }),
});

export type Overview = z.infer<typeof overview>;
export type PackageView = z.infer<typeof packageView>;
export type RepositoryView = z.infer<typeof repository>;
export type FoundPackages = z.infer<typeof foundPackages>;
