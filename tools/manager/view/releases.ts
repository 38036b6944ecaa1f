import type { Git } from "../../git/git.ts";
import { takenBy } from "../../release/definition/taken-refs.ts";
import { describeRef } from "../../release/refs/ref.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";

/** A channel of a project, and what it names now. */
export interface ChannelView {
  readonly project: string;
  readonly channel: string;
  /** Which refs it takes, in words. */
  readonly takes: string;
  /** What its lock file names, and why; null: nothing yet. */
  readonly ref: string | null;
  readonly reason: string | null;
}

/** Reads the channels of all projects of a commit, by project and as they are defined; again only for another commit. */
export function releasesOf(git: Git): (commit: string) => Promise<readonly ChannelView[]> {
  let last: { readonly commit: string; readonly channels: Promise<readonly ChannelView[]> } | undefined;
  return (commit) => {
    if (last?.commit !== commit) {
      const channels = readChannels(git, commit);
      last = { commit, channels };
      channels.catch(() => (last = undefined));
    }
    return last.channels;
  };
}

async function readChannels(git: Git, commit: string): Promise<readonly ChannelView[]> {
  const projects = await readCommitProjects(git, commit);
  return [...projects.values()].flatMap(({ name, definition, locks }) =>
    [...(definition?.channels.values() ?? [])].map((channel): ChannelView => {
      const lock = locks.get(channel.name);
      return {
        project: name,
        channel: channel.name,
        takes: takenBy(channel),
        ref: lock ? describeRef(lock.ref) : null,
        reason: lock?.reason ?? null,
      };
    }),
  );
}
