import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../errors.ts";
import type { Limits } from "../sandbox.ts";

/** A control group of one job, of cgroup version 2 (kernel: Documentation/admin-guide/cgroup-v2.rst). */
export interface Cgroup {
  /** A process that writes its id there is in, with all that it starts from then on. */
  readonly procs: string;
  /** Whether the memory limit killed a process in there. */
  outOfMemory(): boolean;
  /** Takes it away again; everything in it must be ending. */
  remove(): Promise<void>;
}

/** Processes of the sandbox itself that are counted with the payload's. */
const ownProcesses = 4;

/**
 * The folder in which this process may make groups with limits: its own group, or the nearest above it,
 * that hands memory and pids on to its children. Undefined where there is none, as in most containers, in
 * login sessions and with cgroup version 1.
 *
 * `mounts` and `membership` are the texts of /proc/self/mounts and /proc/self/cgroup; `mayEnter` tries it.
 */
export function cgroupParent(
  mounts = readFileSync("/proc/self/mounts", "utf8"),
  membership = readFileSync("/proc/self/cgroup", "utf8"),
  mayEnter = mayEnterGroupsOf,
): string | undefined {
  const root = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  const own = /^0::(\/.*)$/m.exec(membership)?.[1];
  if (root === undefined || own === undefined) return undefined;
  const folders = [];
  for (let folder = join(root, own, "."); folder.length >= root.length; folder = dirname(folder)) {
    folders.push(folder);
  }
  return folders.find((folder) => handsOn(folder) && mayEnter(folder));
}

/** Makes a group with the limits of a job. What it writes is charged as its memory, so that's added. */
export function makeCgroup(parent: string, limits: Limits): Cgroup {
  removeLeftovers(parent);
  const folder = newGroup(parent);
  const set = (file: string, value: number) => writeFileSync(join(folder, file), String(value));
  set("memory.max", limits.memoryBytes + limits.outputBytes);
  if (existsSync(join(folder, "memory.swap.max"))) set("memory.swap.max", 0);
  set("memory.oom.group", 1);
  const cpu = join(folder, "cpu.max");
  if (limits.cpus !== undefined && existsSync(cpu)) writeFileSync(cpu, `${limits.cpus * 100_000} 100000`);
  set("pids.max", limits.processes + ownProcesses);
  return {
    procs: join(folder, "cgroup.procs"),
    outOfMemory: () => /^oom_kill [1-9]/m.test(readFileSync(join(folder, "memory.events"), "utf8")),
    remove: () => removeGroup(folder),
  };
}

function handsOn(folder: string): boolean {
  const file = join(folder, "cgroup.subtree_control");
  if (!existsSync(file)) return false;
  const controllers = readFileSync(file, "utf8").trim().split(/\s+/);
  return controllers.includes("memory") && controllers.includes("pids");
}

/** Being allowed to make one isn't enough: moving a process in takes rights on both groups. */
function mayEnterGroupsOf(parent: string): boolean {
  let folder: string;
  try {
    folder = newGroup(parent);
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes(systemCode(error) ?? "")) return false;
    throw error;
  }
  const enter = spawnSync("/bin/sh", ["-c", 'echo $$ > "$1/cgroup.procs"', "sh", folder]);
  rmdirSync(folder);
  return enter.status === 0;
}

function newGroup(parent: string): string {
  return mkdtempSync(join(parent, `sluice-${process.pid}-`));
}

/** Groups of callers that were killed. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^sluice-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) tryRemove(join(parent, name));
  }
}

async function removeGroup(folder: string): Promise<void> {
  while (!tryRemove(folder)) await delay(2);
}

/** False while there is a process in it. */
function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (systemCode(error) === "EBUSY") return false;
    if (systemCode(error) === "ENOENT") return true;
    throw error;
  }
}
