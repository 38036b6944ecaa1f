import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisServer } from "../test/world/redis.ts";
import { sleepingGraph, writeSleepingWorkspace } from "../test/world/sleeping-farm.ts";
import { SshGateway } from "../test/world/ssh-gateway.ts";
import { ScratchWorkspace } from "../test/world/workspace.ts";
import { openGit } from "../tools/git/git.ts";
import { addBuilder } from "../tools/manager/builders/tokens.ts";
import { handOut } from "../tools/manager/builders/claims/hand-out.ts";
import { openInstallations, type Installation, type Installations } from "../tools/manager/installation.ts";
import { ManagerClient } from "../tools/manager/remote/manager-client.ts";
import { runBuilder } from "../tools/manager/remote/run-builder.ts";
import { serve } from "../tools/manager/serve.ts";
import { up } from "../tools/manager/up.ts";
import { sha256Of } from "../tools/system/digest.ts";
import { redisAddress } from "../tools/queue/bullmq/redis-address.ts";
import { bubblewrap } from "../tools/sandbox/bubblewrap/bubblewrap.ts";
import { openTunnel } from "../tools/system/ssh-tunnel.ts";
import { startChild } from "./child-process.ts";
import { median, type BenchReport } from "./report.ts";

/** Megabytes; SLUICE_BENCH_MEGABYTES makes it smaller. */
const megabytes = Number(process.env["SLUICE_BENCH_MEGABYTES"] ?? 200);

