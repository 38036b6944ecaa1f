import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { addBuilder } from "../../tools/manager/builders/tokens.ts";
import type { Repository } from "../../tools/pkgrepo/repository.ts";
import { openSqliteQueue } from "../../tools/queue/sqlite/sqlite.ts";
import { freePort } from "./free-port.ts";
import { RedisServer } from "./redis.ts";
import { installable } from "./scratch-repository.ts";
import { SshGateway } from "./ssh-gateway.ts";
import { writeTinyPackage } from "./tiny-package.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** What dies and is started again. */
export const mortals = ["manager", "one", "two", "redis", "tunnel"] as const;
export type Mortal = (typeof mortals)[number];

const built = join(import.meta.dirname, "../../dist");

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

  static async start(options: { persists: boolean }): Promise<ChaosFarm> {
    const farm = new ChaosFarm(await RedisServer.start(options), await freePort());
    farm.#gateway = await SshGateway.start([farm.#redis.port, farm.#port]);
    mkdirSync(farm.state, { recursive: true });
    return farm;
  }

  get state(): string {
    return join(this.#workspace.base, "state");
  }

  get log(): string {
    const path = join(this.#workspace.base, "begun.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** A new version of all packages: pkgbase to what it needs. */
  commit(packages: Readonly<Record<string, readonly string[]>>): void {
    this.#packages = packages;
    const pkgver = String(++this.#version);
    for (const [pkgbase, depends] of Object.entries(packages)) {
      this.#workspace.addPackage(pkgbase, { pkgver, lines: depends.map((name) => `depends = ${name}`) });
      const version = `${pkgver}-1`;
      const folder = join(this.#workspace.base, "packages", `${pkgbase} ${version}`);
      writeTinyPackage(folder, { pkgname: pkgbase, pkgbase, version, depends });
    }
    this.#workspace.publishScheduled(`version ${pkgver}`);
  }

  async begin(who: Mortal): Promise<void> {
    if (who === "redis") return this.#redis.start();
    if (who === "tunnel") return this.#gateway!.listen();
    const token = who === "manager" ? "" : await this.#token(who);
    const input = {
      folder: this.#workspace.base,
      port: this.#port,
      url: `http://127.0.0.1:${this.#port}`,
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
  freeze(who: "one" | "two"): void {
    this.#processes.get(who)?.kill("SIGSTOP");
  }

  thaw(who: "one" | "two"): void {
    this.#processes.get(who)?.kill("SIGCONT");
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

const common = `
import { appendFileSync, cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openGit } from "${built}/git/git.js";
import { redisAddress } from "${built}/queue/bullmq/redis-address.js";
import { bubblewrap } from "${built}/sandbox/bubblewrap/bubblewrap.js";
const { folder, port, url, token, who, redis, ssh } = JSON.parse(process.argv[1]);
const say = (text) => process.stderr.write(who + ": " + text + "\\n");
const troubled = (error) => say(error.message);
const leaseMs = 3000;
`;

const manager = `
${common}
import { openInstallations } from "${built}/manager/installation.js";
import { handOut } from "${built}/manager/builders/hand-out.js";
import { serve } from "${built}/manager/serve.js";
import { up } from "${built}/manager/up.js";
const installations = await openInstallations({
  git: openGit(join(folder, "clone"), process.env),
  settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
  state: join(folder, "state"),
  gnupgHome: "/nonexistent",
  sandbox: bubblewrap(),
});
const watcher = {
  troubled,
  finished: (build, result) => say(build.pkgbase + " " + result.outcome + " " + (result.message ?? "")),
  refused: (name, build, why) => say("REFUSED " + name + " " + build.pkgbase + " " + why),
};
const workspace = { name: "scratch", url: join(folder, "origin.git") };
const builders = await handOut(installations, { redis: redisAddress(redis), workspaceOf: () => workspace, watcher, leaseMs, buildsHere: [] });
await serve(installations[0].folders, port, undefined, builders.handle);
await up(installations, { worker: "manager", jobs: 0, once: false, watcher, signal: new AbortController().signal });
`;

const builder = `
${common}
import { builderAddresses } from "${built}/cli/wiring/builder-addresses.js";
import { ManagerClient } from "${built}/manager/remote/manager-client.js";
import { runBuilder } from "${built}/manager/remote/run-builder.js";
const env = { ...redis, ...ssh, MANAGER_URL: url, BUILDER_TOKEN: token };
async function addresses() {
  for (;;) {
    try {
      return await builderAddresses(env, troubled);
    } catch (error) {
      troubled(error);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
const { redis: address, manager } = await addresses();
const build = async ({ pkgbase, srcinfo, folder: into, signal }, _sandbox, log) => {
  const version = srcinfo.base.get("pkgver")[0] + "-1";
  appendFileSync(join(folder, "begun.log"), pkgbase + " " + version + " " + who + "\\n");
  log.note("building " + pkgbase);
  if (pkgbase === "endless") {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return { kind: "cancelled", message: "cancelled" };
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  log.note("made " + pkgbase);
  const made = join(folder, "packages", pkgbase + " " + version);
  cpSync(made, into, { recursive: true });
  const files = readdirSync(made).map((name) => join(into, name));
  return { kind: "built", files, pkgnames: [pkgbase], version, vcs: {} };
};
const drain = new AbortController();
process.once("SIGTERM", () => drain.abort());
await runBuilder({
  manager: new ManagerClient(manager, troubled),
  redis: address,
  description: { arch: "x86_64", class: "2", jobs: 1 },
  state: join(folder, "builder-" + who),
  sandbox: bubblewrap(),
  openGit: (dir) => openGit(dir, process.env),
  watcher: { troubled, finished: (claim, ended) => say(claim.pkgbase + " " + ended) },
  build,
  drain: drain.signal,
  drainMs: 1000,
});
process.exit(0);
`;

const programs = { manager, one: builder, two: builder };
