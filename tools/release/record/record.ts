import { z } from "zod";
import type { ReleaseRef } from "../refs/ref.ts";

/** What has happened of one release, as `releases/PROJECT/CHANNEL/REF.json` on the branch `state` says it. */
export interface ReleaseRecord {
  readonly ref: ReleaseRef;
  readonly channel: string;
  /** What `{version}` is; null where the tag names none. */
  readonly version: string | null;
  /** A digest of the project's files that its jobs ran by, locks aside. */
  readonly definition: string;
  /** By key, those that have ended. */
  readonly jobs: Readonly<Record<string, JobRecord>>;
  /** By name, those that can be seen. */
  readonly publications: Readonly<Record<string, PublicationRecord>>;
  /** When all was published, in milliseconds since 1970; null: it isn't. */
  readonly finishedAt: number | null;
}

export interface JobRecord {
  readonly isGreen: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Why it isn't green. */
  readonly message?: string | undefined;
  /** Files by artifact. */
  readonly artifacts: Readonly<Record<string, readonly ArtifactFile[]>>;
}

/** A file of an artifact. */
export interface ArtifactFile {
  /** Below the artifact; of a single file its name. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly isExecutable: boolean;
}

export interface PublicationRecord {
  readonly at: number;
  readonly files: readonly { readonly at: string; readonly sha256: string }[];
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const file = z.strictObject({
  path: z.string().max(1000).refine(isInner),
  sha256,
  bytes: z.int().min(0),
  isExecutable: z.boolean(),
});

const schema = z.object({
  version: z.literal(1),
  release: z.object({
    ref: z.object({ kind: z.enum(["tag", "branch", "review"]), name: z.string(), commit: z.string() }),
    channel: z.string(),
    version: z.string().nullable(),
    definition: z.string(),
    jobs: z.record(
      z.string(),
      z.object({
        isGreen: z.boolean(),
        at: z.number(),
        message: z.string().optional(),
        artifacts: z.record(z.string(), z.array(file)),
      }),
    ),
    publications: z.record(
      z.string(),
      z.object({ at: z.number(), files: z.array(z.object({ at: z.string(), sha256 })) }),
    ),
    finishedAt: z.number().nullable(),
  }),
});

function isInner(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** What can't be understood isn't on record. */
export function parseRecord(text: string | undefined): ReleaseRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text ?? "null")).data?.release;
  } catch {
    return undefined;
  }
}

export function formatRecord(release: ReleaseRecord): string {
  return `${JSON.stringify({ version: 1, release }, null, 1)}\n`;
}

export const recordsDir = "releases";

/** @param ref what `{ref}` stands for */
export function recordPath(project: string, channel: string, ref: string): string {
  return `${recordsDir}/${project}/${channel}/${encodeURIComponent(ref)}.json`;
}

/** The project that a file of the branch `state` is about; undefined: it is no record. */
export function projectOfRecord(path: string): string | undefined {
  return /^releases\/([^/]+)\/[^/]+\/[^/]+\.json$/.exec(path)?.[1];
}
