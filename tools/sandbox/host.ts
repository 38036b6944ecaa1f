import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import { type Cgroup, cgroupParent, makeCgroup } from "./cgroup.ts";
import { collect, collectionLimit } from "./collect.ts";
import { checkPaths, payload } from "./job.ts";
import { limitNotes, prlimit } from "./limits.ts";
import { outputPipes } from "./pipes.ts";
import { descendants, gone, signal, tasksOf, withEnvironment } from "./processes.ts";
import type { Job, Outcome, Owner, Places, Sandbox, SandboxResult } from "./sandbox.ts";
import { supervise, type Tree } from "./supervise.ts";
import { unprivilegedOwner } from "./owner.ts";

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * No isolation to speak of: the payload runs on this machine as an unprivileged user, with limits, an
 * environment of its own, and a scratch folder. Mounts stay where they are, so `places.at` leads to their
 * sources, and a writable one or not is what the file's modes say. For recipes whose authors one trusts.
 */
export function host(): Sandbox {
  const owner = unprivilegedOwner();
  const parent = cgroupParent();
  return {
    name: "host",
    isolates: new Set(),
    owner,
    run: (job) => run(job, owner, parent),
  };
}

async function run(job: Job, owner: Owner, parent: string | undefined): Promise<SandboxResult> {
  checkPaths(job);
  refuseWhatNeedsASandbox(job);
  const started = performance.now();
  const folder = mkdtempSync(join(process.getuid?.() === 0 ? "/tmp" : tmpdir(), "sluice-host-"));
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
