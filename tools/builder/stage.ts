import type { Job, Mount, Sandbox, SandboxResult } from "../sandbox/sandbox.ts";
import { describeFailure, isDownloadFailure, isOutOfMemory } from "./failure.ts";
import type { BuildLog } from "./log.ts";

/** One run of a script in the sandbox; a build is a row of them under one time limit. */
export interface Stage {
  readonly script: string;
  /** Added to what every stage has. A value may name a mount's target; it is put where the payload finds it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly user?: Job["user"];
  readonly network?: boolean;
  readonly layer?: string | undefined;
  readonly collect?: { readonly from: string; readonly into: string };
  /** Whether the recipe may skip itself here, by the exit code that is set for that. */
  readonly maySkip?: boolean;
  /** How long it may take, where that is less than what is left of the build's time. */
  readonly seconds?: number;
}

/** How a build ends that doesn't end well, or that has nothing to do. */
export interface Unfinished {
  readonly kind: "failed" | "timed-out" | "cancelled" | "skipped" | "lost";
  /** For people: what happened, in one line. */
  readonly message: string;
  /** Of `failed`, where it isn't the recipe's fault: a server didn't answer, or there was too little memory. */
  readonly reason?: "download" | "memory";
}

export interface Finished {
  readonly collected: readonly string[];
  /** The log's first 64 KiB, for what a stage says before anything of the recipe runs. */
  readonly head: string;
}

export interface StageLimits {
  readonly memoryBytes: number;
  readonly cpus?: number;
  readonly outputBytes: number;
  readonly processes: number;
}

export interface StageRunner {
  /** Resolves with what was collected and how its log begins, or with how the build ends. */
  run(what: string, stage: Stage): Promise<Finished | Unfinished>;
}

/**
 * @param settings `seconds`: for all stages together; `skipCode`: the exit code by which a recipe skips itself
 */
export function stageRunner(
  sandbox: Sandbox,
  log: BuildLog,
  settings: { seconds: number; skipCode: number; limits: StageLimits; signal?: AbortSignal | undefined },
): StageRunner {
  const deadline = performance.now() + settings.seconds * 1000;
  let noted = false;
  return {
    async run(what, stage) {
      const seconds = Math.min((deadline - performance.now()) / 1000, stage.seconds ?? Infinity);
      if (seconds <= 0) return timedOut(settings.seconds);
      let [head, tail] = ["", ""];
      const result = await sandbox.run({
        ...jobOf(stage, settings.skipCode),
        limits: { ...settings.limits, seconds, graceSeconds: 10, logBytes },
        onOutput: (chunk) => {
          const text = chunk.toString();
          if (head.length < kept) head += text;
          tail += text;
          if (tail.length > 2 * kept) tail = tail.slice(-kept);
          log.write(chunk);
        },
        ...(settings.signal && { signal: settings.signal }),
      });
      // They are the same for all stages; of the network each says itself.
      const notes = noted ? [] : result.notes.filter((note) => !note.startsWith("network:"));
      for (const note of notes) log.note(`Limit: ${note}.`);
      noted = true;
      if (result.logTruncated) log.note(`The log ends here: ${what} wrote more than ${logBytes} bytes.`);
      return unfinished(what, stage, result, tail, settings) ?? { collected: result.collected, head };
    },
  };
}

/** Characters of a stage's output that are looked at again, at both ends. */
const kept = 65536;

const logBytes = 256 * 2 ** 20;

function jobOf(
  { script, env = {}, mounts, user = "builder", network = false, layer, collect }: Stage,
  skipCode: number,
): Pick<Job, "command" | "mounts" | "user" | "network" | "layer" | "collect"> {
  const targets = new Set(mounts.map(({ target }) => target));
  return {
    command: ({ scratch, home, tmp, at }) => ({
      argv: ["/bin/bash", "-c", script],
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin/core_perl",
        HOME: home,
        TMPDIR: tmp,
        LC_ALL: "C.UTF-8",
        // Files of a mount belong to another user than the sandbox's; Git would refuse to read them.
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
        SRCDEST: `${scratch}/sources`,
        PKGDEST: `${scratch}/packages`,
        BUILDDIR: scratch,
        // As chaotic-manager has it in its interfere files: `$CAUR_PUSH 'command'`.
        CAUR_PUSH: "bash -c",
        CI_CODE_SKIP: String(skipCode),
        ...Object.fromEntries(
          Object.entries(env).map(([name, value]) => [name, targets.has(value) ? at(value) : value]),
        ),
      },
      cwd: scratch,
    }),
    mounts,
    user,
    network,
    ...(layer !== undefined && { layer }),
    ...(collect && { collect }),
  };
}

function unfinished(
  what: string,
  { maySkip, network = false, seconds: mostSeconds }: Stage,
  { outcome }: SandboxResult,
  said: string,
  { seconds, skipCode }: { seconds: number; skipCode: number },
): Unfinished | undefined {
  switch (outcome.kind) {
    case "exited":
      if (outcome.code === 0) return undefined;
      if (maySkip && outcome.code === skipCode) {
        return { kind: "skipped", message: `the recipe skipped itself (exit code ${skipCode})` };
      }
      return {
        kind: "failed",
        message: describeFailure(what, outcome.code, said),
        ...reasonOf(said, network),
      };
    case "timed-out":
      return mostSeconds === undefined
        ? timedOut(seconds)
        : { kind: "timed-out", message: `${what} took longer than ${mostSeconds} seconds` };
    case "cancelled":
      return { kind: "cancelled", message: "its build was stopped" };
    case "out-of-memory":
      return { kind: "failed", message: `${what} failed: it ran out of memory`, reason: "memory" };
    case "output-refused":
      return { kind: "failed", message: `${what} failed: ${outcome.reason}` };
    case "lost":
      return { kind: "lost", message: outcome.reason };
  }
}

function reasonOf(said: string, network: boolean): Pick<Unfinished, "reason"> {
  if (network && isDownloadFailure(said)) return { reason: "download" };
  return isOutOfMemory(said) ? { reason: "memory" } : {};
}

function timedOut(seconds: number): Unfinished {
  return {
    kind: "timed-out",
    message: `it took longer than ${seconds} seconds (BUILDER_TIMEOUT, BUILDER_EXTRA_TIMEOUT)`,
  };
}

/** A mount that the payload can only read. */
export function readOnly(source: string, target: string): Mount {
  return { source, target, writable: false };
}
