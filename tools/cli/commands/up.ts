import type { Server } from "../../manager/serve.ts";
import { handOut, type HandOut, type HandOutOptions } from "../../manager/builders/hand-out.ts";
import { HandOverInbox } from "../../manager/hand-over-inbox.ts";
import { installationFor } from "../../manager/reconcile/take-hand-over.ts";
import { saidOnce } from "../../manager/said-once.ts";
import { up as keepUp } from "../../manager/up.ts";
import { takeHandOvers, type HandOver, type HandOverTaker } from "../../queue/bullmq/hand-overs.ts";
import { succeeded } from "../../queue/outcome.ts";
import type { WorkspaceAddress } from "../../manager/builder-protocol.ts";
import { writeLiving } from "../../manager/builders/living.ts";
import { readPackageRepos } from "../../manager/workspaces/package-repos.ts";
import { installationOf, type Installation, type Installations } from "../../manager/installation.ts";
import type { Total } from "../../queue/event-readers.ts";
import { inOneLine } from "../../errors.ts";
import type { BuildKey, PendingBuild } from "../../queue/queue.ts";
import { fetchOptions } from "../wiring/fetch-options.ts";
import { publishedRecords } from "../wiring/published-records.ts";
import { withFurtherWorkspaces } from "../wiring/workspaces.ts";
import { pipelines } from "../wiring/pipelines.ts";
import { workspaceUrl } from "../wiring/builders.ts";
import {
  archsHere,
  jobCount,
  open,
  readHead,
  stopSignal,
  type InstallationOptions,
  type Opened,
} from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { startCluster, type Cluster } from "../wiring/cluster.ts";
import { redisAddress, type RedisAddress } from "../../queue/bullmq/redis-address.ts";
import { portNumber, publicAddress, serveWithPages, trustedProxies } from "../wiring/web.ts";
import type { Telling } from "../../manager/telling/tell.ts";
import { linksOf, newOwner, readTellingTargets } from "../wiring/telling.ts";
import { showProgress, type Progress } from "../output/progress.ts";
import { info, warn } from "../output/report.ts";

interface Options extends InstallationOptions {
  readonly once?: boolean;
  readonly port?: string;
  readonly host?: string;
  readonly address?: string;
  readonly json?: boolean;
  readonly fetch?: boolean;
  readonly pipelines?: boolean;
  readonly cluster?: boolean;
}

/** Builds what main says and pipelines ask for, serves it, and goes on with each new commit. */
export async function up(options: Options): Promise<number> {
  const { once = false } = options;
  const port = portNumber(options.port);
  const address = publicAddress(options.address);
  const proxies = trustedProxies(process.env);
  const elsewhere = redisAddress(process.env);
  const shares = options.cluster === true || elsewhere !== undefined;
  const repos = readPackageRepos(process.env);
  const first = await open(
    options.cluster ? { ...options, jobs: "0" } : options,
    shares ? 0 : 1,
    repos.targets,
  );
  const { REPO_NAME } = first.head.workspace.config;
  const installations = await withFurtherWorkspaces(first.installations, REPO_NAME, repos, (error) =>
    warn(inOneLine(error)),
  );
  const opened = { ...first, installations, archs: archsHere(options, installations) };
  const { archs } = opened;
  const [installation] = installations;
  const { queue, repository, folders } = installation;
  const progress = showProgress(folders.logs);
  const troubled = saidOnce((error) => progress.troubled?.(error));
  const inbox = new HandOverInbox();
  const over = new AbortController();
  let handOvers: HandOverTaker | undefined;
  let builders: HandOut | undefined;
  let cluster: Cluster | undefined;
  let server: Server | undefined;
  let telling: Telling | undefined;
  try {
    if (options.cluster) cluster = await startCluster(stateFolder(options), builderArguments(options));
    const redis = cluster?.redis ?? elsewhere;
    builders = redis && (await handOutTo(redis, opened, progress, cluster !== undefined));
    const take = async (handOver: HandOver): Promise<void> =>
      inbox.put(installationFor(installations, REPO_NAME, handOver), handOver);
    handOvers = redis && (await takeHandOvers(redis, take, troubled));
    // Builders elsewhere need it, too, where this ends when all is published.
    if (!once || builders) {
      server = await serveWithPages(
        { ...installation, places: first.installations },
        {
          port,
          host: options.host,
          address,
          proxies,
          first: builders?.handle,
          chaoticMetrics: opened.head.workspace.config.METRICS_CHAOTIC,
        },
      );
    }
    if (server) {
      const url = address ?? server.url;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ url, name: repository.name, folder: folders.repositories })}\n`
          : howToUse(url, repository.name, folders.repositories),
      );
    }
    if (server) await cluster?.startBuilders(`http://127.0.0.1:${new URL(server.url).port}`);
    telling = await tell(opened, address, progress);
    const fetch = fetchOptions(opened.head.workspace.config);
    const signal = AbortSignal.any([stopSignal(), over.signal]);
    const count = (totals: readonly Total[]): Promise<void> => queue.addTotals(totals);
    const runs = pipelines({
      git: installation.git,
      published: publishedRecords(folders.repositories),
      everyMs: fetch.everyMs,
      say: progress.note,
      count,
      signal,
    });
    if (options.pipelines && once) await runs.runDue();
    const running = options.pipelines && !once ? runs.keepRunning() : undefined;
    if (archs && !shares) await warnOfOthers(installations, archs, over.signal);
    const left = await keepUp(installations, {
      ...opened,
      buildersElsewhere: shares,
      once,
      fetch: options.fetch === false ? undefined : fetch,
      watcher: progress,
      inbox,
      signal,
    });
    await running;
    progress.close();
    return once ? await outcome(installations, left, options) : 0;
  } finally {
    over.abort();
    progress.close();
    await cluster?.stopBuilders();
    await handOvers?.close();
    await builders?.close();
    await cluster?.close();
    await server?.close();
    await telling?.close();
    await queue.close();
  }
}

