import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/** A real Redis of one test's own, with a password. */
export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-redis-"));
  readonly port: number;
  readonly #persists: boolean;
  #server: ChildProcess | undefined;

  private constructor(port: number, persists: boolean) {
    this.port = port;
    this.#persists = persists;
  }

  /** @param persists whether it finds again what it held when it was killed */
  static async start({ persists = false } = {}): Promise<RedisServer> {
    const redis = new RedisServer(await freePort(), persists);
    await redis.start();
    return redis;
  }

  /** No two have the same: tests look for it where it mustn't be. */
  get password(): string {
    return `the password of Redis at ${this.port}`;
  }

  get env(): { REDIS_HOST: string; REDIS_PORT: string; REDIS_PASSWORD: string } {
    return { REDIS_HOST: "127.0.0.1", REDIS_PORT: String(this.port), REDIS_PASSWORD: this.password };
  }

  async start(): Promise<void> {
    const persistence = this.#persists ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--save", ""];
    const settings = ["--bind", "127.0.0.1", "--port", String(this.port), "--dir", this.#folder];
    const server = spawn("redis-server", ["-", ...settings, ...persistence], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    // Not where a list of processes shows it.
    server.stdin.end(`requirepass "${this.password}"\n`);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      let said = "";
      server.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes("Ready to accept connections")) resolve();
      });
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`redis-server ended:\n${said}`)));
    });
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#server?.kill(signal);
  }

  command(...args: string[]): string {
    return execFileSync("redis-cli", ["-p", String(this.port), "--no-auth-warning", ...args], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], REDISCLI_AUTH: this.password },
    }).trim();
  }

  /** What Redis answers to another user, refusals included. */
  commandAs({ user, password }: { user: string; password: string }, ...args: string[]): string {
    const { stdout, stderr } = spawnSync(
      "redis-cli",
      ["-p", String(this.port), "--no-auth-warning", "--user", user, ...args],
      { encoding: "utf8", env: { PATH: process.env["PATH"], REDISCLI_AUTH: password } },
    );
    return `${stdout}${stderr}`.trim();
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
