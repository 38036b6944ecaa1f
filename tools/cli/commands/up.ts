import { HandOverInbox } from "../../manager/hand-over-inbox.ts";
import { installationFor } from "../../manager/reconcile/take-hand-over.ts";
import { saidOnce } from "../../manager/said-once.ts";
import type { Server } from "../../manager/serve.ts";
import type { Notifier } from "../../manager/notifications/notifier.ts";
import { byWorkspace, type Installations } from "../../manager/installation.ts";
import { up as keepUp } from "../../manager/up.ts";
import type { HeldReviews } from "../../manager/view/held-reviews.ts";
import { readPackageRepos } from "../../manager/workspaces/package-repos.ts";
import type { HandOut } from "../../manager/builders/claims/hand-out.ts";
import { inOneLine } from "../../errors.ts";
import { takeHandOvers, type HandOver, type HandOverTaker } from "../../queue/bullmq/hand-overs.ts";
import { redisAddress } from "../../queue/bullmq/redis-address.ts";
import type { Total } from "../../queue/event-readers.ts";
import { showProgress } from "../output/progress.ts";
import { warn } from "../output/report.ts";
import { boundHeapGrowth } from "../../system/heap-growth.ts";
import { fetchOptions } from "../wiring/fetch-options.ts";
import { archsHere, jobCount, open, stopSignal, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { buildingReviews } from "../wiring/review-builder.ts";
import { publishedRecords } from "../wiring/published-records.ts";
import { startCluster, type Cluster } from "../wiring/service/cluster.ts";
import { buildAlone, handOutTo } from "../wiring/service/hand-out.ts";
import { heldReviewsOf } from "../wiring/service/held-reviews.ts";
import { pipelines } from "../wiring/service/pipelines.ts";
import { startNotifierHere } from "../wiring/service/notifier.ts";
import { howToUse, outcome } from "../wiring/service/up-report.ts";
import {
  openConnections,
  portNumber,
  publicAddress,
  serveWithPages,
  type Served,
  trustedProxies,
} from "../wiring/service/web.ts";
import { withFurtherWorkspaces } from "../wiring/service/workspaces.ts";

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
  boundHeapGrowth();
  const port = portNumber(options.port);
  const address = publicAddress(options.address);
  const proxies = trustedProxies(process.env);
  const connections = openConnections(process.env);
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
  const [own, ...further] = byWorkspace(installations);
  const [installation] = installations;
  const { queue, repository, folders } = installation;
  const progress = showProgress(folders.logs);
  const troubled = saidOnce((error) => progress.troubled?.(error));
  const inbox = new HandOverInbox();
  const over = new AbortController();
  const reviews = heldReviewsOf(installation.git.dir);
  let handOvers: HandOverTaker | undefined;
  let builders: HandOut | undefined;
  let cluster: Cluster | undefined;
  let server: Server | undefined;
  let notifier: Notifier | undefined;
  try {
    if (options.cluster) cluster = await startCluster(stateFolder(options), builderArguments(options));
    const redis = cluster?.redis ?? elsewhere;
    builders = redis && (await handOutTo(redis, opened, progress, cluster !== undefined));
    if (!shares) await buildAlone(opened, over.signal);
    const take = async (handOver: HandOver): Promise<void> =>
      inbox.put(installationFor(installations, REPO_NAME, handOver), handOver);
    handOvers = redis && (await takeHandOvers(redis, take, troubled));
    // Builders elsewhere need it, too, where this ends when all is published.
    if (!once || builders) {
      server = await serveWithPages(servedOf(own, reviews), {
        port,
        host: options.host,
        address,
        proxies,
        ...connections,
        first: builders?.handle,
        chaoticMetrics: opened.head.workspace.config.METRICS_CHAOTIC,
        further: further.map((group) => servedOf(group, heldReviewsOf(group[0].git.dir))),
      });
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
    notifier = await startNotifierHere(opened, reviews, address, progress);
    const fetch = fetchOptions(opened.head.workspace.config);
    const signal = AbortSignal.any([stopSignal(), over.signal]);
    const count = (totals: readonly Total[]): Promise<void> => queue.addTotals(totals);
    const runs = options.pipelines
      ? [own, ...further].map((group) => {
          const [{ git, workspace, ...one }] = group;
          return pipelines({
            git,
            published: publishedRecords(folders.repositories),
            everyMs: (one.fetch ?? fetch).everyMs,
            say: (line) => progress.note(workspace ? `${workspace.name}: ${line}` : line),
            count,
            reviewBuilder: buildingReviews({
              git,
              placeOf: (arch) => group.find((place) => place.arch === arch) ?? group[0],
              listen: () => undefined,
              signal,
            }),
            signal,
          });
        })
      : [];
    if (once) {
      for (const { runDue, buildReviews } of runs) {
        await runDue();
        await buildReviews();
      }
    }
    const running = once ? [] : runs.map(({ keepRunning }) => keepRunning());
    const left = await keepUp(installations, {
      ...opened,
      buildersElsewhere: shares,
      once,
      fetch: options.fetch === false ? undefined : fetch,
      watcher: progress,
      inbox,
      signal,
    });
    await Promise.all(running);
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
    await notifier?.close();
    await queue.close();
  }
}

function servedOf(places: Installations, reviews: HeldReviews): Served {
  return { ...places[0], places, reviews };
}

/** `--jobs` is there how many builds each builder does at a time. */
function builderArguments({ jobs = "1", sandbox }: Options): string[] {
  return ["--jobs", String(jobCount(jobs)), ...(sandbox === undefined ? [] : ["--sandbox", sandbox])];
}
