import { z } from "zod";
import { isPkgbase } from "../alpm/names.ts";
import { namcapReport } from "../builder/namcap.ts";

/**
 * What manager and builders say to each other: JSON over HTTP, each request with the builder's own token, each about
 * a build with the token of its claim. Both sides send this number with everything and refuse any other.
 */
export const protocol = 2;

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

export const claimAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("build"),
    build: count,
    token: claimToken,
    /** Names folders at the builder's. */
    pkgbase: z.string().max(256).refine(isPkgbase),
    commit: z.string().regex(/^[0-9a-f]{40,64}$/),
    reasons: z.array(z.string()),
    workspace,
    repository,
    /** CI_PACKAGE_BUMP as it takes effect, which may be another than the commit's. */
    bump: z.string().nullable(),
    /** Where the builder's part of the log begins, in bytes. */
    logAt: count,
  }),
  z.object({ kind: z.literal("gone") }),
]);

export type RemoteClaim = Readonly<Extract<z.infer<typeof claimAnswer>, { kind: "build" }>>;

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
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(1000),
});

export type Announcement = Readonly<z.infer<typeof announcement>>;

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
