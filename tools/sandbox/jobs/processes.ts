import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../errors.ts";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  readonly threads: number;
  readonly zombie: boolean;
}

/** The processes below `ancestor`, itself not among them. */
export function descendants(ancestor: number): number[] {
  const found = new Set([ancestor]);
  const all = processes();
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  found.delete(ancestor);
  return [...found];
}

/** How many processes and threads a user has: what RLIMIT_NPROC counts. */
export function tasksOf(uid: number): number {
  return processes()
    .filter((process) => process.uid === uid)
    .reduce((sum, { threads }) => sum + threads, 0);
}

/** Processes that were started with this very entry in their environment, wherever they hang by now. */
export function withEnvironment(entry: string): number[] {
  return processes()
    .filter(({ pid, zombie }) => !zombie && readProc(pid, "environ")?.split("\0").includes(entry))
    .map(({ pid }) => pid);
}

/** Sends a signal; a process that is gone already is none to care about. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}

/**
 * Waits until a process is dead. The first process of a pid namespace becomes a zombie only after all
 * others in there are gone, so its death is theirs.
 */
export async function gone(pid: number): Promise<void> {
  while (alive(pid)) await delay(2);
}

function alive(pid: number): boolean {
  const found = describe(pid);
  return found !== undefined && !found.zombie;
}

function processes(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => describe(Number(name)) ?? []);
}

function describe(pid: number): Process | undefined {
  const status = readProc(pid, "status");
  if (status === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
  return {
    pid,
    parent: Number(field("PPid")),
    uid: Number(field("Uid")),
    threads: Number(field("Threads")),
    zombie: field("State") === "Z" || field("State") === "X",
  };
}

/** A file below /proc, or undefined where the process is gone or can't be read. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
