import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import type { Resources } from "../../builder/build-request.ts";
import { mkdir } from "node:fs/promises";
import { underLock } from "../../system/lock.ts";
import { inOneLine, SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { saidOnce } from "../../manager/said-once.ts";
import { nativeArchitectures } from "../../system/architecture.ts";
import { ManagerClient } from "../../manager/remote/manager-client.ts";
import { runBuilder, type BuilderOptions, type BuilderWatcher } from "../../manager/remote/run-builder.ts";
import { builderAddresses } from "../wiring/builder-addresses.ts";
import {
  chooseSandbox,
  imageSandboxes,
  jobCount,
  stopSignal,
  type InstallationOptions,
} from "../wiring/installation.ts";
import { duration } from "../output/time.ts";
import { info, warn } from "../output/report.ts";

interface Options extends InstallationOptions {
  readonly arch?: string;
  readonly class?: string;
  readonly drain?: string;
  readonly json?: boolean;
}

const troubled = saidOnce((error) => warn(inOneLine(error)));

/** Builds what a manager on another machine offers, until it is asked to end. */
export async function builder(options: Options): Promise<number> {
  const { env } = process;
  const addresses = await builderAddresses(env, troubled);
  const manager = new ManagerClient(addresses.manager, troubled);
  const drain = stopSignal();
  const state =
    options.state === undefined ? join(homedir(), ".local/state/sluice-builder") : resolve(options.state);
  try {
    await mkdir(state, { recursive: true });
    const work: BuilderOptions = {
      manager,
      redis: addresses.redis,
      description: {
        ...architectureOf(options),
        class: options.class ?? env["BUILDER_CLASS"] ?? "2",
        jobs: jobCount(options.jobs),
      },
      state,
      sandbox: await chooseSandbox(options.sandbox),
      sandboxOf: await imageSandboxes(options.sandbox),
      openGit: (folder) => openGit(folder, env),
      pacmanConf: env["BUILDER_PACMAN_CONF"] || undefined,
      workspaceUrl: env["WORKSPACE_URL"] || undefined,
      resources: resourcesOf(env),
      repositoryUrl: env["REPOSITORY_URL"] || undefined,
      drain,
      drainMs: drainSeconds(options.drain) * 1000,
      watcher: {
        ...(options.json ? jsonLines : lines),
        troubled,
      },
    };
    // Each tidies away at its start what none of its own builds has.
    await underLock(join(state, ".lock"), 3, () => runBuilder(work)).catch((error: unknown) => {
      throw error instanceof SluiceError && error.code === "locked" ? folderTaken(state) : error;
    });
  } catch (error) {
    if (!drain.aborted) throw error;
  } finally {
    await manager.close();
    await addresses.close();
  }
  return 0;
}

function folderTaken(state: string): SluiceError {
  return new SluiceError("builder-folder", `another builder works in ${state}`, {
    hint: "Give each builder on one machine a folder of its own: --state DIR",
    facts: { path: state },
  });
}

/** @throws SluiceError `builder-arch` */
function architectureOf({ arch, cross = false }: Options): { arch: string; crosses: boolean } {
  const native = nativeArchitectures();
  const chosen = arch ?? native[0]!;
  if (!/^[a-z0-9_]{1,32}$/.test(chosen)) {
    throw new SluiceError("usage", `--arch: ${JSON.stringify(chosen)} is not an architecture`, {
      hint: "For example: --arch aarch64",
    });
  }
  const crosses = !native.includes(chosen);
  if (!crosses || cross) return { arch: chosen, crosses };
  throw new SluiceError("builder-arch", `this machine runs ${native.join(", ")}, not ${chosen}`, {
    hint: "Where an emulator or a cross compiler is set up, say so with --cross.",
  });
}

const lines = {
  ready: (name) => info(`${name} is ready (${hostname()}).`),
  started: ({ pkgbase, build }) => info(`${pkgbase}: build ${build} begins`),
  finished: ({ pkgbase }, ended, seconds) => info(`${pkgbase}: ${ended} (${duration(seconds * 1000)})`),
} satisfies BuilderWatcher;

const jsonLines = {
  ready: (name) => printJson({ event: "ready", name }),
  started: ({ pkgbase, build }) => printJson({ event: "started", pkgbase, build }),
  finished: ({ pkgbase, build }, ended, seconds) =>
    printJson({ event: "finished", pkgbase, build, ended, seconds }),
} satisfies BuilderWatcher;

function printJson(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** @throws SluiceError `builder-limits` */
function resourcesOf(env: NodeJS.ProcessEnv): Resources {
  const [cpus, mebibytes] = (["BUILDER_LIMITS_CPUS", "BUILDER_LIMITS_RAM"] as const).map((name) => {
    const text = env[name];
    if (!text) return undefined;
    if (/^\d{1,7}(?:\.\d{1,2})?$/.test(text) && Number(text) > 0) return Number(text);
    throw new SluiceError("builder-limits", `${name}: ${JSON.stringify(text)} is not a number`, {
      hint: "For example BUILDER_LIMITS_CPUS=4, BUILDER_LIMITS_RAM=8192 (MiB)",
    });
  });
  return {
    cpus,
    memoryBytes: mebibytes === undefined ? undefined : Math.floor(mebibytes * 2 ** 20),
    makeflags: env["MAKEFLAGS"] || undefined,
  };
}

function drainSeconds(text = "600"): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new SluiceError("usage", `--drain: ${JSON.stringify(text)} is not a number of seconds`, {
    hint: "For example: --drain 60",
  });
}
