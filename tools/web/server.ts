import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import compress from "@fastify/compress";
import swagger from "@fastify/swagger";
import { fastify, type FastifyInstance } from "fastify";
import { chaoticRoutes } from "./api/chaotic.ts";
import { apiRoutes } from "./api/routes.ts";
import { streamLimit } from "./api/live.ts";
import { openMetrics } from "./metrics.ts";
import { pageRoutes } from "./pages/routes.ts";
import type { Source } from "./source.ts";

export interface WebOptions {
  /** By which address clients come; by default what they ask for themselves. */
  readonly address?: string | undefined;
  /** Whether metrics have chaotic-manager's names besides; default: yes. */
  readonly chaoticMetrics?: boolean;
}

/** Pages and API, for an HTTP server that serves other things beside them. */
export interface Web {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Serves what `source` tells, to read only. */
export async function openWeb(source: Source, options: WebOptions = {}): Promise<Web> {
  const app = fastify({
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    exposeHeadRoutes: true,
  });
  app.addHook("onRequest", async (_request, reply) => {
    void reply.headers(securityHeaders);
  });
  answerErrors(app);
  await app.register(compress, { threshold: 1024, encodings: ["br", "gzip"] });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Sluice", version: "1", description: "What is built, waits, fails and is published." },
    },
  });
  const over = new AbortController();
  const streams = streamLimit(2000);
  await app.register(apiRoutes({ source, streams, over: over.signal }), {
    prefix: "/api",
  });
  await app.register(chaoticRoutes({ source, streams, over: over.signal, address: options.address }));
  await app.register(pageRoutes(source, options));
  const metrics = openMetrics(source, options);
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.read()));
  for (const [name, type] of assets) {
    const content = readFileSync(new URL(`../../web/${name}`, import.meta.url));
    app.get(`/assets/${name}`, (_request, reply) =>
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
] as const;

const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cross-origin-opener-policy": "same-origin",
};

/** What went wrong inside is nobody's business outside. */
function answerErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).type("text/plain").send("not found\n"));
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    const text = status < 500 ? error.message : "internal error; what Sluice prints says more";
    if (status >= 500) process.stderr.write(`web: ${error.message}\n`);
    return reply.code(status).type("text/plain").send(`${text}\n`);
  });
}
