import { z } from "zod";
import { isPkgbase } from "../alpm/names.ts";
import { namcapReport } from "../builder/namcap.ts";
import { isProjectName } from "../release/definition/texts.ts";

/**
 * What manager and builders say to each other: JSON over HTTP, each request with the builder's own token, each about
 * a build with the token of its claim. Both sides send this number with everything and refuse any other.
 */
export const protocol = 3;

/** Header names. */
export const headers = { protocol: "sluice-protocol", claim: "sluice-claim" } as const;

/** After that time without a word of a builder its builds are given to others, in milliseconds. */
export const defaultLeaseMs = 20_000;

/** How often a builder says that it is alive in that time. */
export const alivePerLease = 5;

/** How large the packages of one build may be together, in bytes. */
export const maxUploadBytes = 8 * 2 ** 30;

/** What a build's log may hold, in bytes; the builder itself stops well before. */
export const maxLogBytes = 2 ** 30;

const count = z.int().min(0);

export const description = z.object({
  /** What it builds for. */
  arch: z.string().regex(/^[a-z0-9_]{1,32}$/),
  /** Whether that is by emulation or a cross compiler. */
  crosses: z.boolean().optional(),
  /** A number, or a name that several builders may share. */
  class: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/),
  jobs: z.int().min(0).max(999),
  /** Takes nothing new, and ends when it is done with what it has. */
  draining: z.boolean(),
});

/** What a builder is. */
export type Description = Readonly<z.infer<typeof description>>;

const claimToken = z.string().regex(/^[0-9a-f-]{36}$/);

export const aliveRequest = description.extend({
  builds: z.array(z.object({ build: count, token: claimToken })).max(1000),
});

export const welcome = z.object({
  /** The builder's, by its token. */
  name: z.string(),
  /** After that time without a word of the builder its builds are given to others, in milliseconds. */
  leaseMs: z.int().min(100),
  /** For which architectures there are packages to build. */
  archs: z.array(z.string().max(32)).max(100).readonly(),
});

export type Welcome = Readonly<z.infer<typeof welcome>>;

/** Where a build comes from. */
const workspace = z.object({ name: z.string(), url: z.string() });

export type WorkspaceAddress = Readonly<z.infer<typeof workspace>>;

/** Where a build goes, and where what it needs comes from. */
const repository = z.object({
  name: z.string(),
  /** The public key, armoured. */
  key: z.string(),
  /** Repositories that its builds may need beside the distribution's. */
  extra: z.object({
    repositories: z.array(z.object({ name: z.string(), servers: z.array(z.string()) })),
    keyrings: z.array(z.string()),
  }),
});

export type RepositoryAddress = Readonly<z.infer<typeof repository>>;

/** By claim token; what isn't named is kept. */
export const aliveAnswer = z.object({ stop: z.record(z.string(), z.enum(["cancel", "gone"])) });

export const claimRequest = z.object({ build: count });

const commitId = z.string().regex(/^[0-9a-f]{40,64}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Relative, and nowhere outside of what it is below. */
const innerPath = z
  .string()
  .max(1000)
  .refine((path) => !path.includes("\0") && path.split("/").every((part) => !["", ".", ".."].includes(part)));

/** A job of a release, with all that running it takes; what isn't in it comes by Git, or by its digest. */
export const jobRequest = z.object({
  project: z.string().refine(isProjectName),
  /** The project's repository, and what of it. */
  source: z.string().max(1000),
  ref: z.object({
    kind: z.enum(["tag", "branch", "review"]),
    name: z.string().max(256),
    commit: commitId,
  }),
  /** Of the workspace. */
  commit: commitId,
  /** From the root of the workspace. */
  script: innerPath,
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/), z.string().max(10_000)),
  network: z.boolean(),
  image: z.string().max(200).nullable(),
  /** Folders that are kept from run to run where it is run, under this name. */
  cache: z
    .object({
      key: z.string().max(256).refine(isPkgbase),
      paths: z.array(innerPath).min(1).max(200),
      keep: z.boolean(),
    })
    .nullable(),
  makes: z.array(z.object({ artifact: innerPath, path: z.string().max(1000) })).max(1000),
  /** Further artifacts: one that it makes, with the libraries that its programs need in a folder of it. */
  bundles: z.array(z.object({ artifact: innerPath, of: innerPath, libraries: innerPath })).max(1000),
  /** Files of earlier jobs, by their paths below `$ARTIFACTS`. */
  takes: z.array(z.object({ path: innerPath, sha256, bytes: count, isExecutable: z.boolean() })).max(100_000),
  /** How long it may take. */
  seconds: z.number().positive(),
});

