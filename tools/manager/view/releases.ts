import type { Git } from "../../git/git.ts";
import type { FinishedBuild, PendingBuild } from "../../queue/queue.ts";
import { takenBy } from "../../release/definition/taken-refs.ts";
import type { ReleaseRecord } from "../../release/record/record.ts";
import { describeRef } from "../../release/refs/ref.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { releaseArch, releaseKey, releaseTarget, type ReleaseKey } from "../releases/record/release-key.ts";
import type { ReleaseRecords } from "../releases/record/release-records.ts";

/** A channel of a project, and what it names now. */
interface ChannelView {
  readonly project: string;
  readonly channel: string;
  /** Which refs it takes, in words. */
  readonly takes: string;
  /** What its lock file names, and why; null: nothing yet. */
  readonly ref: string | null;
  readonly reason: string | null;
}

/** How far a release is: its jobs with what they made, and what can be seen of it. */
interface ReleaseView {
  readonly version: string | null;
  /** Milliseconds since 1970, also below; null: it isn't finished. */
  readonly finishedAt: number | null;
  readonly jobs: readonly {
    readonly job: string;
    readonly status: "green" | "failed" | "running" | "waiting";
    readonly at: number | null;
    readonly message: string;
    /** Its last build in the queue, which has the log. */
    readonly build: number | null;
    readonly files: readonly {
      readonly artifact: string;
      readonly path: string;
      readonly bytes: number;
      readonly sha256: string;
    }[];
  }[];
  readonly publications: readonly {
    readonly name: string;
    readonly at: number;
    readonly files: readonly { readonly at: string; readonly sha256: string }[];
  }[];
}

/** What the queue knows of a release's jobs. */
interface JobBuilds {
  readonly pending: readonly PendingBuild[];
  readonly last: (key: {
    target: string;
    arch: string;
    pkgbase: string;
  }) => Promise<FinishedBuild | undefined>;
}

/** Reads the channels of all projects of a commit, by project and as they are defined, with what was made of each. */
export function releasesOf(git: Git, records: ReleaseRecords) {
  let last: { readonly commit: string; readonly channels: ReturnType<typeof readChannels> } | undefined;
  return async (commit: string, builds: JobBuilds) => {
    if (last?.commit !== commit) {
      const channels = readChannels(git, commit);
      last = { commit, channels };
      channels.catch(() => (last = undefined));
    }
    const found = await last.channels;
    return Promise.all(
      found.map(async ({ key, ...channel }) => ({
        ...channel,
        release: key === undefined ? null : await releaseView(key, records.read(key), builds),
      })),
    );
  };
}

async function readChannels(
  git: Git,
  commit: string,
): Promise<readonly (ChannelView & { readonly key: ReleaseKey | undefined })[]> {
  const projects = await readCommitProjects(git, commit);
  return [...projects.values()].flatMap(({ name, definition, locks }) =>
    [...(definition?.channels.values() ?? [])].map((channel) => {
      const lock = locks.get(channel.name);
      return {
        project: name,
        channel: channel.name,
        takes: takenBy(channel),
        ref: lock ? describeRef(lock.ref) : null,
        reason: lock?.reason ?? null,
        key: lock && releaseKey(name, channel.name, lock.ref),
      };
    }),
  );
}

async function releaseView(
  key: ReleaseKey,
  record: ReleaseRecord | undefined,
  { pending, last }: JobBuilds,
): Promise<ReleaseView | null> {
  const target = releaseTarget(key);
  const queued = new Map(
    pending.filter((build) => build.target === target).map((build) => [build.pkgbase, build]),
  );
  if (!record && queued.size === 0) return null;
  const names = [...new Set([...Object.keys(record?.jobs ?? {}), ...queued.keys()])];
  const jobs = names.map(async (job): Promise<ReleaseView["jobs"][number]> => {
    const [ended, waits] = [record?.jobs[job], queued.get(job)];
    const build = waits ?? (await last({ target, arch: releaseArch, pkgbase: job }));
    const status = waits ? (waits.status.kind === "active" ? "running" : "waiting") : undefined;
    return {
      job,
      status: status ?? (ended?.isGreen ? "green" : "failed"),
      at: ended?.at ?? null,
      message: ended?.message ?? "",
      build: build?.id ?? null,
      files: Object.entries(ended?.artifacts ?? {}).flatMap(([artifact, files]) =>
        files.map(({ path, bytes, sha256 }) => ({ artifact, path, bytes, sha256 })),
      ),
    };
  });
  return {
    version: record?.version ?? null,
    finishedAt: record?.finishedAt ?? null,
    jobs: await Promise.all(jobs),
    publications: Object.entries(record?.publications ?? {}).map(([name, { at, files }]) => ({
      name,
      at,
      files: [...files],
    })),
  };
}
