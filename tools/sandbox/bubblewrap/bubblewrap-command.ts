import { realpathSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { type SandboxFile, home, rootFiles, scratch, type System, tmp } from "./visible-files.ts";
import { payload } from "../jobs/job.ts";
import { becomeOwner } from "../jobs/owner.ts";
import { prlimit } from "../jobs/limits.ts";
import type { Job, Owner, Places } from "../sandbox.ts";
import { inside, launch } from "../jobs/scripts.ts";

/** File descriptors that bubblewrap and the script inside it use, by their place in the child's stdio. */
export const descriptors = { archive: 3, status: 4, json: 5, files: 6 } as const;

const places: Places = { scratch, tmp, home, at: (target) => target };

/** Of the sandbox itself; root inside needs them for pacman, and they reach only what `owner` has. */
const rootCapabilities = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

/** /dev/shm can't be a part of scratch, so it has a small size of its own. */
const sharedMemoryBytes = 64 * 2 ** 20;

/** The script inside, and the first process there. */
const ownTasks = 2;

/**
 * In the sandbox's user namespace no other user exists, so chown fails with EINVAL, which fakeroot takes for
 * an error, where it ignores EPERM. So it's not to try, only to remember (fakeroot(1)).
 */
const dontTryChown = ["FAKEROOTDONTTRYCHOWN", "1"] as const;

export interface Plan {
  readonly system: System;
  readonly mounts: readonly {
    readonly bindFrom: string;
    readonly target: string;
    readonly writable: boolean;
  }[];
  /** What the launching script has to mount at the places 0, 1, … in the staging folder. */
  readonly staged: readonly Staged[];
}

/** A file or folder of the host's at another place, or `/usr` with a folder laid over it. */
export type Staged = { readonly bind: string } | { readonly overUsr: string };

/**
 * Where bubblewrap finds each source: the path itself, or its place in the staging folder, where the caller is
 * root or a layer needs a mount.
 */
export function planMounts(job: Job, staging: string | undefined): Plan {
  const sources = [job.root?.folder, job.layer, ...job.mounts.map(({ source }) => source)]
    .filter((source) => source !== undefined)
    .map((source) => realpathSync(source));
  const bindFrom = (index: number) =>
    staging === undefined ? (sources[index] ?? "") : join(staging, String(index));
  const first = job.root || job.layer !== undefined ? 1 : 0;
  const layer = job.layer === undefined ? undefined : sources[0]!;
  return {
    system: {
      network: job.network,
      ...(job.root && { root: { ...job.root, bindFrom: bindFrom(0) } }),
      ...(layer !== undefined && {
        layer: { folder: layer, bindFrom: bindFrom(0), usr: bindFrom(sources.length) },
      }),
    },
    mounts: job.mounts.map(({ target, writable }, index) => ({
      bindFrom: bindFrom(first + index),
      target,
      writable,
    })),
    staged: [
      ...(staging === undefined ? [] : sources.map((bind) => ({ bind }))),
      ...(layer === undefined ? [] : [{ overUsr: join(layer, "usr") }]),
    ],
  };
}

/** The whole command line, from this machine's side to the payload. */
export function commandLine(
  job: Job,
  plan: Plan,
  files: readonly SandboxFile[],
  host: {
    readonly owner: Owner;
    readonly callerIsRoot: boolean;
    readonly staging: string | undefined;
    readonly cgroupProcs: string | undefined;
  },
): readonly string[] {
  const { owner, callerIsRoot, staging, cgroupProcs } = host;
  const { argv, cwd } = payload(job, places, [dontTryChown]);
  const collected = job.collect ? join(scratch, job.collect.from) : "";
  return [
    staging === undefined
      ? []
      : ["unshare", ...(callerIsRoot ? [] : ownMounts), "--mount", "--propagation", "private", "--"],
    [
      "/bin/sh",
      "-c",
      launch,
      "sluice",
      cgroupProcs ?? "",
      staging ?? "",
      ...plan.staged.map(stagedArgument),
      "--",
    ],
    staging !== undefined && !callerIsRoot ? dropCapabilities : becomeOwner(owner),
    ["bwrap", ...isolation(job, owner), ...fileSystem(plan, files, job.limits.outputBytes)],
    ["--chdir", cwd, "--", "/bin/sh", "-c", inside, "sluice", collected],
    prlimit(job.limits, job.limits.processes + ownTasks, cgroupProcs !== undefined),
    argv,
  ].flat();
}

/** Lets an unprivileged caller mount in a namespace of its own. */
const ownMounts = ["--user", "--map-current-user", "--keep-caps"];

/** What that took; bubblewrap doesn't start with capabilities that it didn't get itself. */
const dropCapabilities = ["setpriv", "--inh-caps=-all", "--ambient-caps=-all", "--"];

/** @throws SluiceError `sandbox-job`: in the options of a mount `:` and `,` separate. */
function stagedArgument(staged: Staged): string {
  if ("bind" in staged) return `bind:${staged.bind}`;
  if (!/[:,\\]/.test(staged.overUsr)) return `over:${staged.overUsr}`;
  throw new SluiceError("sandbox-job", `a layer's path can't hold ":", "," or "\\": ${staged.overUsr}`, {
    facts: { path: staged.overUsr },
  });
}

function isolation({ user, network }: Job, owner: Owner): string[] {
  const [uid, gid] = user === "root" ? [0, 0] : [owner.uid, owner.gid];
  return [
    ["--unshare-user", "--disable-userns", "--uid", String(uid), "--gid", String(gid)],
    ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sluice"],
    network ? [] : ["--unshare-net"],
    user === "root" ? rootCapabilities.flatMap((capability) => ["--cap-add", capability]) : [],
    ["--die-with-parent", "--new-session", "--clearenv", "--json-status-fd", String(descriptors.json)],
  ].flat();
}

/** The order counts: a later option covers an earlier one. */
function fileSystem({ system, mounts }: Plan, files: readonly SandboxFile[], outputBytes: number): string[] {
  const shared = Math.min(sharedMemoryBytes, outputBytes);
  return [
    system.root?.writable ? [] : ["--dir", "/etc"],
    rootFiles(system),
    ["--proc", "/proc", "--dev", "/dev", "--size", String(shared), "--tmpfs", "/dev/shm"],
    ["--size", String(outputBytes), "--tmpfs", scratch, "--dir", tmp, "--perms", "0700", "--dir", home],
    files.map(({ path }, index) => [
      "--perms",
      "0644",
      "--ro-bind-data",
      `${descriptors.files + index}`,
      path,
    ]),
    mounts.map(({ bindFrom, target, writable }) => [writable ? "--bind" : "--ro-bind", bindFrom, target]),
    ["--remount-ro", "/dev"],
    system.root?.writable ? [] : ["--remount-ro", "/"],
  ].flat(2);
}
