import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";

/** A way to one SSH server that knows its host keys and our key, and nothing of the user's. */
export interface Ssh {
  /** What Git starts for `ssh://` addresses: a shell command of constants and of paths chosen here. */
  readonly command: string;
  /** Ends the agent that holds the key. */
  close(): Promise<void>;
}

/**
 * Hands the key to an agent of its own, so that it lies in no file and in no environment. The agent ends with this
 * process, however that ends.
 *
 * @param key a private key without a passphrase, as OpenSSH or PEM text
 * @param knownHosts lines of a `known_hosts` file; a server with any other key is refused
 * @throws SluiceError `ssh-key` where the key can't be read, `program-missing`
 */
export async function openSsh(key: string, knownHosts: readonly string[]): Promise<Ssh> {
  const folder = await mkdtemp(join(plainTemporaryFolder(), "sluice-ssh-"));
  const hosts = join(folder, "known_hosts");
  const socket = join(folder, "agent");
  let endAgent: (() => Promise<void>) | undefined;
  const close = async (): Promise<void> => {
    await endAgent?.();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeFile(hosts, knownHosts.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    endAgent = await startAgent(socket);
    await addKey(socket, key);
    return { command: sshCommand(hosts, socket), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its path goes into options that have a quoting of their own, and a socket's may have 107 bytes. */
function plainTemporaryFolder(): string {
  return /^[\w./-]{1,60}$/.test(tmpdir()) ? tmpdir() : "/tmp";
}

/** Nothing is read of the user's or the machine's settings, and nobody is asked. */
function sshCommand(hosts: string, socket: string): string {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${hosts}`,
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "PreferredAuthentications=publickey",
    `IdentityAgent=${socket}`,
    "IdentityFile=none",
    "ForwardAgent=no",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
  ];
  return ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", option])].join(" ");
}

/**
 * Returns what ends the agent. It runs as long as the pipe to the command that it was started with is open, which
 * ends with this process, too.
 */
function startAgent(socket: string): Promise<() => Promise<void>> {
  const untilClosed = 'echo started; cat > /dev/null; kill "$SSH_AGENT_PID"';
  return new Promise((resolve, reject) => {
    const agent = spawn("ssh-agent", ["-a", socket, "sh", "-c", untilClosed], {
      env: { PATH: process.env.PATH },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const ended = new Promise<void>((resolve) => agent.once("close", () => resolve()));
    agent.stdin.on("error", () => undefined);
    agent.once("error", (error) => reject(notStarted("ssh-agent", error)));
    agent.once("close", () => reject(notStarted("ssh-agent")));
    agent.stdout.once("data", () => {
      resolve(() => {
        agent.stdin.end();
        return ended;
      });
    });
  });
}

/** The key goes through a pipe. A passphrase is asked of nobody. */
function addKey(socket: string, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const add = spawn("ssh-add", ["-q", "-"], {
      env: {
        PATH: process.env.PATH,
        SSH_AUTH_SOCK: socket,
        SSH_ASKPASS_REQUIRE: "force",
        SSH_ASKPASS: "false",
      },
      stdio: ["pipe", "ignore", "ignore"],
    });
    add.on("error", (error) => reject(notStarted("ssh-add", error)));
    add.on("close", (code) => (code === 0 ? resolve() : reject(unreadable())));
    // What it can't use it doesn't read to the end.
    add.stdin.on("error", () => undefined).end(`${key.trimEnd()}\n`);
  });
}

function unreadable(): SluiceError {
  return new SluiceError("ssh-key", "the key can't be read as a private key without a passphrase", {
    hint: "Make one with: ssh-keygen -t ed25519 -N ''",
    exitCode: 1,
  });
}

function notStarted(program: string, cause?: unknown): SluiceError {
  return new SluiceError("program-missing", `the program ${program} can't be started`, {
    hint: "Install OpenSSH's client (openssh, openssh-client).",
    facts: { program },
    cause,
  });
}
