import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { buildPackage } from "../../builder/build.ts";
import type { Resources } from "../../builder/build-request.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { lineOf, takeOffers, type Offer } from "../../queue/bullmq/offers.ts";
import type { RedisAddress } from "../../queue/bullmq/redis-address.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { timeoutSignal } from "../../timeout-signal.ts";
import { classLines, type Builder } from "../builders/roster.ts";
import {
  alivePerLease,
  type Description,
  type PackageClaim,
  type RemoteClaim,
  type Welcome,
  type WorkspaceAddress,
} from "../builder-protocol.ts";
import { openBuildingPlace, type BuildingPlace } from "../installation.ts";
import { foldersOf } from "../folders.ts";
import { releaseArch } from "../releases/record/release-key.ts";
import { tidySources } from "../releases/tidy-releases.ts";
import { buildClaim, type Workshop, type Workshops } from "./build-claim.ts";
import type { JobWorkshop } from "./job-claim.ts";
import type { ManagerClient } from "./manager-client.ts";
import { openPublishedPackages } from "./published-packages.ts";
import { openWorkspaceClone, type WorkspaceClone } from "./workspace-clone.ts";

export interface BuilderWatcher {
  ready?(name: string): void;
  started?(claim: RemoteClaim): void;
  finished?(claim: RemoteClaim, ended: string, seconds: number): void;
  troubled?(error: SluiceError): void;
}

export interface BuilderOptions {
  readonly manager: ManagerClient;
  readonly redis: RedisAddress;
  readonly description: Omit<Description, "draining">;
  /** Clone, kept packages, builds under way: nothing that couldn't be deleted. */
  readonly state: string;
  readonly sandbox: Sandbox;
  readonly sandboxOf?: BuildingPlace["sandboxOf"];
  /** In the folder of the workspace's clone. */
  readonly openGit: (folder: string) => Git;
  /** In place of what the manager says. */
  readonly workspaceUrl?: string | undefined;
  readonly repositoryUrl?: string | undefined;
  readonly pacmanConf?: string | undefined;
  readonly resources?: Resources | undefined;
  readonly build?: typeof buildPackage;
  readonly watcher: BuilderWatcher;
  /** Takes nothing new, and ends when what it has is done. */
  readonly drain: AbortSignal;
  /** How long it may take for that, in milliseconds; then the rest is handed back. */
  readonly drainMs: number;
}

interface Running {
  readonly claim: RemoteClaim;
  /** The build stops, and its end is reported. */
  readonly cancel: AbortController;
  /** It belongs to another builder: nothing is reported. */
  readonly gone: AbortController;
}

/**
 * Builds what the manager offers, until `drain`.
 *
 * @throws SluiceError where the manager refuses this builder: `builder-unknown`, `protocol`
 */
export async function runBuilder(options: BuilderOptions): Promise<void> {
  const { manager, redis, description, watcher, drain, drainMs } = options;
  const { name, leaseMs, archs } = await manager.hello(drain);
  const workshops = await openWorkshops(options);
  const running = new Map<string, Running>();
  const handBack = new AbortController();
  const room = pLimit(description.jobs);
  const over = new AbortController();

  async function take({ build }: Offer): Promise<void> {
    if (drain.aborted) return;
    const claim = await manager.claim(build, AbortSignal.any([drain, timeoutSignal(leaseMs / 2)]));
    if (claim.kind === "gone") return;
    const own = { claim, cancel: new AbortController(), gone: new AbortController() };
    running.set(claim.token, own);
    watcher.started?.(claim);
    const start = performance.now();
    try {
      const ended = await buildClaim(manager, workshops, claim, {
        cancelled: own.cancel.signal,
        gone: own.gone.signal,
        handBack: handBack.signal,
      });
      watcher.finished?.(claim, ended, (performance.now() - start) / 1000);
    } finally {
      running.delete(claim.token);
    }
  }

  const sayAlive = async (): Promise<void> => {
    const builds = [...running.values()].map(({ claim }) => ({ build: claim.build, token: claim.token }));
    const signal = AbortSignal.any([over.signal, timeoutSignal(leaseMs / 2)]);
    const stop = await manager.alive({ ...description, draining: drain.aborted }, builds, signal);
    for (const [token, what] of Object.entries(stop)) {
      const own = running.get(token);
      own?.cancel.abort();
      if (what === "gone") own?.gone.abort();
    }
  };
  const notHeard = (error: unknown): void => {
    if (error instanceof SluiceError) watcher.troubled?.(error);
  };
  await sayAlive().catch(notHeard);
  const sayingAlive = repeat(sayAlive, leaseMs / alivePerLease, over.signal, notHeard);
  watcher.ready?.(name);
  const taker = await takeOffers(redis, {
    lines: linesOf({ ...description, name }, archs),
    atOnce: Math.max(1, description.jobs),
    lockMs: leaseMs,
    troubled: (error) => watcher.troubled?.(error),
    take: (offer) =>
      room(() => take(offer)).catch((error: unknown) => {
        if (error instanceof SluiceError) watcher.troubled?.(error);
        else if (!drain.aborted) throw error;
      }),
  });
  await aborted(drain);
  void sayAlive().catch(notHeard);
  const late = setTimeout(() => handBack.abort(), drainMs);
  await taker.close();
  clearTimeout(late);
  over.abort();
  await sayingAlive;
}

