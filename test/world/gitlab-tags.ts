import type { IncomingMessage, ServerResponse } from "node:http";
import { answer, FaultyServer } from "./faulty-server.ts";
import type { GitServer } from "./git-server.ts";
import { checkParameters, listTags } from "./gitlab-parameters.ts";

const apiPath = "/api/v4";

/** GitLab's REST API as far as tags need it, over real repositories, held to the parameters that its manual documents. */
export class GitLabTags {
  readonly http = new FaultyServer((request, response) => this.#serve(request, response));
  /** A project's number or path → its repository. */
  readonly projects = new Map<string, string>();
  /** Those that it lets in; a request without a token sees what is public. */
  readonly tokens = new Set<string>();
  /** The tokens that it was sent. */
  readonly sent = new Set<string>();
  readonly #git: GitServer;
  readonly #violations: string[] = [];

  constructor(git: GitServer) {
    this.#git = git;
  }

  /** Fails the test where a request had anything that isn't documented. */
  async stop(): Promise<void> {
    await this.http.stop();
    if (this.#violations.length > 0) throw new Error(this.#violations.join("\n"));
  }

  #serve({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url!, this.http.url);
    const [, project] = listTags.path.exec(pathname.replace(apiPath, "")) ?? [];
    const values = Object.fromEntries(searchParams);
    const problems = checkParameters(listTags.parameters, values);
    if (project === undefined || method !== listTags.method || !pathname.startsWith(apiPath)) {
      problems.push(`${method} ${pathname} is not part of the stand-in`);
    }
    this.#violations.push(...problems);
    if (problems.length > 0) return answer(response, { status: 400, body: { message: problems.join("; ") } });
    const token = headers.authorization?.replace(/^Bearer /, "");
    if (token !== undefined) this.sent.add(token);
    if (token !== undefined && !this.tokens.has(token)) {
      return answer(response, { status: 401, body: { message: "401 Unauthorized" } });
    }
    const repository = this.projects.get(decodeURIComponent(project!));
    if (repository === undefined) {
      return answer(response, { status: 404, body: { message: "404 Project Not Found" } });
    }
    this.#page(response, this.#tags(repository, values), Number(values["page"] ?? 1), values["per_page"]);
  }

  /** Tags of something else than a commit have a commit of null, as they have there. */
  #tags(
    repository: string,
    { order_by = "updated", sort = "desc" }: Readonly<Record<string, string>>,
  ): unknown[] {
    const key = { name: "refname", updated: "creatordate", version: "version:refname" }[order_by]!;
    const format =
      "%(refname:lstrip=2) %(objectname) %(if)%(*objectname)%(then)%(*objectname) %(*objecttype) %(*committerdate:iso-strict)%(else)%(objectname) %(objecttype) %(committerdate:iso-strict)%(end)";
    const order = `--sort=${sort === "desc" ? "-" : ""}${key}`;
    const lines = this.#git.git(repository, "for-each-ref", order, `--format=${format}`, "refs/tags");
    return lines
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name, target, id, type, committed_date] = line.split(" ");
        return {
          name,
          target,
          message: "",
          protected: false,
          commit: type === "commit" ? { id, committed_date } : null,
        };
      });
  }

  #page(response: ServerResponse, all: readonly unknown[], page: number, size = "20"): void {
    const perPage = Math.min(Number(size), 100);
    const hasNext = all.length > page * perPage;
    answer(response, {
      status: 200,
      headers: {
        "x-page": String(page),
        "x-per-page": String(perPage),
        "x-next-page": hasNext ? String(page + 1) : "",
      },
      body: all.slice((page - 1) * perPage, page * perPage),
    });
  }
}