/** `--jobs` is there how many builds each builder does at a time. */
function builderArguments({ jobs = "1", sandbox }: Options): string[] {
  return ["--jobs", String(jobCount(jobs)), ...(sandbox === undefined ? [] : ["--sandbox", sandbox])];
}

async function handOutTo(
  redis: RedisAddress,
  { installations, head, jobs, archs }: Opened,
  watcher: HandOutOptions["watcher"],
  onThisMachine: boolean,
): Promise<HandOut> {
  const { git } = installations[0];
  const url = onThisMachine ? git.dir : await workspaceUrl(git, process.env);
  const { REPO_NAME } = head.workspace.config;
  const all = [...new Set(installations.map(({ arch }) => arch))];
  const workspaceOf = ({ workspace }: Installation): WorkspaceAddress =>
    workspace ?? { name: REPO_NAME, url };
  return handOut(installations, {
    redis,
    workspaceOf,
    watcher,
    buildsHere: jobs > 0 ? (archs ?? all) : [],
  });
}

/** Other commands say it, too, as long as this one runs. */
async function warnOfOthers(
  installations: Installations,
  archs: readonly string[],
  over: AbortSignal,
): Promise<void> {
  const all = [...new Set(installations.map(({ arch }) => arch))];
  const others = all.filter((arch) => !archs.includes(arch));
  warn(
    `nobody builds for ${others.join(", ")}: this machine can't, or not without --cross; let \`sluice builder\` take part on one that can (REDIS_HOST)`,
  );
  const { state } = installations[0].folders;
  const tell = (): Promise<void> => writeLiving(state, [], { at: Date.now(), here: archs });
  await tell();
  const timer = setInterval(() => void tell().catch(() => undefined), 10_000);
  over.addEventListener("abort", () => clearInterval(timer));
}

async function tell(
  { installations, head, worker }: Opened,
  pages: string | undefined,
  { troubled }: Pick<Progress, "troubled">,
): Promise<Telling | undefined> {
  const [installation] = installations;
  const targets = await readTellingTargets(installation.folders.state, process.env);
  if (targets.length === 0) return undefined;
  const { startTelling } = await import("../../manager/telling/tell.ts");
  const further = installations.flatMap(({ workspace }) => workspace ?? []);
  const own = head.workspace.config.REPO_NAME;
  return startTelling({
    queue: installation.queue,
    targets,
    links: await linksOf({ git: installation.git, own, further, pages }, process.env),
    owner: newOwner(worker),
    troubled: (error) => troubled?.(error),
  });
}

/** 1 where something failed, what waits for it, and what there was no time for. */
async function outcome(
  installations: Installations,
  left: readonly PendingBuild[],
  { json }: Options,
): Promise<number> {
  const { queue, folders, git, repository } = installations[0];
  const { packages } = (await readHead(git)).whole;
  const isOurs = (key: BuildKey): boolean =>
    installationOf(installations, key) !== undefined &&
    (key.target !== repository.name || packages.has(key.pkgbase));
  const pending = new Set(left.map(({ pkgbase }) => pkgbase));
  const failed = (await queue.packages()).filter(
    (record) => isOurs(record) && !succeeded(record.outcome) && !pending.has(record.pkgbase),
  );
  if (json) {
    const folder = folderHere(folders.repositories, installations);
    const notBuilt = failed.map(({ pkgbase, outcome: ended }) => ({ pkgbase, outcome: ended }));
    process.stdout.write(`${JSON.stringify({ folder, failed: notBuilt, left }, null, 2)}\n`);
    return failed.length + left.length === 0 ? 0 : 1;
  }
  if (failed.length + left.length === 0) {
    process.stdout.write(`Published in ${folderHere(folders.repositories, installations)}\n`);
    return 0;
  }
  for (const { pkgbase, outcome: ended } of failed) info(`${pkgbase}: ${ended}`);
  let waiting = 0;
  for (const { pkgbase, status } of left) {
    if (status.kind === "blocked") info(`${pkgbase}: blocked by ${status.by.join(", ")}`);
    else if (status.kind === "held") info(`${pkgbase}: held: ${status.why}`);
    else waiting++;
  }
  if (waiting > 0) info(`Stopped with ${waiting} to build; the next run goes on with them.`);
  else info("The rest is published. Fix what failed with a commit, or try again with: sluice build PKGBASE");
  return 1;
}

/** With several architectures, that which holds them all. */
function folderHere(repositories: string, [{ repository }, ...others]: Installations): string {
  const folder = `${repositories}/${repository.name}`;
  return others.length > 0 ? folder : `${folder}/${repository.arch}`;
}

function howToUse(url: string, name: string, repositories: string): string {
  const key = `${url}/${name}/${name}.asc`;
  return `Serving ${repositories} at ${url}
What is built, waits and fails: ${url}/

To use it, trust its key and name it in /etc/pacman.conf:

    curl -O ${key}
    sudo pacman-key --add ${name}.asc
    gpg --show-keys --with-colons ${name}.asc | awk -F: '/^pub/ { p = 1 } /^fpr/ && p { print $10; p = 0 }' |
        xargs -n 1 sudo pacman-key --lsign-key

    [${name}]
    SigLevel = Required DatabaseRequired
    Server = ${url}/$repo/$arch

Then: sudo pacman -Sy && pacman -Sl ${name}
Logs of builds: ${url}/logs/PKGBASE/BUILD.log. Stop with Ctrl-C.

`;
}
