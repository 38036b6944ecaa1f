import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { SluiceError } from "../../errors.ts";
import { commandLine, descriptors, planMounts, type Staged } from "./bubblewrap-command.ts";
import { type Cgroup, cgroupParent, makeCgroup } from "../jobs/cgroup.ts";
import { collect, type Collection, collectionLimit } from "../jobs/collect.ts";
import { sandboxFiles } from "./visible-files.ts";
import { checkPaths } from "../jobs/job.ts";
import { limitNotes, outputNote } from "../jobs/limits.ts";
import { callerIsRoot, systemPath, unprivilegedOwner } from "../jobs/owner.ts";
import { outputPipes } from "../jobs/pipes.ts";
import { privateFolder } from "../jobs/private-folder.ts";
import { descendants, gone, signal } from "../jobs/processes.ts";
import {
  isolations,
  type Job,
  type Outcome,
  type Owner,
  type Sandbox,
  type SandboxResult,
} from "../sandbox.ts";
import { type Ending, supervise, type Tree } from "../jobs/supervise.ts";

interface Host {
  readonly owner: Owner;
  readonly callerIsRoot: boolean;
  readonly cgroupParent: string | undefined;
}

/**
 * Isolation by bubblewrap, as an unprivileged user in a user namespace: the caller, or one that nobody else
 * is where the caller is root. Whether the system allows it, `probeBubblewrap` finds out.
 */
export function bubblewrap(): Sandbox {
  const host = {
    owner: unprivilegedOwner("bubblewrap"),
    callerIsRoot: callerIsRoot(),
    cgroupParent: cgroupParent(),
  };
  return {
    name: "bubblewrap",
    programs: "host",
    isolates: new Set(isolations),
    owner: host.owner,
    run: (job) => run(job, host),
  };
}

async function run(job: Job, host: Host): Promise<SandboxResult> {
  checkPaths(job);
  const started = performance.now();
  const folder = privateFolder();
  const cgroup = host.cgroupParent === undefined ? undefined : makeCgroup(host.cgroupParent, job.limits);
  try {
    const result = await runIn(folder, cgroup, job, host);
    const durationMs = Math.round(performance.now() - started);
    return { ...result, durationMs, notes: notes(job, cgroup) };
  } finally {
    await cgroup?.remove();
    // The mounts in it were another namespace's; here it holds nothing but the empty places for them.
    rmSync(folder, { recursive: true });
  }
}

/** `folder` is an empty one, for the pipes and then to bind the mounts' sources in. */
async function runIn(
  folder: string,
  cgroup: Cgroup | undefined,
  job: Job,
  { owner, callerIsRoot }: Host,
): Promise<Omit<SandboxResult, "durationMs" | "notes">> {
  const staging = callerIsRoot || job.layer !== undefined ? folder : undefined;
  const plan = planMounts(job, staging);
  if (staging !== undefined) makePlaces(staging, plan.staged);
  const files = sandboxFiles(plan.system, owner);
  const [program = "", ...args] = commandLine(job, plan, files, {
    owner,
    callerIsRoot,
    staging,
    cgroupProcs: cgroup?.procs,
  });

  const pipes = outputPipes(folder);
  const child = spawn(program, args, {
    cwd: "/",
    env: { PATH: systemPath },
    stdio: ["ignore", ...pipes.childEnds, "pipe", "pipe", "pipe", ...files.map(() => "pipe" as const)],
  });
  pipes.closeChildEnds();

  const streams = child.stdio as unknown as Duplex[];
  for (const stream of streams.slice(descriptors.archive)) stream.on("error", ignoreBrokenPipe);
  for (const [index, file] of files.entries()) streams[descriptors.files + index]?.end(file.text);
  const [archive, status, json] = streams.slice(descriptors.archive) as [Duplex, Duplex, Duplex];
  const first = firstProcess(json);
  const said = text(status);
  const collecting = job.collect
    ? collect(archive, job.collect.into, collectionLimit(job.limits))
    : Promise.resolve(nothing);
  // A full disk may end it while the job is still being watched; it's awaited, and thrown on, after that.
  collecting.catch(() => {});

  const ending = await supervise(child, pipes, job, treeOf(child, first));
  const collection = await collecting;
  const outcome = outcomeOf(ending, await said, collection, cgroup?.outOfMemory() === true);
  const collected = outcome.kind === "exited" && collection.kind === "collected" ? collection.files : [];
  return { outcome, collected, logTruncated: ending.logTruncated };
}

/** Where the launching script binds what bubblewrap's user couldn't walk to. */
function makePlaces(staging: string, sources: readonly Staged[]): void {
  chmodSync(staging, 0o711);
  for (const [index, source] of sources.entries()) {
    const place = join(staging, String(index));
    if ("overUsr" in source || statSync(source.bind).isDirectory()) mkdirSync(place);
    else writeFileSync(place, "");
  }
}

const nothing: Collection = { kind: "collected", files: [] };

/** The id of the first process inside, as this machine counts, once there is one. */
function firstProcess(json: Duplex): () => number | undefined {
  let text = "";
  json.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => {
    const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
    return pid === undefined ? undefined : Number(pid);
  };
}

/**
 * All that runs inside descends from the first process there, and ends with it. Once the outer process has
 * ended, the first one is ending too, and its number may soon be another's.
 */
function treeOf(outer: ChildProcess, first: () => number | undefined): Tree {
  const running = () => outer.exitCode === null && outer.signalCode === null;
  return {
    terminate() {
      const pid = first() ?? outer.pid;
      if (pid !== undefined && running()) for (const each of descendants(pid)) signal(each, "SIGTERM");
    },
    kill() {
      const pid = first();
      if (pid !== undefined && running()) signal(pid, "SIGKILL");
      outer.kill("SIGKILL");
    },
    async gone() {
      const pid = first();
      if (pid !== undefined) await gone(pid);
    },
  };
}

function outcomeOf(ending: Ending, said: string, collection: Collection, outOfMemory: boolean): Outcome {
  const { stopped, code, signal } = ending;
  if (stopped) return { kind: stopped };
  if (outOfMemory) return { kind: "out-of-memory" };
  if (!said.startsWith("started")) {
    if (signal !== null)
      return { kind: "lost", reason: `the sandbox was ended by ${signal} while it started` };
    throw new SluiceError("sandbox-start", `The sandbox did not start: ${ending.firstErrors.trim()}`, {
      hint: "Are all mounted folders readable for the sandbox's user, and the system's settings as they were?",
    });
  }
  if (collection.kind === "refused") return { kind: "output-refused", reason: collection.reason };
  const exited = /^exited (\d+)$/m.exec(said)?.[1];
  if (exited !== undefined) return { kind: "exited", code: Number(exited) };
  if (code !== null) return { kind: "exited", code };
  return { kind: "lost", reason: `the sandbox was ended by ${signal} from outside` };
}

function notes({ limits, network }: Job, cgroup: Cgroup | undefined): string[] {
  return [
    ...limitNotes(limits, cgroup !== undefined),
    outputNote(limits),
    network ? "network: as the host has it, its loopback included" : "network: none",
  ];
}

/** The reader may be gone before it has read everything; its end is reported elsewhere. */
function ignoreBrokenPipe(): void {}
