import { realpathSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { payload } from "../jobs/job.ts";
import { prlimit } from "../jobs/limits.ts";
import type { Job, Owner, Places } from "../sandbox.ts";
import type { EngineFacts } from "./engine.ts";
import { firstProcess, pipesFolder } from "./first-process.ts";

const scratch = "/build";
const places: Places = {
  scratch,
  tmp: `${scratch}/tmp`,
  home: `${scratch}/home`,
  at: (target) => target,
};

/** Root of the container needs them for pacman, and to give what it wrote to the payload's user. */
const rootCapabilities = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "SETFCAP",
  "SETGID",
  "SETUID",
  "SYS_CHROOT",
];

/** /dev/shm can't be a part of scratch, so it has a small size of its own. */
const sharedMemoryBytes = 64 * 2 ** 20;

/** The first process and a few of the engine's. */
const ownProcesses = 4;

/** What of the host's shows through /sys, its cgroup aside, and where else a payload might write. */
const masked = [
  ...["block", "bus", "class", "dev", "devices", "firmware", "hypervisor", "kernel", "module", "power"].map(
    (name) => `/sys/${name}`,
  ),
  "/dev/mqueue",
];

/**
 * The options and the command of `podman run` or `podman create`: a fresh container that nothing can be written
 * to but scratch, without capabilities, without the engine's socket.
 */
export function containerArguments(
  job: Job,
  container: {
    readonly name: string;
    readonly image: string;
    readonly pipes: string;
    readonly owner: Owner;
    readonly facts: EngineFacts;
    /** The file of the profile of system calls. */
    readonly seccomp: string;
  },
): string[] {
  const { name, image, pipes, owner, facts, seccomp } = container;
  const { argv, cwd } = payload(job, places);
  const mounts = [
    { source: pipes, target: pipesFolder, writable: false },
    ...job.mounts.map((mount) => ({ ...mount, source: realpathSync(mount.source) })),
  ];
  return [
    ["--rm", "--name", name, "--pull", "never", "--log-driver", "none", "--hostname", "sluice"],
    ["--entrypoint", "/bin/bash", "--image-volume", "ignore", "--no-healthcheck", "--no-hosts"],
    ["--read-only", "--read-only-tmpfs=false", "--security-opt", `mask=${masked.join(":")}`],
    ["--cap-drop", "all", "--security-opt", "no-new-privileges", "--security-opt", "label=disable"],
    ["--security-opt", `seccomp=${seccomp}`],
    user(job, owner, facts),
    ["--network", job.network ? "host" : "none"],
    limits(job, facts),
    mounts.flatMap(({ source, target, writable }) => ["--mount", bind(source, target, writable)]),
    [image, "-c", firstProcess, "sluice"],
    [cwd, job.collect ? join(scratch, job.collect.from) : "", ...given(job, owner, facts), "--"],
    [...prlimit(job.limits, undefined, facts.cgroup), ...argv],
  ].flat();
}

/** Without root on this machine the payload is the caller, whichever it is inside. */
function user({ user }: Job, { uid, gid }: Owner, { rootless }: EngineFacts): string[] {
  if (user === "root") return ["--user", "0:0", "--cap-add", rootCapabilities.join(",")];
  return ["--user", `${uid}:${gid}`, ...(rootless ? ["--userns", "keep-id"] : [])];
}

/** What root wrote to mounts belongs to the payload's user afterwards, which also takes setuid bits away. */
function given({ user, mounts }: Job, { uid, gid }: Owner, { rootless }: EngineFacts): string[] {
  if (user !== "root") return [""];
  const written = mounts.filter(({ writable }) => writable).map(({ target }) => target);
  return [rootless ? "0:0" : `${uid}:${gid}`, ...written];
}

/** What is written is charged as memory, so that's added. */
function limits({ limits }: Job, { cgroup }: EngineFacts): string[] {
  const { memoryBytes, outputBytes, cpus, processes, seconds, graceSeconds } = limits;
  const memory = String(memoryBytes + outputBytes);
  const shared = Math.min(sharedMemoryBytes, outputBytes);
  return [
    ["--mount", `type=tmpfs,destination=${scratch},tmpfs-size=${outputBytes},tmpfs-mode=1777`],
    ["--shm-size", String(shared)],
    // Should all else fail, its end.
    ["--timeout", String(Math.min(2 ** 31 - 1, Math.ceil(seconds + graceSeconds + 60)))],
    cgroup
      ? ["--memory", memory, "--memory-swap", memory, "--pids-limit", String(processes + ownProcesses)]
      : [],
    cgroup && cpus !== undefined ? ["--cpus", String(cpus)] : [],
  ].flat();
}

/** @throws SluiceError `sandbox-job`: in a mount's description commas separate */
function bind(source: string, target: string, writable: boolean): string {
  for (const path of [source, target]) {
    if (/[,"\n]/.test(path)) {
      throw new SluiceError(
        "sandbox-job",
        `a path that a container sees can't hold a comma, a quote or a line's end: ${path}`,
        {
          facts: { path },
        },
      );
    }
  }
  return `type=bind,source=${source},destination=${target}${writable ? "" : ",ro=true"}`;
}
