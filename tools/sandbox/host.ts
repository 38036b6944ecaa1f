import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { type Cgroup, cgroupParent, makeCgroup } from "./jobs/cgroup.ts";
import { collect, type Collection, collectionLimit } from "./jobs/collect.ts";
import { checkPaths, payload } from "./jobs/job.ts";
import { limitNotes, prlimit } from "./jobs/limits.ts";
import { becomeOwner, systemPath, unprivilegedOwner } from "./jobs/owner.ts";
import { outputPipes } from "./jobs/pipes.ts";
import { privateFolder } from "./jobs/private-folder.ts";
import { descendants, signal, tasksOf, withEnvironment } from "./jobs/processes.ts";
import type { Job, Mount, Outcome, Owner, Places, Sandbox, SandboxResult } from "./sandbox.ts";
import { archive, launch } from "./jobs/scripts.ts";
import { type Ending, supervise, type Tree } from "./jobs/supervise.ts";

/**
 * No isolation to speak of: the payload runs on this machine as an unprivileged user, with limits, an
 * environment of its own, and a scratch folder. Mounts stay where they are, so `places.at` leads to their
 * sources, and a writable one or not is what the file's modes say. For recipes whose authors one trusts.
 */
export function host(): Sandbox {
  const owner = unprivilegedOwner("host");
  const parent = cgroupParent();
  return {
    name: "host",
    programs: "host",
    isolates: new Set(),
    owner,
    run: (job) => run(job, owner, parent),
  };
}

async function run(job: Job, owner: Owner, parent: string | undefined): Promise<SandboxResult> {
  checkPaths(job);
  refuseWhatNeedsASandbox(job);
  const started = performance.now();
  const folder = privateFolder();
  const cgroup = parent === undefined ? undefined : makeCgroup(parent, job.limits);
  try {
    const result = await runIn(folder, cgroup, job, owner);
    const durationMs = Math.round(performance.now() - started);
    return { ...result, durationMs, notes: notes(job, cgroup !== undefined) };
  } finally {
    await cgroup?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(
  folder: string,
  cgroup: Cgroup | undefined,
  job: Job,
  owner: Owner,
): Promise<Omit<SandboxResult, "durationMs" | "notes">> {
  const places = makePlaces(folder, job.mounts, owner);
  const mark = ["SLUICE_JOB", randomUUID()] as const;
  const { argv, cwd } = payload(job, places, [mark]);
  const tasks = tasksOf(owner.uid) + job.limits.processes;

  const pipes = outputPipes(folder);
  const child = spawn(
    "/bin/sh",
    [
      ["-c", launch, "sluice", cgroup?.procs ?? "", "", "--"],
      ["setpriv", "--no-new-privs", "--", ...becomeOwner(owner)],
      prlimit(job.limits, tasks, cgroup !== undefined),
      argv,
    ].flat(),
    { cwd, env: { PATH: systemPath }, stdio: ["ignore", ...pipes.childEnds], detached: true },
  );
  pipes.closeChildEnds();

  const ending = await supervise(child, pipes, job, treeOf(child, mark.join("=")));
  const collection =
    job.collect && ending.stopped === undefined
      ? await bringOut(join(places.scratch, job.collect.from), job.collect.into, job, owner)
      : nothing;
  const outcome = outcomeOf(ending, collection, cgroup?.outOfMemory() === true);
  const collected = outcome.kind === "exited" && collection.kind === "collected" ? collection.files : [];
  return { outcome, collected, logTruncated: ending.logTruncated };
}

const nothing: Collection = { kind: "collected", files: [] };

function refuseWhatNeedsASandbox({ user, root }: Job): void {
  const asked = user === "root" ? "root of its own" : root ? "a root file system of its own" : undefined;
  if (asked === undefined) return;
  throw new SluiceError("sandbox-job", `The host gives no ${asked}: that takes a real sandbox.`, {
    hint: "Use bubblewrap for this job.",
  });
}

function makePlaces(folder: string, mounts: readonly Mount[], owner: Owner): Places {
  const scratch = join(folder, "build");
  const [tmp, home] = [join(scratch, "tmp"), join(scratch, "home")];
  chmodSync(folder, 0o711);
  for (const path of [scratch, tmp, home]) {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, owner.uid, owner.gid);
  }
  return { scratch, tmp, home, at: (target) => sourceOf(target, mounts) };
}

/** The innermost mount that holds the path says where it is. */
function sourceOf(path: string, mounts: readonly Mount[]): string {
  const [mount] = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length);
  return mount === undefined ? path : mount.source + path.slice(mount.target.length);
}

/**
 * What descends from the payload, and what left that tree (a daemon) but still carries the job's mark in its
 * environment. A process that did both away with its parents and its environment is missed.
 */
function treeOf(child: ChildProcess, mark: string): Tree {
  const members = () => {
    const running = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    const own = running && child.pid !== undefined ? [child.pid, ...descendants(child.pid)] : [];
    return new Set([...own, ...withEnvironment(mark)]);
  };
  const send = (name: NodeJS.Signals) => {
    const found = members();
    for (const pid of found) signal(pid, name);
    return found.size;
  };
  const kill = () => {
    // Stopped first, a fork bomb can't be faster than its end.
    for (let before = 0, now = send("SIGSTOP"); now > before; before = now, now = send("SIGSTOP"));
    return send("SIGKILL");
  };
  return {
    terminate: () => void send("SIGTERM"),
    kill: () => void kill(),
    async gone() {
      while (kill() > 0) await delay(2);
    },
  };
}

/** Read as the payload's user, so that nothing comes out that it couldn't read itself. */
async function bringOut(from: string, into: string, { limits }: Job, owner: Owner): Promise<Collection> {
  const [program = "", ...args] = [...becomeOwner(owner), "/bin/sh", "-c", archive, "sluice", from];
  const packing = spawn(program, args, {
    cwd: "/",
    env: { PATH: systemPath },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return collect(packing.stdout, into, collectionLimit(limits));
}

function outcomeOf(ending: Ending, collection: Collection, outOfMemory: boolean): Outcome {
  const { stopped, code, signal } = ending;
  if (stopped) return { kind: stopped };
  if (outOfMemory) return { kind: "out-of-memory" };
  if (collection.kind === "refused") return { kind: "output-refused", reason: collection.reason };
  return { kind: "exited", code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) };
}

function notes({ limits, network }: Job, cgroup: boolean): string[] {
  return [
    "NOT ISOLATED: on the host the payload reads all that others may read and reaches the network" +
      (network ? "" : ", though this job asked for none"),
    ...limitNotes(limits, cgroup),
    "the size of files is limited one by one, not of all together",
  ];
}
