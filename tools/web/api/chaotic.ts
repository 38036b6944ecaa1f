import { Readable } from "node:stream";
import type { FastifyPluginCallback, FastifyReply } from "fastify";
import type { Site, Source } from "../source.ts";
import { goneSignal } from "./live.ts";
import { appearing } from "./live-log.ts";
import type { OwnAddress } from "./own-address.ts";
import { notFound, problemOf } from "./problems.ts";
import type { Build } from "./schemas.ts";

interface Options {
  readonly source: Source;
  readonly others: readonly Site[];
  readonly over: AbortSignal;
  readonly ownAddress: OwnAddress;
}

interface LogParams {
  readonly pkgbase: string;
  readonly timestamp?: string;
}

/**
 * The routes of chaotic-manager, for its website, boards and links in messages. A build is named by its package and
 * by the time at which it was scheduled, in milliseconds.
 */
export function chaoticRoutes({ source, others, over, ownAddress }: Options): FastifyPluginCallback {
  const sites: readonly Site[] = [{ path: "", source }, ...others];
  return (app, _options, done) => {
    const hidden = { schema: { hide: true } };

    app.get("/api/queue/stats", hidden, async (request, reply) => {
      const [{ builds }, builders] = await Promise.all([source.queue(), source.builders()]);
      const idle = builders.filter(({ there, building }) => there && building.length === 0);
      const active = builds.filter(({ status }) => status === "active");
      const waiting = builds.filter(({ status }) => status !== "active");
      const root = ownAddress.of(request);
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
          return reply
            .code(400)
            .send(problemOf(400, "that is no package's name, or no time in milliseconds"));
        }
        const found = await findBuild(sites, pkgbase, timestamp);
        if (!found) return notFound(reply, `build of ${pkgbase} at that time`);
        // A build may say nothing for long.
        request.raw.socket.setTimeout(0);
        const signal = AbortSignal.any([goneSignal(reply), over]);
        const log = await appearing(found.source, found.build.id, signal);
        if (!log) return notFound(reply, `log of build ${found.build.id}`);
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
        const found = await findBuild(
          sites,
          String(id),
          timestamp === undefined ? undefined : String(timestamp),
        );
        return found
          ? reply.redirect(`${root}${found.path}build/${found.build.id}`)
          : reply.code(404).type("text/plain").send("there is no such build\n");
      });
    }
    done();
  };
}

/** The one that was scheduled at that time; without one the newest. */
async function findBuild(
  sites: readonly Site[],
  pkgbase: string,
  timestamp: string | undefined,
): Promise<(Site & { readonly build: Build }) | undefined> {
  const found = await Promise.all(
    sites.map(async (site) => {
      const { source } = site;
      const [{ builds }, finished] = await Promise.all([
        source.queue(),
        source.builds({ pkgbase, limit: 500 }),
      ]);
      const own = builds.filter((build) => build.pkgbase === pkgbase && build.target === source.name);
      return [...own, ...finished].map((build) => ({ ...site, build }));
    }),
  );
  const all = found.flat();
  if (timestamp !== undefined) return all.find(({ build }) => String(build.queuedAt) === timestamp);
  return all.toSorted((a, b) => b.build.id - a.build.id)[0];
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
