import type { FastifyPluginCallback, FastifyReply } from "fastify";
import { lineReader, type LogLine } from "../log/lines.ts";
import type { LogSource, Source } from "../source.ts";
import { ownAddress } from "../api/own-address.ts";
import { brokenPage } from "./broken.ts";
import { buildPage, type ShownLog } from "./build.ts";
import { html } from "./html.ts";
import { renderPage, type Page } from "./layout.ts";
import { overviewPage } from "./overview.ts";
import { packagePage } from "./package.ts";
import { queuePage } from "./queue.ts";
import { repositoryPage } from "./repository.ts";

/** The pages, rendered here; a little script keeps those up to date that are live. */
export function pageRoutes(
  source: Source,
  { address }: { readonly address?: string | undefined },
): FastifyPluginCallback {
  return (app, _options, done) => {
    const hidden = { schema: { hide: true } };

    app.get("/", hidden, async (_request, reply) =>
      send(reply, source, overviewPage(await source.overview(), Date.now())),
    );
    app.get("/broken", hidden, async (_request, reply) =>
      send(reply, source, brokenPage(await source.failing(), Date.now())),
    );
    app.get("/queue", hidden, async (_request, reply) =>
      send(reply, source, queuePage(await source.queue(), Date.now())),
    );
    app.get<{ Querystring: { search?: unknown } }>("/repository", hidden, async (request, reply) => {
      const { search } = request.query;
      const wanted = typeof search === "string" ? search.trim() : "";
      const page = repositoryPage(
        await source.repository(),
        address ?? ownAddress(request),
        wanted,
        Date.now(),
      );
      return send(reply, source, page);
    });
    app.get<{ Params: { pkgbase: string } }>("/package/:pkgbase", hidden, async ({ params }, reply) => {
      const found = await source.package(params.pkgbase);
      return found
        ? send(reply, source, packagePage(found, source.name, Date.now()))
        : send(reply, source, missing("package", params.pkgbase), 404);
    });
    app.get<{ Params: { id: string } }>("/build/:id", hidden, async ({ params }, reply) => {
      const id = /^\d{1,15}$/.test(params.id) ? Number(params.id) : 0;
      const build = await source.build(id);
      if (!build) return send(reply, source, missing("build", params.id), 404);
      const log = await source.log(id);
      return send(reply, source, buildPage(build, log && (await endOf(log)), Date.now()));
    });
    done();
  };
}

function send(reply: FastifyReply, { name }: Source, page: Page, status = 200): FastifyReply {
  return reply
    .code(status)
    .headers({ "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .send(renderPage(page, name));
}

function missing(what: string, name: string): Page {
  return {
    title: "Not found",
    root: "../",
    main: html`<h1>Not found</h1>
      <p>
        There is no ${what} <code class="long">${name}</code> here.
        <a href="../repository">Search the packages</a>
      </p>`,
  };
}

/** How much of a log a page shows. */
const shownBytes = 256 * 1024;

async function endOf(log: LogSource): Promise<ShownLog> {
  const size = await log.size();
  const from = Math.max(0, size - shownBytes);
  const bytes = await log.read(from, size - from);
  // The first line of what is shown is likely to be a piece of one.
  const start = from === 0 ? 0 : bytes.indexOf(10) + 1;
  const reader = lineReader();
  const lines: readonly LogLine[] = reader.push(bytes.subarray(start));
  const begin = from + start;
  return { lines, first: 1 + (await log.linesBefore(begin)), end: begin + reader.consumed };
}