export type JobRequest = Readonly<z.infer<typeof jobRequest>>;

/** What every claim says. */
const claimed = z.object({
  build: count,
  token: claimToken,
  /** Names folders at the builder's; of a release the key of the job. */
  pkgbase: z.string().max(256).refine(isPkgbase),
  reasons: z.array(z.string()),
  workspace,
  /** Where the builder's part of the log begins, in bytes. */
  logAt: count,
});

export const claimAnswer = z.discriminatedUnion("kind", [
  claimed.extend({
    kind: z.literal("build"),
    commit: commitId,
    repository,
    /** CI_PACKAGE_BUMP as it takes effect, which may be another than the commit's. */
    bump: z.string().nullable(),
  }),
  claimed.extend({ kind: z.literal("job"), job: jobRequest }),
  z.object({ kind: z.literal("gone") }),
]);

/** A package that is to be built. */
export type PackageClaim = Readonly<Extract<z.infer<typeof claimAnswer>, { kind: "build" }>>;

/** A job of a release. */
export type JobClaim = Readonly<Extract<z.infer<typeof claimAnswer>, { kind: "job" }>>;

export type RemoteClaim = PackageClaim | JobClaim;

/** What a build made, before it is sent. */
export const announcement = z.object({
  pkgnames: z.array(z.string().max(256)).min(1).max(1000),
  version: z.string().max(256),
  vcs: z.record(z.string().max(1024), z.string().regex(/^[0-9a-f]{40,64}$/)),
  files: z
    .array(
      z.object({
        name: z.string().max(255),
        size: count,
        sha256,
      }),
    )
    .min(1)
    .max(1000),
});

export type Announcement = Readonly<z.infer<typeof announcement>>;

/** What a job of a release made, likewise, by artifact; each file is sent under its digest, once. */
export const madeFiles = z
  .array(jobRequest.shape.takes.element.extend({ artifact: innerPath }))
  .max(10_000)
  .readonly();

export type MadeFiles = z.infer<typeof madeFiles>;

export const announceAnswer = z.discriminatedUnion("kind", [
  /** How much of each file is there already. */
  z.object({ kind: z.literal("upload"), have: z.record(z.string(), count) }),
  /** It is over: there is nothing to be sent. */
  z.object({ kind: z.literal("finished"), outcome: z.string(), message: z.string() }),
  z.object({ kind: z.literal("gone") }),
]);

export const finishRequest = z.object({
  outcome: z.enum(["built", "skipped", "failed", "timed-out", "cancelled", "lost"]),
  message: z.string().max(4000),
  /** Of `failed`, where it isn't the recipe's fault. */
  reason: z.enum(["download", "memory"]).optional(),
  /** Of `built`; as they were announced. */
  packages: announcement.optional(),
  artifacts: madeFiles.optional(),
  namcap: namcapReport.optional(),
});

export type FinishRequest = Readonly<z.infer<typeof finishRequest>>;

export const finishAnswer = z.discriminatedUnion("kind", [
  /** Ask again. */
  z.object({ kind: z.literal("settling") }),
  z.object({ kind: z.literal("finished"), outcome: z.string(), message: z.string() }),
  z.object({ kind: z.literal("gone") }),
]);

/** How much of a log or a file is there. */
export const sizeAnswer = z.object({ size: count });

export const problem = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
