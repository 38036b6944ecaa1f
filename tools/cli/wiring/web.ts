import { SluiceError } from "../../errors.ts";
import type { Folders } from "../../manager/installation.ts";
import { isServedFile, serve, type Handler, type Server } from "../../manager/serve.ts";
import type { ViewedPlace } from "../../manager/view/view.ts";

interface Served extends Omit<ViewedPlace, "logs" | "state"> {
  readonly folders: Pick<Folders, "repositories" | "logs" | "state">;
}

interface Options {
  readonly port: number;
  readonly host: string | undefined;
  /** By which address clients come, where it isn't the one that they ask for. */
  readonly address: string | undefined;
  /** Is asked before all else. */
  readonly first?: Handler | undefined;
  /** Whether metrics have chaotic-manager's names besides. */
  readonly chaoticMetrics: boolean;
}

/**
 * Serves repositories, API and pages at one address.
 *
 * @throws SluiceError `port-busy`, `host`
 */
export async function serveWithPages(
  place: Served,
  { port, host, address, first, chaoticMetrics }: Options,
): Promise<Server> {
  // Only who serves pays for loading it.
  const [{ openView }, { openWeb }] = await Promise.all([
    import("../../manager/view/view.ts"),
    import("../../web/server.ts"),
  ]);
  const view = await openView({ ...place, logs: place.folders.logs, state: place.folders.state });
  const web = await openWeb(view, { address, chaoticMetrics });
  const close = async (): Promise<void> => {
    await web.close();
    await view.close();
  };
  try {
    const server = await serve(place.folders, port, host, async (request, response) => {
      if (await first?.(request, response)) return true;
      if (isServedFile(request.url ?? "")) return false;
      web.handle(request, response);
      return true;
    });
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

/** @throws SluiceError `usage` */
export function portNumber(text = "8080"): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new SluiceError("usage", `--port: ${JSON.stringify(text)} is not a port`, {
    hint: "For example: --port 8081",
  });
}
