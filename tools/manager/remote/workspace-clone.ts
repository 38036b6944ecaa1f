import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { requireGitAddress } from "../git-address.ts";
import { resolveCommit } from "../../git/history.ts";

/** The workspace's commits, one by one, as builds need them; what was fetched stays for the next one. */
export interface WorkspaceClone {
  readonly git: Git;
  /** @throws SluiceError `workspace-away`, `commit-missing` */
  fetch(commit: string): Promise<void>;
}

/** @param git of the folder that the clone is in; it is made where it isn't there */
export async function openWorkspaceClone(git: Git, url: string): Promise<WorkspaceClone> {
  requireGitAddress(url);
  await mkdir(git.dir, { recursive: true });
  if (!existsSync(`${git.dir}/HEAD`)) await git.text(["init", "--quiet", "--bare", "."]);
  let last: Promise<unknown> = Promise.resolve();
  return {
    git,
    fetch(commit) {
      // One at a time: builds of one schedule need the same commit.
      const next = last.then(() => fetchCommit(git, url, commit));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** Keeps what was fetched from being collected, and lets the next fetch bring only what differs. */
const kept = "refs/sluice/fetched";

async function fetchCommit(git: Git, url: string, commit: string): Promise<void> {
  if ((await resolveCommit(git, commit)) !== undefined) return;
  const single = await git.attempt(["fetch", "--quiet", "--no-tags", "--depth=1", "--", url, commit]);
  if (!single.ok) {
    // A server that hands out branches only.
    const refs = ["+refs/heads/*:refs/heads/*", "+refs/sluice/scheduled/*:refs/sluice/scheduled/*"];
    const all = await git.attempt(["fetch", "--quiet", "--no-tags", "--", url, ...refs]);
    if (!all.ok) throw away(all.stderr || single.stderr);
  }
  if ((await resolveCommit(git, commit)) === undefined) throw missing(commit);
  await git.text(["update-ref", kept, commit]);
}

function away(said: string): SluiceError {
  return new SluiceError("workspace-away", `the workspace can't be fetched: ${said.split("\n").at(-1)}`, {
    hint: "Is WORKSPACE_URL right, and may this machine read it?",
    exitCode: 1,
  });
}

function missing(commit: string): SluiceError {
  return new SluiceError(
    "commit-missing",
    `the workspace's address doesn't have commit ${commit.slice(0, 10)}`,
    {
      hint: "Push it: builders on other machines build only what is at WORKSPACE_URL.",
      exitCode: 1,
    },
  );
}
