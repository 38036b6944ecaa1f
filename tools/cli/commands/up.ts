import { serve, type Server } from "../../manager/serve.ts";
import { handOut, type HandOut, type HandOutOptions } from "../../manager/builders/hand-out.ts";
import { up as keepUp } from "../../manager/up.ts";
import { SluiceError } from "../../errors.ts";
import { succeeded } from "../../queue/outcome.ts";
import type { Installation } from "../../manager/installation.ts";
import { isOfThisRepository } from "../../manager/reconcile/removals.ts";
import type { BuildKey, PendingBuild } from "../../queue/queue.ts";
import { open, readHead, stopSignal, type InstallationOptions, type Opened } from "../wiring/installation.ts";
import { workspaceUrl } from "../wiring/builders.ts";
import { redisAddress, type RedisAddress } from "../../queue/bullmq/redis-address.ts";
import { showProgress } from "../output/progress.ts";
import { info } from "../output/report.ts";

interface Options extends InstallationOptions {
  readonly once?: boolean;
  readonly port?: string;
}

/** Builds what main says, serves it, and goes on with each new commit. */
export async function up(options: Options): Promise<number> {
  const { once = false } = options;
  const port = portNumber(options.port);
  const redis = redisAddress(process.env);
  const opened = await open(options, redis ? 0 : 1);
  const { installation } = opened;
  const { queue, repository, folders } = installation;
  const progress = showProgress(folders.logs);
  let builders: HandOut | undefined;
  let server: Server | undefined;
  try {
    builders = redis && (await handOutTo(redis, opened, progress));
    // Builders elsewhere need it, too, where this ends when all is published.
    if (!once || builders) server = await serve(folders, port, builders?.handle);
    if (server) process.stdout.write(howToUse(server.url, repository.name, folders.repositories));
    const left = await keepUp(installation, { ...opened, once, watcher: progress, signal: stopSignal() });
    progress.close();
    return once ? await outcome(installation, left) : 0;
  } finally {
    progress.close();
    await builders?.close();
    await server?.close();
    await queue.close();
  }
}

async function handOutTo(
  redis: RedisAddress,
  { installation, head }: Opened,
  watcher: HandOutOptions["watcher"],
): Promise<HandOut> {
  const url = await workspaceUrl(installation.git, process.env);
  return handOut(installation, { redis, workspace: { name: head.workspace.config.REPO_NAME, url }, watcher });
}

/** 1 where something failed, what waits for it, and what there was no time for. */
async function outcome(installation: Installation, left: readonly PendingBuild[]): Promise<number> {
  const { queue, folders, repository } = installation;
  const { packages } = (await readHead(installation.git)).workspace;
  const ours = { has: (key: BuildKey) => isOfThisRepository(installation, key) && packages.has(key.pkgbase) };
  const pending = new Set(left.map(({ pkgbase }) => pkgbase));
  const failed = (await queue.packages()).filter(
    (record) => ours.has(record) && !succeeded(record.outcome) && !pending.has(record.pkgbase),
  );
  if (failed.length + left.length === 0) {
    process.stdout.write(`Published in ${folders.repositories}/${repository.name}/${repository.arch}\n`);
    return 0;
  }
  for (const { pkgbase, outcome: ended } of failed) info(`${pkgbase}: ${ended}`);
  let waiting = 0;
  for (const { pkgbase, status } of left) {
    if (status.kind === "blocked") info(`${pkgbase}: blocked by ${status.by.join(", ")}`);
    else waiting++;
  }
  if (waiting > 0) info(`Stopped with ${waiting} to build; the next run goes on with them.`);
  else info("The rest is published. Fix what failed with a commit, or try again with: sluice build PKGBASE");
  return 1;
}

function howToUse(url: string, name: string, repositories: string): string {
  const key = `${url}/${name}/${name}.asc`;
  return `Serving ${repositories} at ${url}

To use it, trust its key and name it in /etc/pacman.conf:

    curl -O ${key}
    sudo pacman-key --add ${name}.asc
    sudo pacman-key --lsign-key "$(gpg --show-keys --with-colons ${name}.asc | awk -F: '/^fpr/ { print $10; exit }')"

    [${name}]
    SigLevel = Required DatabaseRequired
    Server = ${url}/$repo/$arch

Then: sudo pacman -Sy && pacman -Sl ${name}
Logs of builds: ${url}/logs/PKGBASE/BUILD.log. Stop with Ctrl-C.

`;
}

function portNumber(text = "8080"): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new SluiceError("usage", `--port: ${JSON.stringify(text)} is not a port`, {
    hint: "For example: --port 8081",
  });
}
