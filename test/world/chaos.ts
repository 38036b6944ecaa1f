import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { addBuilder } from "../../tools/manager/builders/tokens.ts";
import type { Repository } from "../../tools/pkgrepo/repository.ts";
import { openSqliteQueue } from "../../tools/queue/sqlite/sqlite.ts";
import { programs } from "./chaos-programs.ts";
import { freePort } from "./free-port.ts";
import { RedisServer } from "./redis.ts";
import { installable } from "./scratch-repository.ts";
import { startSluice, type Running } from "./sluice.ts";
import { SshGateway } from "./ssh-gateway.ts";
import { writeTinyPackage } from "./tiny-package.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** What dies and is started again. */
export const mortals = ["manager", "one", "two", "redis", "tunnel"] as const;
export type Mortal = (typeof mortals)[number];

/**
 * A manager, two builders, one of them over SSH, and Redis, each of which may be killed at any moment. Building is
 * handing out packages that were made before; all else is real.
 */
export class ChaosFarm {
  readonly #workspace = new ScratchWorkspace();
  readonly #redis: RedisServer;
  readonly #port: number;
  #gateway: SshGateway | undefined;
  readonly #processes = new Map<"manager" | "one" | "two", ChildProcess>();
  #packages: Readonly<Record<string, readonly string[]>> = {};
  #version = 0;
  /** What processes said that ended by themselves. */
  readonly complaints: string[] = [];

  private constructor(redis: RedisServer, port: number) {
    this.#redis = redis;
    this.#port = port;
  }

  static async start(options: { persists?: boolean } = {}): Promise<ChaosFarm> {
    const farm = new ChaosFarm(await RedisServer.start(options), await freePort());
    farm.#gateway = await SshGateway.start([farm.#redis.port, farm.#port]);
    mkdirSync(farm.state, { recursive: true });
    return farm;
  }

  /** Where the manager listens. */
  get port(): number {
    return this.#port;
  }

  get state(): string {
    return join(this.#workspace.base, "state");
  }

  get log(): string {
    const path = join(this.#workspace.base, "begun.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Where a builder keeps what it has. */
  folderOf(builder: "one" | "two"): string {
    return join(this.#workspace.base, `builder-${builder}`);
  }

  /** A new version of all packages: pkgbase to what it needs. Each holds so many bytes. */
  commit(packages: Readonly<Record<string, readonly string[]>>, bytes = 1): void {
    this.#packages = packages;
    const pkgver = String(++this.#version);
    for (const [pkgbase, depends] of Object.entries(packages)) {
      this.#workspace.addPackage(pkgbase, { pkgver, lines: depends.map((name) => `depends = ${name}`) });
      const version = `${pkgver}-1`;
      const folder = join(this.#workspace.base, "packages", `${pkgbase} ${version}`);
      const content = "x".repeat(bytes);
      writeTinyPackage(folder, { pkgname: pkgbase, pkgbase, version, depends, content });
    }
    this.#workspace.publishScheduled(`version ${pkgver}`);
  }

  /** @param port where a builder looks for the manager, if not where it is */
  async begin(who: Mortal, port = this.#port): Promise<void> {
    if (who === "redis") return this.#redis.start();
    if (who === "tunnel") return this.#gateway!.listen();
    const token = who === "manager" ? "" : await this.#token(who);
    const input = {
      folder: this.#workspace.base,
      port: this.#port,
      url: `http://127.0.0.1:${port}`,
      token,
      who,
      redis: this.#redis.env,
      ssh: who === "two" ? this.#gateway!.env : {},
    };
    const child = spawn(
      process.execPath,
      ["--input-type=module", "--eval", programs[who], JSON.stringify(input)],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      appendFileSync(join(this.#workspace.base, "said.log"), chunk);
    });
    child.once("exit", (code, signal) => {
      if (signal !== "SIGKILL" && code !== 0)
        this.complaints.push(`${who} ended with ${code ?? signal}: ${said}`);
    });
    this.#processes.set(who, child);
  }

  async kill(who: Mortal): Promise<void> {
    if (who === "redis") return this.#redis.kill();
    if (who === "tunnel") return this.#gateway!.kill();
    const child = this.#processes.get(who);
    this.#processes.delete(who);
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    // One that stands still dies only when it goes on.
    child.kill("SIGCONT");
    await ended;
  }

  /** Asks a builder to end, and resolves with its exit code. */
  async drain(who: "one" | "two"): Promise<number | null> {
    const child = this.#processes.get(who)!;
    this.#processes.delete(who);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    return ((await ended) as [number | null])[0];
  }

  async cancel(pkgbase: string): Promise<void> {
    const queue = await openSqliteQueue(join(this.state, "queue.sqlite"));
    await queue.cancel({ target: "test", arch: "x86_64", pkgbase }, "not wanted");
    await queue.close();
  }

  /** Stands still, as a machine does that is overloaded or cut off. */
  freeze(who: Exclude<Mortal, "manager">): void {
    this.#signal(who, "SIGSTOP");
  }

  thaw(who: Exclude<Mortal, "manager">): void {
    this.#signal(who, "SIGCONT");
  }

  #signal(who: Exclude<Mortal, "manager">, signal: NodeJS.Signals): void {
    if (who === "redis") this.#redis.signal(signal);
    else if (who === "tunnel") this.#gateway!.signal(signal);
    else this.#processes.get(who)?.kill(signal);
  }

  flushAll(): void {
    this.#redis.command("FLUSHALL");
  }

  get said(): string {
    const path = join(this.#workspace.base, "said.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** pkgname to version of what a client can install now. */
  async published(): Promise<Record<string, string>> {
    return installable(this.#repository());
  }

  /** pkgname to version, when all is done. */
  get expected(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.#packages).map((name) => [name, `${this.#version}-1`]));
  }

  /** How each build ended, and what is still to be done. */
  async queue(): Promise<{ readonly ended: readonly string[]; readonly pending: readonly string[] }> {
    const queue = await openSqliteQueue(join(this.state, "queue.sqlite"));
    const { builds } = await queue.state();
    const history = await queue.history({ limit: 10_000 });
    await queue.close();
    return {
      ended: history.map(({ pkgbase, outcome, message }) => `${pkgbase} ${outcome} ${message ?? ""}`),
      pending: builds.map(({ pkgbase, status }) => `${pkgbase} ${status.kind}`),
    };
  }

  buildLog(pkgbase: string, id: number): string {
    return readFileSync(join(this.state, "logs", pkgbase, `${id}.log`), "utf8");
  }

  /** Somebody who reads the log of a package as it is written, until it ends. */
  follow(pkgbase: string): Running {
    const args = ["log", pkgbase, "--follow", "--state", this.state];
    return startSluice(args, { cwd: this.#workspace.dir });
  }

  async close(): Promise<void> {
    for (const who of mortals) await this.kill(who);
    await this.#redis.close();
    await this.#gateway?.close();
    this.#workspace.remove();
  }

  readonly #tokens = new Map<string, string>();

  async #token(name: string): Promise<string> {
    const token = this.#tokens.get(name) ?? (await addBuilder(this.state, name));
    this.#tokens.set(name, token);
    return token;
  }

  #repository(): Repository {
    const root = join(this.state, "repositories");
    const key = { home: join(this.state, "signing-key") };
    return { root, name: "test", arch: "x86_64", key, keepDays: 14 };
  }
}