/** @param archs for which there are packages to build; jobs of releases are there for everybody */
function linesOf(builder: Pick<Builder, "name" | "class" | "arch">, archs: Welcome["archs"]): string[] {
  const packages = archs.includes(builder.arch) ? classLines(builder) : [];
  return [...packages.map((line) => lineOf(builder.arch, line)), lineOf(releaseArch, builder.name)];
}

/** Opens what builds of one workspace for one repository need, once for all of them. */
async function openWorkshops(options: BuilderOptions): Promise<Workshops> {
  // What a killed predecessor left.
  for (const name of ["work", "finished", "logs"])
    await rm(join(options.state, name), { recursive: true, force: true });
  await tidySources(options.state, Date.now());
  const packages = new Map<string, Promise<Workshop>>();
  const jobs = new Map<string, Promise<JobWorkshop>>();
  return {
    forPackage: ({ workspace, repository }) =>
      once(packages, JSON.stringify([workspace, repository]), () =>
        openWorkshop(options, { workspace, repository }),
      ),
    forJob: ({ workspace }) =>
      once(jobs, JSON.stringify(workspace), () => openJobWorkshop(options, workspace)),
  };
}

/** What couldn't be opened is opened again for the next one. */
function once<T>(opened: Map<string, Promise<T>>, key: string, open: () => Promise<T>): Promise<T> {
  const workshop = opened.get(key) ?? open();
  opened.set(key, workshop);
  workshop.catch(() => opened.delete(key));
  return workshop;
}

async function openJobWorkshop(options: BuilderOptions, workspace: WorkspaceAddress): Promise<JobWorkshop> {
  const { state, sandbox, sandboxOf, resources } = options;
  const folders = foldersOf(state);
  for (const folder of [folders.work, folders.logs]) await mkdir(folder, { recursive: true });
  const clone = await cloneOf(options, workspace);
  return { clone, place: { git: clone.git, sandbox, sandboxOf, folders, resources } };
}

function cloneOf(options: BuilderOptions, { name, url }: WorkspaceAddress): Promise<WorkspaceClone> {
  const git = options.openGit(join(options.state, "workspaces", `${encodeURIComponent(name)}.git`));
  return openWorkspaceClone(git, options.workspaceUrl ?? url);
}

async function openWorkshop(
  options: BuilderOptions,
  { workspace, repository }: Pick<PackageClaim, "workspace" | "repository">,
): Promise<Workshop> {
  const { manager, state, sandbox, pacmanConf, build, description } = options;
  const { arch } = description;
  const folders = foldersOf(state);
  const clone = await cloneOf(options, workspace);
  const place = await openBuildingPlace({
    git: clone.git,
    settings: { BUILD_REPO: repository.name },
    arch,
    state,
    folders: {
      ...folders,
      finished: join(folders.finished, encodeURIComponent(repository.name)),
      sources: join(folders.sources, encodeURIComponent(repository.name)),
    },
    sandbox,
    resources: options.resources,
    extra: repository.extra,
    ...(build && { build }),
    ...(pacmanConf !== undefined && { pacmanConf }),
  });
  const published = await openPublishedPackages({
    url: options.repositoryUrl ?? manager.url,
    dispatcher: manager.dispatcher,
    repository,
    arch,
    folder: join(state, "packages", encodeURIComponent(repository.name)),
  });
  return { clone, place, published };
}

/** Again and again, with a pause in between, until the signal. */
async function repeat(
  action: () => Promise<void>,
  pauseMs: number,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await action().catch(failed);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
