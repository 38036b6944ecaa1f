import { Readable } from "node:stream";
import type { FastifyPluginCallback } from "fastify";
import { z } from "zod";
import type { Source } from "../source.ts";
import { failures } from "../log/failures.ts";
import { logIndexes } from "../log/log-index.ts";
import { withLogErrors } from "./log-errors.ts";
import { json } from "./json-schema.ts";
import { liveLogs, piecesOf } from "./live-log.ts";
import { framed, goneSignal, lastEventId, sendEvents } from "./live.ts";
import * as packages from "./package-schemas.ts";
import { notFound, problems } from "./problems.ts";
import * as schemas from "./schemas.ts";

interface Options {
  readonly source: Source;
  /** Aborts where the server ends. */
  readonly over: AbortSignal;
}

/** The API: JSON that its schemas describe, logs as text, and streams of server-sent events. */
export function apiRoutes({ source, over }: Options): FastifyPluginCallback {
  const liveLines = liveLogs(source);
  const explained = withLogErrors(failures(source, logIndexes()));
  return (app, _options, done) => {
    app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());

    app.get("/overview", described("What is built, waits, fails and was built last", packages.overview), () =>
      source.overview(),
    );
    app.get(
      "/queue",
      described("What is built and waits, in the order in which it is taken", schemas.queue),
      () => source.queue(),
    );
    app.get(
      "/failing",
      described(
        "Packages whose last build failed, and what their logs say",
        z.array(schemas.explainedFailing),
      ),
      async () => explained(await source.failing()),
    );
    app.get("/builders", described("Builders, and what each does", z.array(schemas.builder)), () =>
      source.builders(),
    );
    app.get("/reviews", described("Updates that wait for a person, the worst first", schemas.reviews), () =>
      source.reviews(),
    );
    app.get<{ Params: { pkgbase: string } }>(
      "/reviews/:pkgbase",
      described("An update that waits, with its files before and after", schemas.shownReview, packageParams),
      async ({ params }, reply) =>
        (await source.review(params.pkgbase)) ?? notFound(reply, `review of ${params.pkgbase}`),
    );
    app.get("/repository", described("What is published", packages.repository), () => source.repository());
    app.get<{ Querystring: { search: string; limit: number } }>(
      "/packages",
      described(
        "Packages of main and published ones whose name has that in it, and how each stands",
        packages.foundPackages,
        { querystring: packagesQuery },
      ),
      ({ query }) => source.packages(query),
    );
    app.get<{ Params: { pkgbase: string } }>(
      "/packages/:pkgbase",
      described(
        "A package: what main has, what is published, and why they differ",
        packages.packageView,
        packageParams,
      ),
      async ({ params }, reply) =>
        (await source.package(params.pkgbase)) ?? notFound(reply, `package ${params.pkgbase}`),
    );
    app.get<{ Querystring: { pkgbase?: string; limit: number } }>(
      "/builds",
      described("Finished builds, the latest first", z.array(schemas.build), { querystring: buildsQuery }),
      ({ query }) => source.builds(query),
    );
    app.get<{ Params: { id: number } }>(
      "/builds/:id",
      described("A build", schemas.shownBuild, buildParams),
      async ({ params }, reply) => {
        const build = await source.build(params.id);
        return build
          ? { ...build, namcap: (await source.namcap(params.id)) ?? null }
          : notFound(reply, `build ${params.id}`);
      },
    );

    app.get<{ Params: { id: number }; Querystring: { offset: number } }>(
      "/builds/:id/log",
      describedStream("Its log as text, from a byte on", "text/plain", logQuery),
      async ({ params, query }, reply) => {
        const log = await source.log(params.id);
        if (!log) return notFound(reply, `log of build ${params.id}`);
        const size = await log.size();
        void reply.headers({
          "content-type": "text/plain; charset=utf-8",
          "cache-control": "no-store",
          "x-log-size": size,
        });
        const pieces = piecesOf(log, query.offset, size, goneSignal(reply));
        return reply.send(Readable.from(pieces, { objectMode: false }));
      },
    );
    app.get<{ Params: { id: number }; Querystring: { offset: number } }>(
      "/builds/:id/log/live",
      describedStream(
        "Its log as server-sent events: lines as they are written, and `end` when the build has ended",
        "text/event-stream",
        logQuery,
      ),
      async (request, reply) => {
        if (!(await source.build(request.params.id))) return notFound(reply, `build ${request.params.id}`);
        const from = lastEventId(request) ?? request.query.offset;
        await sendEvents(reply, (signal) => liveLines(request.params.id, from, signal), over);
        return reply;
      },
    );
    app.get(
      "/events",
      describedStream(
        "What happens to builds, as server-sent events; resumed by Last-Event-ID",
        "text/event-stream",
      ),
      async (request, reply) => {
        await sendEvents(reply, (signal) => eventMessages(source, lastEventId(request), signal), over);
        return reply;
      },
    );
    done();
  };
}

const packageParams = { params: json(z.object({ pkgbase: z.string() })) };
const buildParams = { params: json(z.object({ id: z.int().min(1) })) };
const logQuery = { ...buildParams, querystring: json(z.object({ offset: z.int().min(0).default(0) })) };
const packagesQuery = json(
  z.object({ search: z.string().max(200).default(""), limit: z.int().min(1).max(20_000).default(200) }),
  "input",
);
const buildsQuery = json(
  z.object({ pkgbase: z.string().optional(), limit: z.int().min(1).max(500).default(50) }),
  "input",
);

type Asked = Partial<Record<"params" | "querystring", object>>;

/** What comes may be asked for by a name or a number, which may be wrong or nobody's. */
function described(summary: string, answer: z.ZodType, asked: Asked = {}) {
  return { schema: { summary, ...asked, response: { 200: json(answer), ...problemsOf(asked) } } };
}

function describedStream(summary: string, type: string, asked: Asked = {}) {
  const content = { [type]: { schema: { type: "string" } } };
  const good = { description: "As long as there is something to say", content };
  return { schema: { summary, ...asked, response: { 200: good, ...problemsOf(asked) } } };
}

function problemsOf({ params, querystring }: Asked): Record<number, object> {
  return problems(...(params || querystring ? ([400] as const) : []), ...(params ? ([404] as const) : []));
}

async function* eventMessages(
  source: Source,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const event of source.events(after, signal)) {
    if (event === "missed") yield framed({ id: 0, event: "missed", data: null });
    else yield framed({ id: event.seq, event: "build", data: event });
  }
}
