import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import { listRemote } from "../git/list-remote.ts";
import { hasRemote } from "../git/push.ts";
import { keptPrefix, remote, stateRef } from "../workspace/refs.ts";

/** Where main and the branch `state` are. */
export interface MainBranch {
  /** The commit to build from; undefined: there is none yet. */
  readonly head: string | undefined;
  readonly state: string | undefined;
}

/** How following the remote goes; told once, when it changes. */
export type RemoteNews =
  | { readonly kind: "reached" }
  | { readonly kind: "unreachable"; readonly error: SluiceError }
  /** The clone has commits of its own that aren't on top of the remote's main, which is what counts. */
  | { readonly kind: "diverged"; readonly head: string };

export interface FetchOptions {
  /** Milliseconds from one fetch to the next. */
  readonly everyMs: number;
  /** GIT_AUTHOR_EMAIL, by which the pipelines' own commits are known. */
  readonly pipelineEmail: string;
}

/**
 * Follows main: of the remote, where there is one and it is fetched, else of the clone. Commits on top of the remote's
 * main that aren't pushed yet count as well. The first look waits for the remote, later fetches go on beside.
 */
export async function followMain(
  git: Git,
  fetch: FetchOptions | undefined,
  told: (news: RemoteNews) => void,
): Promise<() => Promise<MainBranch>> {
  if (!fetch || !(await hasRemote(git, remote))) return async () => localMain(await readRefs(git));
  let fetching: Promise<void> | undefined;
  let due = Number.NEGATIVE_INFINITY;
  let fetched: FetchedMain | undefined;
  let said: RemoteNews = { kind: "reached" };
  let defect: unknown;

  function tell(news: RemoteNews): void {
    if (JSON.stringify(facts(news)) !== JSON.stringify(facts(said))) told(news);
    said = news;
  }

  async function fetchOnce({ everyMs, pipelineEmail }: FetchOptions): Promise<void> {
    try {
      fetched = await fetchMain(git, pipelineEmail, fetched);
      const diverged = fetched?.diverged;
      tell(diverged === undefined ? { kind: "reached" } : { kind: "diverged", head: diverged });
    } catch (error) {
      if (error instanceof SluiceError) tell({ kind: "unreachable", error });
      else defect = error;
    } finally {
      fetching = undefined;
      due = performance.now() + everyMs;
    }
  }

  return async () => {
    const isFirst = due === Number.NEGATIVE_INFINITY;
    if (!fetching && performance.now() >= due) fetching = fetchOnce(fetch);
    if (isFirst) await fetching;
    if (defect !== undefined) throw defect;
    const refs = await readRefs(git);
    if (!fetched) return localMain(refs);
    const state = refs.get(trackingOf(stateRef));
    const isAhead = fetched.isAhead || refs.get("HEAD") !== fetched.local;
    if (!isAhead) return { head: fetched.head, state };
    // Somebody commits in this clone: what is on top of the remote's main counts at once.
    const head = refs.get("HEAD");
    const isOnTop = head !== undefined && (await isAncestor(git, fetched.head, head));
    return { head: isOnTop ? head : fetched.head, state };
  };
}

/** The remote's main, and how the clone stands to it. */
interface FetchedMain {
  readonly head: string;
  /** The clone's own HEAD then. */
  readonly local: string | undefined;
  readonly isAhead: boolean;
  readonly diverged: string | undefined;
}

/** Long enough for a slow network; a server that doesn't answer at all is asked again later. */
const timeout = 120_000;

/**
 * Fetches main and state into the usual remote-tracking branches, and brings a clone along that has nothing of its own.
 * Undefined: nothing was pushed there yet.
 *
 * @throws SluiceError `git`
 */
