import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import { isPlainServer, sshArguments, sshEnvironment, type SshServer } from "./ssh-options.ts";

export interface TunnelOptions extends SshServer {
  /** Public keys of the server, `ssh-ed25519 AAAA…`; a server with any other is refused. Undefined: any is taken. */
  readonly hostKeys: readonly string[] | undefined;
  /** By name: what is reached at the far end, `host:port` as seen from there. */
  readonly targets: Readonly<Record<string, string>>;
  /** The way is lost, and why; it is tried again. */
  readonly troubled: (error: SluiceError) => void;
}

export interface Tunnel {
  /** The Unix socket that leads to a target; only this user may use it. */
  socket(name: string): string;
  close(): Promise<void>;
}

/**
 * Reaches services of another machine over SSH, as long as this process lives; a lost connection is made again.
 * Nothing is read of the user's or the machine's SSH settings, and nobody is asked.
 *
 * @returns once the way is there
 * @throws SluiceError `ssh-tunnel` where it can't be made at first
 */
export async function openTunnel(options: TunnelOptions): Promise<Tunnel> {
  requirePlain(options);
  // A socket's path may have 107 bytes.
  const base = tmpdir().length <= 60 ? tmpdir() : "/tmp";
  const folder = await mkdtemp(join(base, "sluice-tunnel-"));
  const socket = (name: string): string => join(folder, name);
  const stop = new AbortController();
  const hosts = join(folder, "known_hosts");
  const name = options.port === 22 ? options.host : `[${options.host}]:${options.port}`;
  await writeFile(hosts, (options.hostKeys ?? []).map((key) => `${name} ${key}\n`).join(""), { mode: 0o600 });
  const args = tunnelArguments(options, hosts, socket);
  const isOpen = (): boolean => Object.keys(options.targets).every((target) => existsSync(socket(target)));
  const first = await connect(args, isOpen, stop.signal);
  let ended = Promise.resolve();
  const close = async (): Promise<void> => {
    stop.abort();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  if ("failed" in first) {
    await close();
    throw first.failed;
  }
  ended = keepUp(first.lost);
  return { socket, close };

  async function keepUp(lost: Promise<SluiceError>): Promise<void> {
    for (let pause = 500; !stop.signal.aborted;) {
      const error = await lost;
      if (stop.signal.aborted) return;
      options.troubled(error);
      await sleep(pause, undefined, { signal: stop.signal }).catch(() => undefined);
      for (const target of Object.keys(options.targets)) await rm(socket(target), { force: true });
      const again = await connect(args, isOpen, stop.signal);
      pause = "failed" in again ? Math.min(2 * pause, 10_000) : 500;
      lost = "failed" in again ? Promise.resolve(again.failed) : again.lost;
    }
  }
}

type Connected = { readonly lost: Promise<SluiceError> } | { readonly failed: SluiceError };

/** Resolves once the sockets are there, or with what is wrong. */
async function connect(
  args: readonly string[],
  isOpen: () => boolean,
  signal: AbortSignal,
): Promise<Connected> {
  const child = spawn("ssh", args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: sshEnvironment(),
  });
  const end = (): boolean => child.kill("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const over = new AbortController();
  const lost = new Promise<SluiceError>((resolve) => {
    child.once("error", (cause) => resolve(tunnelTrouble(`ssh can't be started (${cause.message})`)));
    child.once("close", () => resolve(tunnelTrouble(said)));
  }).finally(() => {
    over.abort();
    signal.removeEventListener("abort", end);
  });
  while (!over.signal.aborted && !isOpen()) await sleep(20);
  return over.signal.aborted ? { failed: await lost } : { lost };
}

function tunnelArguments(options: TunnelOptions, hosts: string, socket: (name: string) => string): string[] {
  const settings = [
    // The first key counts for as long as this process lives.
    `StrictHostKeyChecking=${options.hostKeys ? "yes" : "accept-new"}`,
    `UserKnownHostsFile=${hosts}`,
    "ExitOnForwardFailure=yes",
    "StreamLocalBindMask=0177",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
  ];
  const forwards = Object.entries(options.targets).flatMap(([name, target]) => [
    "-L",
    `${socket(name)}:${target}`,
  ]);
  return ["-N", ...sshArguments(options, settings), ...forwards, "--", options.host];
}

/** What goes into ssh's options, which have a quoting of their own. */
function requirePlain(options: TunnelOptions): void {
  const { hostKeys, targets } = options;
  const isPlain =
    isPlainServer(options) &&
    hostKeys?.length !== 0 &&
    (hostKeys ?? []).every((key) => /^[\w@.-]+ [A-Za-z0-9+/=]+$/.test(key)) &&
    Object.values(targets).every((target) => /^[\w.-]+:\d+$|^\[[0-9a-f:]+\]:\d+$/i.test(target));
  if (isPlain) return;
  throw new SluiceError("ssh-tunnel", "the SSH settings can't be used as they are", {
    hint: "REDIS_SSH_HOST and REDIS_SSH_USER are plain names, REDIS_SSH_HOST_KEY is what `ssh-keyscan HOST` prints after the name, such as: ssh-ed25519 AAAA…",
  });
}

function tunnelTrouble(said: string): SluiceError {
  const lines = said
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("Warning: Permanently"));
  const hint = hints.find(([pattern]) => pattern.test(said))?.[1];
  return new SluiceError(
    "ssh-tunnel",
    `the way over SSH is closed: ${lines.at(-1)?.trim() ?? "the connection ended"}`,
    {
      hint: hint ?? "It is tried again. Does the server run, and may this machine reach it?",
    },
  );
}

const hints: readonly (readonly [RegExp, string])[] = [
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION/,
    "The server has another key than REDIS_SSH_HOST_KEY says. Find out why before you change that.",
  ],
  [
    /Permission denied/,
    "The server doesn't accept the key in REDIS_SSH_KEY_FILE for REDIS_SSH_USER: put its public half into that user's authorized_keys there.",
  ],
  [/bad permissions|UNPROTECTED/, "Only this user may read the key file: chmod 600 FILE."],
  [
    /administratively prohibited|open failed/,
    "The server forbids the forwarding: see permitopen in authorized_keys there.",
  ],
  [/resolve hostname/, "Is REDIS_SSH_HOST spelled right?"],
];