/** What it costs that a build is done elsewhere: one that does next to nothing, and bringing a large package. */
export async function benchRemoteBuild(
  runs = Number(process.env["SLUICE_BENCH_RUNS"] ?? 5),
): Promise<BenchReport> {
  const { here, elsewhere } = await builds(runs);
  const { rsync, brought } = await transfers(runs);
  return {
    name: `remote build on loopback, medians of ${runs} runs in turn`,
    figures: {
      "a tiny package, built by the manager": seconds(here),
      "by a builder": `${seconds(elsewhere)}, ${seconds(elsewhere - here)} over it`,
      [`rsync of ${megabytes} MB over SSH`]: seconds(rsync),
      "brought by a builder over SSH": `${seconds(brought)}, ${(brought / rsync).toFixed(2)} times that`,
    },
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** From being ready to being published, in milliseconds. */
async function builds(runs: number): Promise<{ here: number; elsewhere: number }> {
  const workspace = new ScratchWorkspace();
  const redis = await RedisServer.start();
  const over = new AbortController();
  const open = (name: string): Promise<Installations> =>
    openInstallations({
      git: openGit(workspace.dir, process.env),
      settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
      state: join(workspace.base, name),
      gnupgHome: "/nonexistent",
      sandbox: bubblewrap(),
    });
  workspace.addRecipe("tiny");
  workspace.publishScheduled();
  const [here, elsewhere] = [await open("own"), await open("manager")];
  const [[own], [manager]] = [here, elsewhere];
  const address = redisAddress(redis.env)!;
  const handedOut = await handOut(elsewhere, {
    redis: address,
    workspaceOf: () => ({ name: "scratch", url: workspace.origin }),
    buildsHere: [],
    watcher: {},
  });
  const server = await serve(manager.folders, 0, { handler: handedOut.handle });
  const client = new ManagerClient(
    { url: server.url, token: await addBuilder(manager.folders.state, "b") },
    fail,
  );
  const ended = [
    up(here, { worker: "own", jobs: 1, once: false, watcher: {}, signal: over.signal }),
    up(elsewhere, { worker: "manager", jobs: 0, once: false, watcher: {}, signal: over.signal }),
    runBuilder({
      manager: client,
      redis: address,
      description: { arch: "x86_64", class: "2", jobs: 1 },
      state: join(workspace.base, "builder"),
      sandbox: bubblewrap(),
      openGit: (folder) => openGit(folder, process.env),
      watcher: {},
      drain: over.signal,
      drainMs: 1000,
    }),
  ];
  const times = { own: [] as number[], manager: [] as number[] };
  // The first build warms up.
  for (const installation of [own, manager]) await nextBuild(installation, 0);
  for (let run = 1; run <= runs; run++) {
    workspace.addRecipe("tiny", { pkgver: String(run + 1) });
    workspace.publishScheduled(`version ${run + 1}`);
    times.own.push(await nextBuild(own, run));
    times.manager.push(await nextBuild(manager, run));
  }
  over.abort();
  await Promise.allSettled(ended);
  await client.close();
  await handedOut.close();
  await server.close();
  for (const { queue } of [own, manager]) await queue.close();
  await redis.close();
  workspace.remove();
  return { here: median(times.own), elsewhere: median(times.manager) };
}

/** How long the build after that many others took, once it has ended; the embedded one from its claim on. */
async function nextBuild({ queue }: Installation, before: number): Promise<number> {
  for (;;) {
    const history = await queue.history({ limit: 1000 });
    const built = history.filter(({ outcome }) => outcome === "built");
    if (built.length > before) {
      const { startedAt, queuedAt, worker, finishedAt } = built[0]!;
      // Up to a second until the embedded one looks is no part of it.
      return finishedAt - (worker === "own" ? startedAt! : queuedAt);
    }
    await sleep(20);
  }
}

/** The same file over the same SSH server, in milliseconds; the manager has its digest when it is there. */
async function transfers(runs: number): Promise<{ rsync: number; brought: number }> {
  const base = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const redis = await RedisServer.start();
  const token = randomBytes(32).toString("base64url");
  const managerBase = join(base, "manager");
  mkdirSync(managerBase);
  writeSleepingWorkspace(managerBase, sleepingGraph(1));
  // Builder and manager are processes of their own, as rsync's two ends are.
  const manager = startChild(
    "./sleeping-manager.js",
    [managerBase, 1, 0, JSON.stringify([token])],
    redis.env,
  );
  const url = await manager.line();
  const port = Number(new URL(url).port);
  const gateway = await SshGateway.start([port]);
  const tunnel = await openTunnel({
    host: "127.0.0.1",
    port: gateway.port,
    user: userInfo().username,
    keyFile: gateway.file("builder"),
    hostKeys: [gateway.publicKey("host")],
    targets: { manager: `127.0.0.1:${port}` },
    troubled: fail,
  });
  const client = new ManagerClient({ url, token, socket: tunnel.socket("manager") }, fail);
  const never = new AbortController().signal;
  const name = "p0-1-1-any.pkg.tar.zst";
  const path = join(base, name);
  writeFileSync(path, randomBytes(megabytes * 1e6));
  const known = join(base, "known_hosts");
  writeFileSync(known, `[127.0.0.1]:${gateway.port} ${gateway.publicKey("host")}\n`);
  const ssh = `ssh -F /dev/null -i ${gateway.file("builder")} -p ${gateway.port} -o UserKnownHostsFile=${known}`;
  const times = { rsync: [] as number[], brought: [] as number[] };
  manager.stdin.write("\n\n\n");
  await client.hello(never);
  await client.alive({ arch: "x86_64", class: "2", jobs: 1, draining: false }, [], never);
  let claim = await client.claim(1, never);
  while (claim.kind !== "build") claim = await client.claim(1, never);
  for (let run = 0; run <= runs; run++) {
    const folder = join(base, `rsync-${run}`);
    mkdirSync(folder);
    const start = performance.now();
    execFileSync("rsync", ["-a", "-e", ssh, path, `127.0.0.1:${folder}/`]);
    const between = performance.now();
    await bring();
    const end = performance.now();
    const [arrived] = execFileSync("find", [managerBase, "-name", name], { encoding: "utf8" }).split("\n");
    if ((await sha256Of(arrived!)) !== (await sha256Of(path)))
      throw new Error("it arrived as something else");
    rmSync(arrived!);
    rmSync(folder, { recursive: true });
    if (run === 0) continue;
    times.rsync.push(between - start);
    times.brought.push(end - between);
  }
  await client.close();
  await tunnel.close();
  await manager.kill();
  await gateway.close();
  await redis.close();
  rmSync(base, { recursive: true, force: true });
  return { rsync: median(times.rsync), brought: median(times.brought) };

  async function bring(): Promise<void> {
    if (claim.kind !== "build") return;
    const announced = { name, size: statSync(path).size, sha256: await sha256Of(path) };
    const packages = { pkgnames: ["p0"], version: "1-1", vcs: {}, files: [announced] };
    await client.announce(claim, packages, never);
    await client.upload(claim, { name, path, at: 0 }, never);
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
}
