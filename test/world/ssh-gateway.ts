import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { missingPrograms } from "./programs.ts";

const sshd = "/usr/sbin/sshd";

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
    const lines = [
      `Port ${this.#port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${this.file("host")}`,
      `AuthorizedKeysFile ${this.file("authorized")}`,
      `PidFile ${this.file("pid")}`,
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      "StrictModes no",
      "MaxStartups 100",
    ];
    writeFileSync(this.file("config"), `${lines.join("\n")}\n`);
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const started = spawn(sshd, ["-D", "-e", "-f", this.file("config")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#sshd = started;
    await new Promise<void>((resolve, reject) => {
      let said = "";
      started.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes("Server listening")) resolve();
      });
      started.once("exit", () => reject(new Error(`sshd ended:\n${said}`)));
    });
  }

  /** Every connection is lost at once: those that serve one have groups of their own. */
  async kill(): Promise<void> {
    const running = this.#sshd;
    this.#sshd = undefined;
    if (!running) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    const all = descendants(running.pid!);
    running.kill("SIGKILL");
    for (const pid of all) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#base, { recursive: true, force: true });
  }
}

function descendants(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  const children = stdout.split(/\s+/).filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}