async function fetchMain(
  git: Git,
  pipelineEmail: string,
  before: FetchedMain | undefined,
): Promise<FetchedMain | undefined> {
  const { refs, defaultBranch, head: remoteHead } = await listRemote(git, remote, [stateRef], timeout);
  if (defaultBranch === undefined || remoteHead === undefined) return undefined;
  const mainRef = trackingOf(defaultBranch);
  const known = await readRefs(git, mainRef);
  const hasState = refs.has(stateRef);
  if (known.get(mainRef) !== remoteHead || known.get(trackingOf(stateRef)) !== refs.get(stateRef)) {
    const wanted = [defaultBranch, ...(hasState ? [stateRef] : [])];
    // Builds may have been queued at commits that pipelines have replaced since.
    const specs = [...wanted.map((ref) => `+${ref}:${trackingOf(ref)}`), `+${keptPrefix}*:${keptPrefix}*`];
    const fetch = ["fetch", "--quiet", "--no-tags", "--prune", remote, ...specs];
    const { ok, stderr } = await git.attempt(fetch, { timeout });
    if (!ok) throw new SluiceError("git", `fetching from ${remote} failed: ${stderr}`);
    if (!hasState) await git.attempt(["update-ref", "-d", trackingOf(stateRef)]);
  }
  const now = await readRefs(git, mainRef);
  const head = now.get(mainRef)!;
  const local = now.get("HEAD");
  if (local === undefined || local === head) {
    return { head, local, isAhead: false, diverged: undefined };
  }
  const earlier = [head, known.get(mainRef), before?.head];
  if (await isContained(git, local, earlier, head, pipelineEmail)) {
    const isMoved = await bringAlong(git, defaultBranch, local, head);
    return { head, local: isMoved ? head : local, isAhead: false, diverged: undefined };
  }
  const isAhead = await isAncestor(git, head, local);
  return { head, local, isAhead, diverged: isAhead ? undefined : local };
}

/**
 * Whether the clone has nothing of its own: its commit is part of main as it is or was, or all that main lacks of it
 * are commits of pipelines, which overwrite their own.
 */
async function isContained(
  git: Git,
  local: string,
  mains: readonly (string | undefined)[],
  head: string,
  pipelineEmail: string,
): Promise<boolean> {
  for (const main of new Set(mains)) {
    if (main !== undefined && (await isAncestor(git, local, main))) return true;
  }
  const { ok, stdout } = await git.attempt(["log", "--format=%ae", `${head}..${local}`]);
  return ok && stdout.split("\n").every((email) => email === pipelineEmail);
}

/** Updates branch and files, where main is checked out and the user's changes don't conflict. Nothing needs it. */
async function bringAlong(git: Git, branch: string, local: string, head: string): Promise<boolean> {
  const { stdout: current } = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  if (current !== branch) return false;
  if (!(await git.attempt(["read-tree", "-m", "-u", local, head])).ok) return false;
  return (await git.attempt(["update-ref", branch, head, local])).ok;
}

async function isAncestor(git: Git, commit: string, of: string): Promise<boolean> {
  return (await git.attempt(["merge-base", "--is-ancestor", commit, of])).ok;
}

function trackingOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, `refs/remotes/${remote}/`);
}

/** HEAD, the branch `state` here and at the remote, and what else is asked for, by their full names. */
async function readRefs(git: Git, ...more: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const names = [stateRef, trackingOf(stateRef), ...more];
  const { stdout } = await git.attempt(["show-ref", "--head", ...names]);
  const lines = stdout.split("\n").map((line) => line.split(" ").toReversed() as [string, string]);
  return new Map(lines);
}

/** The commit of the branch `state`, as it was fetched last. */
export async function stateCommit(git: Git): Promise<string | undefined> {
  return localMain(await readRefs(git)).state;
}

function localMain(refs: ReadonlyMap<string, string>): MainBranch {
  return { head: refs.get("HEAD"), state: refs.get(trackingOf(stateRef)) ?? refs.get(stateRef) };
}

function facts(news: RemoteNews): unknown {
  return news.kind === "unreachable" ? news.kind : news;
}
