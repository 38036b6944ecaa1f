import { isIP } from "node:net";
import { SluiceError } from "../../../errors.ts";
import type { Folders } from "../../../manager/folders.ts";
import {
  defaultConnections,
  isServedFile,
  serve,
  type Handler,
  type Server,
} from "../../../manager/serve.ts";
import type { ViewedPlace } from "../../../manager/view/view.ts";

export interface Served extends Omit<ViewedPlace, "logs" | "state"> {
  readonly folders: Pick<Folders, "state" | "repositories" | "logs">;
}

interface Options {
  readonly port: number;
  readonly host: string | undefined;
  /** By which address clients come, where it isn't the one that they ask for. */
  readonly address: string | undefined;
  /** Whose X-Forwarded-* counts. */
  readonly proxies: readonly string[];
  /** How many connections may be open at once. */
  readonly connections: number;
  /** How many of them one client may have. */
  readonly connectionsEach: number | undefined;
  /** Is asked before all else. */
  readonly first?: Handler | undefined;
  /** Whether metrics have chaotic-manager's names besides. */
  readonly chaoticMetrics: boolean;
  /** Of the same queue and state folder; each has its pages at `/repositories/NAME/`. */
  readonly further?: readonly Served[];
}

/**
 * Serves repositories, API and pages at one address.
 *
 * @throws SluiceError `port-busy`, `host`
 */
export async function serveWithPages(
  place: Served,
  { port, address, first, chaoticMetrics, further = [], ...options }: Options,
): Promise<Server> {
  // Only who serves pays for loading it.
  const [{ openView }, { openActions }, { openWeb }] = await Promise.all([
    import("../../../manager/view/view.ts"),
    import("../../../manager/actions/actions.ts"),
    import("../../../web/server.ts"),
  ]);
  const { logs, state } = place.folders;
  const sites = await Promise.all(
    [place, ...further].map(async (served) => ({
      place: served,
      folder: served === place ? "" : `repositories/${encodeURIComponent(served.places[0].repository.name)}/`,
      view: await openView({ ...served, logs, state }),
    })),
  );
  const webs = await Promise.all(
    sites.map(async (site) => ({
      ...site,
      web: await openWeb(site.view, {
        address,
        folder: site.folder,
        proxies: options.proxies,
        chaoticMetrics,
        actions: openActions({ ...site.place, state, now: () => new Date() }),
        others: sites
          .filter((other) => other !== site)
          .map(({ folder, view }) => ({ path: `${site.folder && "../../"}${folder}`, source: view })),
      }),
    })),
  );
  const close = async (): Promise<void> => {
    for (const { web, view } of webs) {
      await web.close();
      await view.close();
    }
  };
  try {
    const handler: Handler = async (request, response, client) => {
      if (await first?.(request, response, client)) return true;
      const url = request.url ?? "";
      if (isServedFile(url)) return false;
      if (sites.some(({ folder }) => folder !== "" && `${url}/` === `/${folder}`)) {
        // From where relative links lead.
        response.writeHead(308, { location: `${url.split("/").at(-1)}/` }).end();
        return true;
      }
      const { folder, web } = webs.findLast((site) => url.startsWith(`/${site.folder}`))!;
      request.url = url.slice(folder.length);
      web.handle(request, response);
      return true;
    };
    const server = await serve(place.folders, port, { ...options, handler });
    return {
      ...server,
      async close() {
        await close();
        await server.close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Without a slash at its end.
 *
 * @throws SluiceError `usage`
 */
export function publicAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    url && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username + url.password === "";
  if (isUsable) return url.href.replace(/\/+$/, "");
  throw new SluiceError(
    "usage",
    `--address: ${JSON.stringify(text)} is not an address that pacman could use`,
    {
      hint: "For example: --address https://repo.example.org",
    },
  );
}

/**
 * TRUST_PROXY: addresses and networks, with commas.
 *
 * @throws SluiceError `trust-proxy`
 */
export function trustedProxies(env: NodeJS.ProcessEnv): readonly string[] {
  const proxies = (env["TRUST_PROXY"] ?? "").split(/[,\s]+/).filter((proxy) => proxy !== "");
  const wrong = proxies.find((proxy) => !isAddressOrNetwork(proxy));
  if (wrong === undefined) return proxies;
  throw new SluiceError(
    "trust-proxy",
    `TRUST_PROXY: ${JSON.stringify(wrong)} is neither an address nor a network`,
    {
      hint: "For example: TRUST_PROXY=127.0.0.1,10.0.0.0/8",
    },
  );
}

/**
 * WEB_CONNECTIONS, WEB_CONNECTIONS_EACH
 *
 * @throws SluiceError `web-connections`
 */
export function openConnections(env: NodeJS.ProcessEnv): Pick<Options, "connections" | "connectionsEach"> {
  const numberOf = (name: string, example: number): number | undefined => {
    const text = env[name] ?? "";
    if (text === "") return undefined;
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
    throw new SluiceError("web-connections", `${name}: ${JSON.stringify(text)} is no number of connections`, {
      hint: `For example: ${name}=${example}`,
    });
  };
  return {
    connections: numberOf("WEB_CONNECTIONS", 5000) ?? defaultConnections,
    connectionsEach: numberOf("WEB_CONNECTIONS_EACH", 100),
  };
}

function isAddressOrNetwork(text: string): boolean {
  const [address = "", bits = "0", ...rest] = text.split("/");
  const version = isIP(address);
  return (
    version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
  );
}

/** @throws SluiceError `usage` */
export function portNumber(text = "8080"): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new SluiceError("usage", `--port: ${JSON.stringify(text)} is not a port`, {
    hint: "For example: --port 8081",
  });
}
