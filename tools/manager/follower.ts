import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import type { WantedBuild } from "../schedule/compose.ts";
import { parseRequests, requestsFile } from "../workspace/state/requests.ts";
import { requireValidConfig } from "../workspace/workspace.ts";
import type { Installation } from "./installation.ts";
import { followMain, type FetchOptions, type MainBranch, type RemoteNews } from "./main-branch.ts";
import type { Revision } from "./reconcile/revision.ts";
import { reconcile, type Reconciled } from "./reconcile/submit.ts";
import { takeRequests } from "./reconcile/take-requests.ts";
import { tidy } from "./tidy.ts";

export interface FollowWatcher {
  /** What pipelines asked for and main doesn't show. */
  requested?(builds: readonly WantedBuild[]): void;
  /** What main says and the package repository doesn't have. */
  reconciled?(commit: string, found: Reconciled): void;
  remote?(news: RemoteNews): void;
  /** Something is to be fixed by a person; until then all stays as it was. */
  troubled?(error: SluiceError): void;
}

export interface FollowOptions {
  readonly once: boolean;
  /** How the remote is followed; undefined: the clone alone is. */
  readonly fetch?: FetchOptions | undefined;
  readonly watcher: FollowWatcher;
}

export interface Follower {
  /** Looks whether there is something new, and hands it to the queue. */
  (): Promise<boolean>;
  /** Whether main was reconciled at all. */
  began(): boolean;
}

const followEveryMs = 1000;
const reconcileEveryMs = 3600_000;

/** Hands what main and the branch `state` say to the queue: requests first, so that nothing is queued twice. */
export async function follower(
  installation: Installation,
  { once, watcher, fetch }: FollowOptions,
): Promise<Follower> {
  const { git, revisions } = installation;
  const look = await followMain(git, fetch, (news) => watcher.remote?.(news));
  let done: MainBranch | undefined;
  let looked = Number.NEGATIVE_INFINITY;
  let tidied = Number.NEGATIVE_INFINITY;

  async function follow(): Promise<boolean> {
    const now = performance.now();
    if (now < looked + followEveryMs) return true;
    looked = now;
    const isDue = now >= tidied + reconcileEveryMs;
    if (isDue) {
      tidied = now;
      await tidy(installation);
    }
    const main = await look();
    const { head } = main;
    const isSame = head === done?.head && main.state === done?.state;
    if (head === undefined || (isSame && !isDue)) return true;
    try {
      const revision = await revisions.at(head);
      requireValidConfig(revision.workspace);
      requireSameRepository(installation, revision);
      const requested = await takeRequests(installation, revision, await readRequests(git, main.state));
      if (requested.length > 0) watcher.requested?.(requested);
      if (head !== done?.head || isDue) {
        const found = await reconcile(installation, revision);
        watcher.reconciled?.(head, found);
      }
    } catch (error) {
      if (once || done === undefined || !(error instanceof SluiceError)) throw error;
      watcher.troubled?.(error);
    }
    done = main;
    return true;
  }
  return Object.assign(follow, { began: () => done !== undefined });
}

async function readRequests(git: Git, state: string | undefined): Promise<ReturnType<typeof parseRequests>> {
  if (state === undefined) return parseRequests(undefined);
  const { ok, stdout } = await git.attempt(["show", `${state}:${requestsFile}`]);
  return parseRequests(ok ? stdout : undefined);
}

/** Which repository is served and who signs it was decided at the start. */
function requireSameRepository({ repository }: Installation, { workspace: { config } }: Revision): void {
  const { name, key } = repository;
  if (config.BUILD_REPO === name && config.SIGNING_KEY === (key.id ?? "")) return;
  throw new SluiceError("repository-changed", "BUILD_REPO or SIGNING_KEY changed in .ci/config", {
    hint: "Start `sluice up` again; until then the repository stays as it was.",
    facts: { path: ".ci/config" },
  });
}
