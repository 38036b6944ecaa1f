import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import { goneSignal } from "../api/live.ts";
import type { OwnAddress } from "../api/own-address.ts";
import { withLogErrors } from "../api/log-errors.ts";
import { failures } from "../log/failures.ts";
import { logIndexes } from "../log/log-index.ts";
import { partOf } from "../log/log-part.ts";
import { logSearch } from "../log/log-search.ts";
import { html } from "../markup/html.ts";
import type { Site, Source } from "../source.ts";
import { brokenPage } from "./broken.ts";
import { buildPage } from "./build.ts";
import { atomFeed } from "./feed.ts";
import { renderPage, type Page } from "./layout.ts";
import type { ShownLog } from "./log-view.ts";
import { overviewPage } from "./overview.ts";
import { packagePage } from "./package.ts";
import { packagesPage, shownPackages } from "./packages.ts";
import { queuePage } from "./queue.ts";
import { repositoryPage } from "./repository.ts";
import { reviewPage, reviewsPage } from "./reviews.ts";

interface Options {
  readonly source: Source;
  readonly others: readonly Site[];
  /** Of the pages, below the address. */
  readonly folder: string;
  readonly ownAddress: OwnAddress;
  /** Whether there is anything that a token allows. */
  readonly canAct: boolean;
}

type Query = Readonly<Record<string, unknown>>;

/** The pages, rendered here; a little script keeps those up to date that are live. */
export function pageRoutes({ source, others, folder, ownAddress, canAct }: Options): FastifyPluginCallback {
  const indexes = logIndexes();
  const search = logSearch();
  const explained = withLogErrors(failures(source, indexes));
  return (app, _options, done) => {
    const hidden = { schema: { hide: true } };

    app.get("/", hidden, async (_request, reply) => {
      const [overview, reviews] = await Promise.all([source.overview(), source.reviews()]);
      return send(reply, overviewPage(overview, reviews, Date.now()));
    });
    app.get("/broken", hidden, async (_request, reply) =>
      send(reply, brokenPage(await explained(await source.failing()), Date.now())),
    );
    app.get("/queue", hidden, async (request, reply) => {
      const [queue, builders] = await Promise.all([source.queue(), source.builders()]);
      return send(reply, queuePage(queue, builders, Date.now(), { address: actionAddress(request), homeOf }));
    });
    app.get("/reviews", hidden, async (_request, reply) =>
      send(reply, reviewsPage(await source.reviews(), Date.now())),
    );
    app.get<{ Params: { pkgbase: string } }>("/reviews/:pkgbase", hidden, async ({ params }, reply) => {
      const found = await source.review(params.pkgbase);
      return found
        ? send(reply, reviewPage(found, Date.now()))
        : send(reply, missing("review of", params.pkgbase), 404);
    });
    app.get("/repository", hidden, async (request, reply) =>
      send(reply, repositoryPage(await source.repository(), ownAddress.of(request), Date.now())),
    );
    app.get("/feed.atom", hidden, async (request, reply) =>
      reply
        .type("application/atom+xml; charset=utf-8")
        .header("cache-control", "public, max-age=300")
        .send(atomFeed(await source.repository(), pagesAt(ownAddress.known(request)))),
    );
    app.get<{ Querystring: Query }>("/packages", hidden, async ({ query }, reply) => {
      const search = textOf(query["search"]);
      const found = await source.packages({ search, limit: shownPackages });
      return send(reply, packagesPage(found, search));
    });
    app.get<{ Params: { pkgbase: string } }>("/package/:pkgbase", hidden, async (request, reply) => {
      const { pkgbase: name } = request.params;
      const found = await source.package(name);
      if (found) {
        const about = { repository: source.name, address: actionAddress(request) };
        return send(reply, packagePage(found, about, Date.now()));
      }
      const { packages } = await source.packages({ search: name, limit: 1 });
      const maker = packages.find(({ pkgnames }) => pkgnames.includes(name));
      return maker
        ? reply.redirect(`./${encodeURIComponent(maker.pkgbase)}`)
        : send(reply, missing("package", name), 404);
    });
    app.get<{ Params: { id: string }; Querystring: Query }>("/build/:id", hidden, async (request, reply) => {
      const { params, query } = request;
      const id = /^\d{1,15}$/.test(params.id) ? Number(params.id) : 0;
      const build = await source.build(id);
      if (!build) return send(reply, missing("build", params.id), 404);
      const home = homeOf(build);
      if (home !== "./") return reply.redirect(`.${home}build/${id}`);
      const gone = goneSignal(reply);
      // First, since it may be refused.
      const log = await readLog(id, query, gone);
      const [pkg, { commit: main }, namcap] = await Promise.all([
        source.package(build.pkgbase),
        source.overview(),
        source.namcap(id),
      ]);
      // A log is long to show: not for who has left.
      gone.throwIfAborted();
      const about = { log, pkg, main, namcap, address: actionAddress(request) };
      return send(reply, buildPage(build, about, Date.now()));
    });
    done();
  };

  function send(reply: FastifyReply, page: Page, status = 200): FastifyReply {
    return reply
      .code(status)
      .headers({ "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
      .send(renderPage(page, source.name, others));
  }

  /** Where the pages of a build are: one queue may be for several repositories. */
  function homeOf({ target }: { readonly target: string }): string {
    return `./${others.find((other) => other.source.name === target)?.path ?? ""}`;
  }

  /** Without a slash at its end. */
  function pagesAt(address: string | undefined): string | undefined {
    return address === undefined ? undefined : `${address}/${folder}`.replace(/\/$/, "");
  }

  /** Undefined where there is nothing that a token allows. */
  function actionAddress(request: FastifyRequest): string | undefined {
    return canAct ? pagesAt(ownAddress.of(request)) : undefined;
  }

  async function readLog(id: number, query: Query, gone: AbortSignal): Promise<ShownLog | undefined> {
    const log = await source.log(id);
    if (!log) return undefined;
    const index = await indexes.of(id, log);
    const line = /^\d{1,9}$/.test(textOf(query["line"])) ? Number(query["line"]) : undefined;
    const wanted = textOf(query["search"]);
    const searched = wanted === "" ? undefined : { wanted, found: await search(log, index, wanted, gone) };
    gone.throwIfAborted();
    const part = await partOf(log, index, line);
    return { part, index, times: await log.times(), search: searched };
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim().slice(0, 200) : "";
}

function missing(what: "package" | "build" | "review of", name: string): Page {
  const search = what === "build" ? "" : `?search=${encodeURIComponent(name)}`;
  return {
    title: "Not found",
    root: "../",
    main: html`<h1>Not found</h1>
      <p>
        There is no ${what} <code class="long">${name}</code> here.
        <a href="../packages${search}"
          >${search === "" ? "All packages" : "Packages that are called like that"}</a
        >
      </p>`,
  };
}
