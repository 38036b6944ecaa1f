import { Readable } from "node:stream";
import type { FastifyPluginCallback, FastifyReply } from "fastify";
import type { Source } from "../source.ts";
import { appearing } from "./live-log.ts";
import type { AddressOf } from "./own-address.ts";
import type { Build } from "./schemas.ts";

interface Options {
  readonly source: Source;
  readonly over: AbortSignal;
  readonly addressOf: AddressOf;
}

interface LogParams {
  readonly pkgbase: string;
  readonly timestamp?: string;
}

/**
 * The routes of chaotic-manager, for its website, boards and links in messages. A build is named by its package and
 * by the time at which it was scheduled, in milliseconds.
 */
export function chaoticRoutes({ source, over, addressOf }: Options): FastifyPluginCallback {
  return (app, _options, done) => {
    const hidden = { schema: { hide: true } };

    app.get("/api/queue/stats", hidden, async (request, reply) => {
      const [{ builds }, builders] = await Promise.all([source.queue(), source.builders()]);
      const idle = builders.filter(({ there, building }) => there && building.length === 0);
      const active = builds.filter(({ status }) => status === "active");
      const waiting = builds.filter(({ status }) => status !== "active");
      const root = addressOf(request);
      return forEverySite(reply, {
        active: {
          count: active.length,
          packages: active.map((build) => ({
            ...namedBuild(build),
            node: build.worker,
            liveLog: `${root}/logs.html?id=${encodeURIComponent(build.pkgbase)}&timestamp=${build.queuedAt}`,
          })),
        },
        waiting: { count: waiting.length, packages: waiting.map(namedBuild) },
        idle: {
          count: idle.length,
          nodes: idle.map(({ name, class: own }) => ({ name, build_class: classOf({ class: own ?? "2" }) })),
        },
      });
    });

    app.get("/api/queue/packages", hidden, async (_request, reply) => {
      const { builds } = await source.queue();
      const described = builds.map((build) => ({
        [build.pkgbase]: {
          arch: build.arch,
          build_class: classOf(build),
          srcrepo: build.source,
          timestamp: build.queuedAt,
        },
      }));
      return forEverySite(reply, described);
    });

    app.get("/api/queue/metrics", hidden, async (_request, reply) => {
      // What is built is published in the same step.
      const { succeeded, failed } = await source.totals();
      return forEverySite(reply, {
        builder_queue: { completed: succeeded, failed },
        database_queue: { completed: succeeded, failed: 0 },
      });
    });

    for (const path of ["/api/logs/:pkgbase", "/api/logs/:pkgbase/:timestamp"]) {
      // Compressing would hold lines back.
      app.get<{ Params: LogParams }>(path, { ...hidden, compress: false }, async (request, reply) => {
        const { pkgbase, timestamp } = request.params;
        if (!/^[\w@+][\w@.+-]*$/.test(pkgbase) || !/^\d{0,15}$/.test(timestamp ?? "")) {
          return text(reply, 400, "no such name or time\n");
        }
        const build = await findBuild(source, pkgbase, timestamp);
        if (!build) return text(reply, 404, "there is no such build\n");
        // A build may say nothing for long.
        request.raw.socket.setTimeout(0);
        const gone = new AbortController();
        reply.raw.once("close", () => gone.abort());
        const signal = AbortSignal.any([gone.signal, over]);
        const log = await appearing(source, build.id, signal);
        if (!log) return text(reply, 404, "there is no log of it\n");
        void reply.headers({ "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
        return reply.send(Readable.from(log.follow(0, signal), { objectMode: false }));
      });
    }

    for (const [path, root] of [
      ["/logs.html", ""],
      ["/logs/logs.html", "../"],
    ] as const) {
      app.get<{ Querystring: Record<string, unknown> }>(path, hidden, async ({ query }, reply) => {
        const { id, timestamp } = query;
        const build = await findBuild(
          source,
          String(id),
          timestamp === undefined ? undefined : String(timestamp),
        );
        return build
          ? reply.redirect(`${root}build/${build.id}`)
          : text(reply, 404, "there is no such build\n");
      });
    }
    done();
  };
}

/** The one that was scheduled at that time; without one the newest. */
async function findBuild(
  source: Source,
  pkgbase: string,
  timestamp: string | undefined,
): Promise<Build | undefined> {
  const [{ builds }, finished] = await Promise.all([source.queue(), source.builds({ pkgbase, limit: 500 })]);
  const all = [...builds.filter((build) => build.pkgbase === pkgbase), ...finished];
  if (timestamp !== undefined) return all.find(({ queuedAt }) => String(queuedAt) === timestamp);
  return all.toSorted((a, b) => b.id - a.id)[0];
}

function namedBuild(build: Build) {
  return { name: `${build.target}/${build.arch}/${build.pkgbase}`, build_class: classOf(build) };
}

/** A number where it looks like one; 1 is what packages without a class have there. */
function classOf({ class: name }: Pick<Build, "class">): number | string {
  if (name === null) return 1;
  return /^\d+$/.test(name) ? Number(name) : name;
}

function forEverySite(reply: FastifyReply, answer: unknown): FastifyReply {
  return reply
    .headers({ "access-control-allow-origin": "*", "cache-control": "no-store" })
    .type("application/json")
    .send(JSON.stringify(answer));
}

function text(reply: FastifyReply, status: number, said: string): FastifyReply {
  return reply.code(status).type("text/plain").send(said);
}
