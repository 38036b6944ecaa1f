import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import compress from "@fastify/compress";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import { fastify } from "fastify";
import { actionRoutes } from "./api/action-routes.ts";
import { chaoticRoutes } from "./api/chaotic.ts";
import { networkOf, trustedProxies } from "../client-address.ts";
import { ownAddress } from "./api/own-address.ts";
import { apiRoutes } from "./api/routes.ts";
import { answerProblems, answerUnroutable } from "./problem-answers.ts";
import { openMetrics } from "./metrics.ts";
import { pageRoutes } from "./pages/routes.ts";
import type { Actions, Site, Source } from "./source.ts";

export interface WebOptions {
  /** By which address clients come; by default what they ask for themselves. */
  readonly address?: string | undefined;
  /** Whether metrics have chaotic-manager's names besides; default: yes. */
  readonly chaoticMetrics?: boolean;
  /** Addresses and networks of proxies whose X-Forwarded-* counts. */
  readonly proxies?: readonly string[];
  /** Below which these pages lie at that address, such as `repositories/games/`; default: nothing. */
  readonly folder?: string;
  /** Other package repositories of the same manager. */
  readonly others?: readonly Site[];
  /** Without them everything is to read only. */
  readonly actions?: Actions;
}

/** Pages and API, for an HTTP server that serves other things beside them. */
export interface Web {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Requests of one address in a minute; streams and assets are one each. */
const perMinute = 1200;

/** Serves what `source` tells, and to those with a token `actions`. */
export async function openWeb(source: Source, options: WebOptions = {}): Promise<Web> {
  const trusts = trustedProxies(options.proxies ?? []);
  const app = fastify({
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    bodyLimit: 16 * 1024,
    trustProxy: trusts,
    frameworkErrors: answerUnroutable,
  });
  answerProblems(app, options.actions !== undefined);
  await app.register(rateLimit, {
    max: perMinute,
    keyGenerator: ({ ip }) => networkOf(ip),
    addHeaders: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
    addHeadersOnExceeding: {
      "x-ratelimit-limit": false,
      "x-ratelimit-remaining": false,
      "x-ratelimit-reset": false,
    },
  });
  // What is sent here is short: nothing that is unpacked is taken.
  await app.register(compress, { threshold: 1024, encodings: ["br", "gzip"], globalDecompression: false });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Sluice", version: "1", description: "What is built, waits, fails and is published." },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
  });
  const over = new AbortController();
  const shared = {
    source,
    others: options.others ?? [],
    folder: options.folder ?? "",
    over: over.signal,
    ownAddress: ownAddress(options.address, trusts),
  };
  await app.register(apiRoutes(shared), { prefix: "/api" });
  if (options.actions) await app.register(actionRoutes(options.actions), { prefix: "/api" });
  await app.register(chaoticRoutes(shared));
  await app.register(pageRoutes({ ...shared, canAct: options.actions !== undefined }));
  const metrics = openMetrics(source, options);
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.read()));
  for (const [name, type] of assets) {
    const content = readFileSync(new URL(`../../web/${name}`, import.meta.url));
    app.get(`/assets/${name}`, { schema: { hide: true } }, (_request, reply) =>
      reply.type(type).header("cache-control", "public, max-age=300").send(content),
    );
  }
  await app.ready();
  return {
    handle: (request, response) => app.routing(request, response),
    async close() {
      over.abort();
      await app.close();
    },
  };
}

const assets = [
  ["style.css", "text/css; charset=utf-8"],
  ["live.js", "text/javascript; charset=utf-8"],
  ["log.js", "text/javascript; charset=utf-8"],
  ["actions.js", "text/javascript; charset=utf-8"],
] as const;
