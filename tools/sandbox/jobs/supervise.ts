import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Job } from "../sandbox.ts";

/** How to reach what a job runs. */
export interface Tree {
  /** SIGTERM to each process of the payload. */
  terminate(): void;
  /** SIGKILL to all of it. */
  kill(): void;
  /** Resolves once none of it is alive. */
  gone(): Promise<void>;
}

export interface Ending {
  /** Why it was stopped, if it was. */
  readonly stopped: "timed-out" | "cancelled" | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly logTruncated: boolean;
  /** How stderr began: where the sandbox didn't come up, that's why. */
  readonly firstErrors: string;
}

/**
 * Watches over a started job until nothing of it is left: passes its output on at the consumer's pace, and
 * stops it at its time limit, when it's cancelled, or when the consumer throws (which is thrown on).
 *
 * @param started when the time limit begins to count; it never rejects
 */
export async function supervise(
  child: ChildProcess,
  streams: { readonly stdout: Readable; readonly stderr: Readable },
  job: Pick<Job, "limits" | "onOutput" | "signal">,
  tree: Tree,
  started: Promise<unknown> = Promise.resolve(),
): Promise<Ending> {
  const { limits } = job;
  let stopped: Ending["stopped"];
  let grace: NodeJS.Timeout | undefined;
  const stop = (why: Ending["stopped"]) => {
    if (grace) return;
    stopped = why;
    tree.terminate();
    grace = setTimeout(() => tree.kill(), milliseconds(limits.graceSeconds));
  };
  const cancel = () => stop("cancelled");
  let deadline: NodeJS.Timeout | undefined;
  let over = false;
  const count = async (): Promise<void> => {
    await started;
    if (!over) deadline = setTimeout(() => stop("timed-out"), milliseconds(limits.seconds));
  };
  void count();
  job.signal?.addEventListener("abort", cancel);
  if (job.signal?.aborted === true) cancel();

  const log = new Log(job);
  const pumps = Promise.allSettled([log.pump(streams.stdout, "stdout"), log.pump(streams.stderr, "stderr")]);
  log.failed = () => tree.kill();
  try {
    const { code, signal } = await exit(child);
    tree.kill();
    await tree.gone();
    const failure = (await pumps).find((pump) => pump.status === "rejected");
    if (failure) throw failure.reason;
    return { stopped, code, signal, logTruncated: log.truncated, firstErrors: log.firstErrors };
  } finally {
    over = true;
    clearTimeout(deadline);
    clearTimeout(grace);
    job.signal?.removeEventListener("abort", cancel);
  }
}

/** The payload's output, in order and bounded. */
class Log {
  truncated = false;
  firstErrors = "";
  failed: () => void = () => {};
  readonly #onOutput: Job["onOutput"];
  #left: number;
  #turn: Promise<void> = Promise.resolve();

  constructor({ onOutput, limits }: Pick<Job, "onOutput" | "limits">) {
    this.#onOutput = onOutput;
    this.#left = limits.logBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Reads no further before what was read is taken, so a flood waits in the payload's own writes. */
  async pump(stream: Readable, name: "stdout" | "stderr"): Promise<void> {
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        if (name === "stderr" && this.firstErrors.length < 4096) this.firstErrors += chunk.toString();
        await this.#pass(chunk, name);
      }
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  /** The two streams take turns. */
  #pass(chunk: Buffer, name: "stdout" | "stderr"): Promise<void> {
    const kept = chunk.subarray(0, this.#left);
    this.#left -= kept.length;
    if (kept.length < chunk.length) this.truncated = true;
    if (kept.length > 0) this.#turn = this.#turn.then(() => this.#onOutput(kept, name));
    return this.#turn;
  }
}

function exit(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** Timers hold 24 days at most. */
function milliseconds(seconds: number): number {
  return Math.min(seconds * 1000, 2 ** 31 - 1);
}
