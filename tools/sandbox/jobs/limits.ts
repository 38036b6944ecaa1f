import { readFileSync } from "node:fs";
import type { Limits } from "../sandbox.ts";

/**
 * `prlimit` and its limits, to put before a command, for what no cgroup holds.
 *
 * Memory is RLIMIT_DATA: unlike RLIMIT_AS it doesn't count address space that is reserved and unused, of
 * which Go, Java and V8 take more than any machine has. RLIMIT_FSIZE also ends files that only exist in
 * memory (memfd), which no tmpfs counts. `tasks` is the number that RLIMIT_NPROC has to be,
 * undefined where something else counts.
 */
export function prlimit(limits: Limits, tasks: number | undefined, cgroup: boolean): string[] {
  return [
    "prlimit",
    "--core=0:0",
    `--fsize=${limits.outputBytes}:${limits.outputBytes}`,
    ...(tasks === undefined ? [] : [`--nproc=${allowed(tasks)}:${allowed(tasks)}`]),
    ...(cgroup ? [] : [`--data=${limits.memoryBytes}:${limits.memoryBytes}`]),
    "--",
  ];
}

/** No process can have more than this one may, say in a container. */
function allowed(tasks: number): number {
  const [, most = "unlimited"] =
    /^Max processes\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return most === "unlimited" || process.getuid?.() === 0 ? tasks : Math.min(tasks, Number(most));
}

/** What the log says of memory and processes. */
export function limitNotes(limits: Limits, cgroup: boolean): string[] {
  const memory = `${mebibytes(limits.memoryBytes)} memory`;
  return cgroup
    ? [`${memory} for all processes together, by cgroup`, `${limits.processes} processes, by cgroup`]
    : [
        `${memory} for each process, by RLIMIT_DATA: no cgroup with a memory controller may be made here`,
        `${limits.processes} processes, by RLIMIT_NPROC`,
      ];
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}

export function outputNote({ outputBytes }: Limits): string {
  return `${mebibytes(outputBytes)} of files, by the size of a tmpfs`;
}
