import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { SluiceError, systemCode } from "../../../errors.ts";
import { addBuilder, removeBuilder } from "../../../manager/builders/tokens.ts";
import type { RedisAddress } from "../../../queue/bullmq/redis-address.ts";
import { packageRoot } from "../../package-root.ts";
import { info, warn } from "../../output/report.ts";

/** Redis and two builders beside a manager, all on this machine: what else runs on several. */
export interface Cluster {
  readonly redis: RedisAddress;
  /** @param url where the manager serves */
  startBuilders(url: string): Promise<void>;
  /** While the manager still answers them. */
  stopBuilders(): Promise<void>;
  /** Once nobody needs Redis any more. */
  close(): Promise<void>;
}

const names = ["cluster-1", "cluster-2"];

/**
 * Starts Redis, on loopback with a password of its own. It and the builders end with this process.
 *
 * @param args of `sluice builder`, such as its sandbox
 * @throws SluiceError `cluster-redis`
 */
export async function startCluster(state: string, args: readonly string[]): Promise<Cluster> {
  const password = randomBytes(24).toString("base64url");
  const port = await freePort();
  const folder = join(state, "cluster");
  const server = await startRedis(join(folder, "redis"), port, password);
  const running = new Map<string, ChildProcess>();
  let closing = false;

  function start(name: string, env: NodeJS.ProcessEnv): void {
    const main = join(packageRoot, "dist/cli/main.js");
    const child = endingWithUs(
      process.execPath,
      [main, "builder", "--state", join(folder, name), ...args],
      env,
    );
    running.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.trimEnd().split("\n")) info(`[${name}] ${line}`);
      });
    }
    child.once("exit", (code, signal) => {
      if (closing) return;
      warn(`${name} ended (${signal ?? `exit code ${code}`}); it is started again.`);
      setTimeout(() => closing || start(name, env), restartMs);
    });
  }

  return {
    redis: { host: "127.0.0.1", port, tls: false, username: undefined, password },
    async startBuilders(url) {
      for (const name of names) {
        start(name, {
          ...process.env,
          REDIS_HOST: "127.0.0.1",
          REDIS_PORT: String(port),
          REDIS_PASSWORD: password,
          MANAGER_URL: url,
          BUILDER_TOKEN: await addBuilder(state, name),
        });
      }
    },
    async stopBuilders() {
      closing = true;
      await Promise.all([...running.values()].map(end));
      for (const name of names) await removeBuilder(state, name);
    },
    close: () => end(server),
  };
}

const restartMs = 5000;

async function startRedis(folder: string, port: number, password: string): Promise<ChildProcess> {
  await mkdir(folder, { recursive: true });
  const settings = { port, bind: "127.0.0.1", dir: folder, appendonly: "yes", requirepass: password };
  const text = Object.entries(settings).map(([name, value]) => `${name} "${value}"\n`);
  for (const program of ["valkey-server", "redis-server"]) {
    const server = endingWithUs(program, ["-"], process.env);
    // Not where a list of processes shows it.
    server.stdin?.on("error", () => undefined).end(text.join(""));
    const said = await ready(server);
    if (said === "ready") return server;
    if (said !== "missing") throw new SluiceError("cluster-redis", `${program} didn't start: ${said}`);
  }
  throw new SluiceError("cluster-redis", "neither valkey-server nor redis-server is installed", {
    hint: "Arch Linux: sudo pacman -S valkey. Debian, Ubuntu: sudo apt-get install redis-server.",
  });
}

/** `ready`, `missing`, or what it said before it ended. */
async function ready(server: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    server.stdout?.on("data", (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString();
      if (said.includes("Ready to accept connections")) resolve("ready");
    });
    server.once("error", (error) => resolve(systemCode(error) === "ENOENT" ? "missing" : error.message));
    server.once("exit", (code) =>
      resolve(code === 127 ? "missing" : said.trim().split("\n").at(-1) || "it ended"),
    );
  });
}

/** In a session of its own, so that Ctrl-C reaches this process alone, which then ends it. */
function endingWithUs(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "TERM", "--", program, ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
