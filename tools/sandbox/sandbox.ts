/**
 * Runs one program in isolation. The program ("the payload") is a stranger's: it may read, write, fork,
 * linger, lie and flood, and must not reach further than its job allows.
 *
 * What an implementation keeps apart it declares in `isolates`; the contract suite holds it to exactly that.
 */
export interface Sandbox {
  readonly name: "bubblewrap" | "container" | "host";

  /** Whose programs the payload runs: this machine's, or an image's, which has settings of pacman of its own. */
  readonly programs: "host" | "image";

  /** What the payload can't get round. Bubblewrap and containers declare everything, the host nothing. */
  readonly isolates: ReadonlySet<Isolation>;

  /**
   * Who the payload is on this machine. Mounted files must be readable, writable mounts writable, for this
   * uid and gid; a caller that is root hands such folders over with chown.
   */
  readonly owner: Owner;

  /**
   * Runs a job and resolves once nothing of it is alive: no child, no daemon, no mount.
   *
   * Whatever the payload does is a result. Throws SluiceError only for what a person must fix: a job that
   * makes no sense (`sandbox-job`), a sandbox that doesn't come up (`sandbox-start`). An error thrown by `onOutput` ends the job and is thrown on.
   */
  run(job: Job): Promise<SandboxResult>;
}

/**
 * - `network`: no interface, no service of the host's, no abstract socket, unless the job asks for network;
 * - `reads`: nothing of the host's files but its system programs and the job's mounts;
 * - `writes`: nothing but scratch and the job's writable mounts;
 * - `processes`: other processes can't be seen, signalled or traced, and daemons end with the job;
 * - `privileges`: no setuid program, capability or user namespace gives more rights;
 * - `output`: all files in scratch together fit `outputBytes`; /dev/shm adds 64 MiB at most. Files that exist
 *   in memory alone (memfd, System V) are memory: held together by a cgroup, without one each by itself at best;
 * - `caller-death`: the payload dies with the process that called `run`, however that one dies.
 */
export type Isolation = (typeof isolations)[number];

/** All that a sandbox may keep apart. */
export const isolations = [
  "network",
  "reads",
  "writes",
  "processes",
  "privileges",
  "output",
  "caller-death",
] as const;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Job {
  /** The payload, given where things are: fixed places in a sandbox, the real ones on the host. */
  readonly command: (places: Places) => Command;
  /** Readable to the payload besides the system's programs. None of them lies inside scratch. */
  readonly mounts: readonly Mount[];
  /**
   * A folder with a whole root file system to use instead of the host's programs; it holds `sh`, `env`,
   * `prlimit` and `tar` or `bsdtar`, and belongs to `owner`. Writable, it is how packages get into it.
   */
  readonly root?: { readonly folder: string; readonly writable: boolean };
  /**
   * A folder like a root file system whose `usr`, `etc` and `opt` lie over the host's programs: dependencies
   * that were installed for this job alone. Read-only, and not together with `root`.
   */
  readonly layer?: string;
  /**
   * `builder` is an unprivileged user, as makepkg wants it. `root` is root inside alone: it may chroot and
   * run pacman on files of `owner`, and is `owner` towards the host.
   */
  readonly user: "builder" | "root";
  /** Without it not even the host's loopback. With it all that the host reaches, its loopback included. */
  readonly network: boolean;
  readonly limits: Limits;
  /** A folder below scratch whose files are brought out when the payload has exited by itself. */
  readonly collect?: { readonly from: string; readonly into: string };
  /** Called in order, one chunk at a time; while its promise is pending the payload's writes block. */
  readonly onOutput: (chunk: Buffer, stream: "stdout" | "stderr") => void | Promise<void>;
  /** Aborting ends the job as its time limit would. */
  readonly signal?: AbortSignal;
}

export interface Command {
  readonly argv: readonly [string, ...string[]];
  /**
   * Complete: nothing is inherited. Bubblewrap adds FAKEROOTDONTTRYCHOWN, without which fakeroot fails in
   * it, and the host SLUICE_JOB, by which it finds daemons again. Not for secrets: every process of this
   * machine may see it.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Scratch, a folder that `Places` names, or one inside a mount. */
  readonly cwd: string;
}

export interface Places {
  /** Empty, private to the job and gone after it: the one place where it may write, beside writable mounts. */
  readonly scratch: string;
  /** Below scratch. In a sandbox `/tmp` and `/var/tmp` lead there. */
  readonly tmp: string;
  /** Below scratch. */
  readonly home: string;
  /** Where the payload finds what is mounted at `target`, or a path below it. */
  at(target: string): string;
}

/** Binds `source`, a file or folder of the host's, at `target`, an absolute path inside. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface Limits {
  /** Wall-clock time until every process gets SIGTERM; collecting counts. */
  readonly seconds: number;
  /** From then on until all of them get SIGKILL. */
  readonly graceSeconds: number;
  /** Of all processes together where a cgroup holds it, else of each. */
  readonly memoryBytes: number;
  /** Processor cores that all processes together may use; only a cgroup holds it. Unlimited where absent. */
  readonly cpus?: number;
  /** Processes and threads at a time. */
  readonly processes: number;
  /** Everything in scratch at a time, and what `collect` may bring out. */
  readonly outputBytes: number;
  /** Of stdout and stderr together; what comes after is thrown away. Unlimited where absent. */
  readonly logBytes?: number;
}

export interface SandboxResult {
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Files brought out, as paths below `collect.into`. */
  readonly collected: readonly string[];
  /** Whether `logBytes` cut the log. */
  readonly logTruncated: boolean;
  /** For the log: which limit holds by which means, and what isn't isolated. */
  readonly notes: readonly string[];
}

export type Outcome =
  /** By itself; 128 + n where signal n ended it, as a shell says it. */
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "timed-out" }
  | { readonly kind: "cancelled" }
  /** A cgroup's limit killed it. Where memory is limited per process, the payload sees a failed allocation. */
  | { readonly kind: "out-of-memory" }
  /** It exited, but what it left to collect can't be taken: too large, or no files that may be copied. */
  | { readonly kind: "output-refused"; readonly reason: string }
  /** Something outside ended it: not the payload's fault, worth another try. */
  | { readonly kind: "lost"; readonly reason: string };
