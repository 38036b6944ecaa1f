import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openGit } from "../../git/git.ts";
import { openQueue } from "../../manager/installation.ts";
import { foldersOf, workspacesFolder, type Folders } from "../../manager/folders.ts";
import { publishedPlaces } from "../../manager/status.ts";
import { readHead, stopSignal, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { heldReviewsOf } from "../wiring/service/held-reviews.ts";
import { findRoot } from "../wiring/root.ts";
import {
  openConnections,
  portNumber,
  publicAddress,
  serveWithPages,
  trustedProxies,
  type Served,
} from "../wiring/service/web.ts";

interface Options extends InstallationOptions {
  readonly port?: string;
  readonly host?: string;
  readonly address?: string;
  readonly json?: boolean;
}

/** Serves repository, API and pages beside an `up` that builds. */
export async function web(options: Options): Promise<number> {
  const port = portNumber(options.port);
  const address = publicAddress(options.address);
  const proxies = trustedProxies(process.env);
  const connections = openConnections(process.env);
  const git = openGit(findRoot(options.root), process.env);
  const { config } = (await readHead(git)).workspace;
  const folders = foldersOf(stateFolder(options));
  const signal = stopSignal();
  const queue = await openQueue(folders.state);
  try {
    const places = publishedPlaces(git, folders.repositories, config);
    const place = { git, places, queue, folders, reviews: heldReviewsOf(git.dir) };
    const server = await serveWithPages(place, {
      port,
      host: options.host,
      address,
      proxies,
      ...connections,
      chaoticMetrics: config.METRICS_CHAOTIC,
      further: await furtherWorkspaces(folders, queue),
    });
    const url = address ?? server.url;
    process.stdout.write(
      options.json ? `${JSON.stringify({ url })}\n` : `Serving ${folders.repositories} at ${url}/\n`,
    );
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await server.close();
    return 0;
  } finally {
    await queue.close();
  }
}

/** Those that the manager of this state folder has cloned. */
async function furtherWorkspaces(folders: Folders, queue: Served["queue"]): Promise<readonly Served[]> {
  const clones = join(folders.state, workspacesFolder);
  const names = existsSync(clones) ? await readdir(clones) : [];
  const served = names
    .filter((name) => existsSync(join(clones, name, ".ci/config")))
    .map(async (name): Promise<Served> => {
      const git = openGit(join(clones, name), process.env);
      const { config } = (await readHead(git)).workspace;
      const places = publishedPlaces(git, folders.repositories, config);
      return { git, places, queue, folders, reviews: heldReviewsOf(git.dir) };
    });
  return Promise.all(served);
}
