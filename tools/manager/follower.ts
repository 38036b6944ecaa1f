import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import type { Repaired } from "../pkgrepo/checking/repair.ts";
import type { WantedBuild } from "../schedule/compose.ts";
import { checksFile, parseChecks } from "../workspace/state/checks.ts";
import { parseRequests, requestsFile } from "../workspace/state/requests.ts";
import { requireValidConfig } from "../workspace/workspace.ts";
import type { Installation, Installations } from "./installation.ts";
import type { HandOverInbox } from "./hand-over-inbox.ts";
import { followMain, type FetchOptions, type MainBranch, type RemoteNews } from "./main-branch.ts";
import type { Revision } from "./reconcile/revision.ts";
import { reconcile, type Reconciled } from "./reconcile/submit.ts";
import { takeHandOver } from "./reconcile/take-hand-over.ts";
import { takeRequests } from "./reconcile/take-requests.ts";
import { rotateWhenDue } from "./keys/rotation.ts";
import { recordKeeper } from "./releases/record/record-keeper.ts";
import { tidyReleases } from "./releases/tidy-releases.ts";
import { submitChecks } from "./releases/submit-checks.ts";
import { submitReleases, type ReleaseNews } from "./releases/submit-releases.ts";
import type { RepositoryConfig } from "../workspace/config/config.ts";
import { saidOnce } from "./said-once.ts";
import { tidy } from "./tidy.ts";
import { rebuildLost, watchPublished } from "./watch.ts";

export interface FollowWatcher {
  /** What pipelines asked for and main doesn't show. */
  requested?(builds: readonly WantedBuild[]): void;
  /** What main says and the package repository doesn't have. */
  /** @param arch where there are several */
  reconciled?(commit: string, found: Reconciled, arch: string | undefined): void;
  remote?(news: RemoteNews): void;
  /** A published file was damaged. */
  repaired?(file: Repaired): void;
  /** Everything is signed by another key now. */
  rotated?(fingerprint: string): void;
  /** A lock that main has, and that isn't released yet. */
  release?(news: ReleaseNews): void;
  /** Something is to be fixed by a person; until then all stays as it was. */
  troubled?(error: SluiceError): void;
}

export interface FollowOptions {
  readonly once: boolean;
  /** How the remote is followed; undefined: the clone alone is. */
  readonly fetch?: FetchOptions | undefined;
  readonly watcher: FollowWatcher;
  /** Whether its projects are released here. */
  readonly releases?: boolean;
  /** What others hand over, beside main and its requests. */
  readonly inbox?: HandOverInbox | undefined;
}

export interface Follower {
  /** Looks whether there is something new, and hands it to the queue. */
  (): Promise<boolean>;
  /** Whether main was reconciled at all. */
  began(): boolean;
  /** Brings to the remote what is to be known there before this process ends. */
  settle(): Promise<void>;
}

const followEveryMs = 1000;
const reconcileEveryMs = 3600_000;

/**
 * Hands what main and the branch `state` of one workspace say to the queue: requests first, so that nothing is queued
 * twice.
 *
 * @param installations of its architectures, the first one first
 * @param repaired what was damaged when it started
 */
export async function follower(
  installations: Installations,
  { once, watcher, fetch, inbox, releases = false }: FollowOptions,
  repaired: ReadonlyMap<Installation, readonly Repaired[]>,
): Promise<Follower> {
  const { git } = installations[0];
  const look = await followMain(git, installations[0].fetch ?? fetch, (news) => watcher.remote?.(news));
  const damaged = new Map(repaired);
  let done: MainBranch | undefined;
  let looked = Number.NEGATIVE_INFINITY;
  let tidied = Number.NEGATIVE_INFINITY;
  let config: RepositoryConfig | undefined;
  const keeper = recordKeeper(
    installations[0],
    saidOnce((error) => watcher.troubled?.(error)),
  );

  async function follow(): Promise<boolean> {
    const now = performance.now();
    if (now < looked + followEveryMs) return true;
    looked = now;
    const isDue = now >= tidied + reconcileEveryMs;
    if (isDue) {
      for (const installation of installations) {
        if (tidied > 0) {
          const more = await watchPublished(installation, watcher);
          damaged.set(installation, [...(damaged.get(installation) ?? []), ...more]);
        }
        await goOverToNextKey(installation, watcher);
      }
      tidied = now;
    }
    const main = await look();
    const { head } = main;
    const isSame = head === done?.head && main.state === done?.state;
    if (head === undefined) return true;
    await inbox?.takeFor(installations, async (installation, handOver) => {
      const wanted = await takeHandOver(installation, await installation.revisions.at(head), handOver);
      if (wanted.length > 0) watcher.requested?.(wanted);
    });
    if (config) await keeper.push(config, "due");
    if (isSame && !isDue) return true;
    try {
      const requests = parseRequests(await fileOfState(git, main.state, requestsFile));
      for (const installation of installations) {
        const revision = await installation.revisions.at(head);
        if (isDue) await tidy(installation, revision.workspace.config);
        requireValidConfig(revision.workspace);
        requireSameRepository(installation, revision);
        await rebuildLost(installation, revision, damaged.get(installation) ?? []);
        damaged.delete(installation);
        const requested = await takeRequests(installation, revision, requests);
        if (requested.length > 0) watcher.requested?.(requested);
        if (head !== done?.head || isDue) {
          const found = await reconcile(installation, revision);
          watcher.reconciled?.(head, found, installations.length > 1 ? installation.arch : undefined);
        }
      }
      if (releases) {
        config = (await installations[0].revisions.at(head)).workspace.config;
        if (isDue) await tidyReleases(installations[0], head, config);
        await keeper.adopt(main.state);
        for (const news of await submitReleases(installations[0], head, config.REPO_NAME)) {
          watcher.release?.(news);
        }
        const checks = parseChecks(await fileOfState(git, main.state, checksFile));
        for (const news of await submitChecks(installations[0], head, checks)) watcher.release?.(news);
      }
    } catch (error) {
      if (once || done === undefined || !(error instanceof SluiceError)) throw error;
      watcher.troubled?.(error);
    }
    done = main;
    return true;
  }
  const settle = async (): Promise<void> => {
    if (config) await keeper.push(config, "now");
  };
  return Object.assign(follow, { began: () => done !== undefined, settle });
}

async function fileOfState(git: Git, state: string | undefined, file: string): Promise<string | undefined> {
  if (state === undefined) return undefined;
  const { ok, stdout } = await git.attempt(["show", `${state}:${file}`]);
  return ok ? stdout : undefined;
}

/** What keeps it from that, such as a package that is still to be built again, keeps nobody from the rest. */
async function goOverToNextKey({ repository, now }: Installation, watcher: FollowWatcher): Promise<void> {
  try {
    const keys = await rotateWhenDue(repository, now());
    if (keys) watcher.rotated?.(keys.signs.fingerprint);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    watcher.troubled?.(error);
  }
}

/** Which repository is served and who signs it was decided at the start. */
function requireSameRepository({ settings }: Installation, { workspace: { config } }: Revision): void {
  const isSame =
    config.BUILD_REPO === settings.BUILD_REPO &&
    config.SIGNING_KEY === settings.SIGNING_KEY &&
    config.CI_ARCHES.join() === settings.CI_ARCHES.join();
  if (isSame) return;
  throw new SluiceError("repository-changed", "BUILD_REPO, SIGNING_KEY or CI_ARCHES changed in .ci/config", {
    hint: "Start `sluice up` again; until then the repository stays as it was.",
    facts: { path: ".ci/config" },
  });
}
