import { execFileSync, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { missingPrograms } from "./programs.ts";
import { sshd, startSshd } from "./sshd.ts";

export function missingForSsh(): string[] {
  return [...missingPrograms("ssh", "ssh-keygen"), ...(existsSync(sshd) ? [] : ["sshd"])];
}

/** A real sshd through which one key may reach some ports of this machine, and nothing else. */
export class SshGateway {
  readonly #base = mkdtempSync(join(tmpdir(), "sluice-gateway-"));
  readonly #port: number;
  #sshd: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(ports: readonly number[]): Promise<SshGateway> {
    const gateway = new SshGateway(await freePort());
    for (const name of ["host", "builder", "stranger"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", gateway.file(name)]);
    }
    const permitted = ports.map((port) => `permitopen="127.0.0.1:${port}"`);
    const key = readFileSync(gateway.file("builder.pub"), "utf8");
    writeFileSync(gateway.file("authorized"), `restrict,port-forwarding,${permitted.join(",")} ${key}`);
    await gateway.listen();
    return gateway;
  }

  get env(): Record<string, string> {
    return {
      REDIS_SSH_HOST: "127.0.0.1",
      REDIS_SSH_PORT: String(this.#port),
      REDIS_SSH_USER: userInfo().username,
      REDIS_SSH_KEY_FILE: this.file("builder"),
      REDIS_SSH_HOST_KEY: this.publicKey("host"),
    };
  }

  get port(): number {
    return this.#port;
  }

  file(name: string): string {
    return join(this.#base, name);
  }

  /** Without its comment. */
  publicKey(name: string): string {
    return readFileSync(this.file(`${name}.pub`), "utf8")
      .split(" ")
      .slice(0, 2)
      .join(" ");
  }

  async listen(): Promise<void> {
    this.#sshd = await startSshd(this.file("config"), [
      `Port ${this.#port}`,
      `HostKey ${this.file("host")}`,
      `AuthorizedKeysFile ${this.file("authorized")}`,
      `PidFile ${this.file("pid")}`,
    ]);
  }

  /** Every connection is lost at once: those that serve one have groups of their own. */
  async kill(): Promise<void> {
    const running = this.#sshd;
    this.#sshd = undefined;
    if (!running) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    signalAll(running, "SIGKILL");
    await ended;
  }

  /** With SIGSTOP nothing gets through any more, and nobody is told. */
  signal(signal: NodeJS.Signals): void {
    if (this.#sshd) signalAll(this.#sshd, signal);
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#base, { recursive: true, force: true });
  }
}

function signalAll(server: ChildProcess, signal: NodeJS.Signals): void {
  const all = descendants(server.pid!);
  server.kill(signal);
  for (const pid of all) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

function descendants(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  const children = stdout.split(/\s+/).filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}
