import type { HttpOptions } from "../../tools/http/http.ts";
import { answer, FaultyServer, type Fault } from "./faulty-server.ts";

/** What one address answers; 200 and nothing else where it doesn't say. */
export interface SitePage {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text or bytes as they are. */
  readonly body?: unknown;
}

/** A request as its site saw it. */
export interface SiteRequest {
  /** `GET https://pypi.org/pypi/foo/json` */
  readonly line: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Stands in for the sites that tell versions: registries, forges, archlinux.org and plain pages, by their addresses. */
export class VersionSites {
  /** By address, with its query. */
  readonly pages = new Map<string, SitePage>();
  readonly requests: SiteRequest[] = [];
  readonly #server: FaultyServer;

  constructor() {
    this.#server = new FaultyServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = (request.url ?? "").replace(/^\//, "https://");
      this.requests.push({
        line: `${request.method} ${url}`,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const page = this.pages.get(url) ?? { status: 404, body: { message: "Not Found" } };
      const { status = 200, headers = {}, body = "" } = page;
      if (Buffer.isBuffer(body)) response.writeHead(status, headers).end(body);
      else answer(response, { status, headers, body });
    });
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  set faults(faults: readonly Fault[]) {
    this.#server.faults = faults;
  }

  /** For `openHttp`: these hosts are asked here. */
  standIns(...hosts: readonly string[]): NonNullable<HttpOptions["standIns"]> {
    return Object.fromEntries(hosts.map((host) => [`https://${host}`, `${this.#server.url}/${host}`]));
  }

  /** A project on PyPI. A release whose files were yanked is `yanked`; one without files has none. */
  pypi(project: string, releases: Readonly<Record<string, "files" | "yanked" | "empty">>): void {
    const files = (version: string, yanked: boolean): unknown => ({
      filename: `${project}-${version}.tar.gz`,
      packagetype: "sdist",
      upload_time_iso_8601: "2024-02-01T12:00:00.000000Z",
      url: `https://files.pythonhosted.org/packages/${project}-${version}.tar.gz`,
      yanked,
      yanked_reason: null,
    });
    const entries = Object.entries(releases).map(([version, kind]) => [
      version,
      kind === "empty" ? [] : [files(version, kind === "yanked")],
    ]);
    this.pages.set(`https://pypi.org/pypi/${project}/json`, {
      body: {
        info: { name: project, version: Object.keys(releases).at(-1), project_urls: null, yanked: false },
        last_serial: 1,
        releases: Object.fromEntries(entries),
        urls: [],
        vulnerabilities: [],
      },
    });
  }

  npm(name: string, distTags: Readonly<Record<string, string>>): void {
    this.pages.set(`https://registry.npmjs.org/-/package/${encodeURIComponent(name)}/dist-tags`, {
      body: distTags,
    });
  }

  crate(name: string, versions: readonly { readonly num: string; readonly yanked?: boolean }[]): void {
    this.pages.set(`https://crates.io/api/v1/crates/${name}`, {
      body: {
        crate: { id: name, name, max_version: versions[0]?.num },
        versions: versions.map(({ num, yanked = false }, id) => ({
          id,
          crate: name,
          num,
          yanked,
          license: "MIT",
        })),
      },
    });
  }

  /** Tags of a repository on Gitea or Forgejo, newest first; `id` is the tag object's where it has one. */
  giteaTags(host: string, repository: string, tags: Readonly<Record<string, string>>): void {
    this.pages.set(`https://${host}/api/v1/repos/${repository}/tags`, {
      body: Object.entries(tags).map(([name, sha]) => ({
        name,
        message: name,
        id: "1".repeat(40),
        commit: { url: `https://${host}/api/v1/repos/${repository}/git/commits/${sha}`, sha },
        zipball_url: `https://${host}/${repository}/archive/${name}.zip`,
      })),
    });
  }

  giteaReleases(host: string, repository: string, names: readonly string[]): void {
    this.pages.set(`https://${host}/api/v1/repos/${repository}/releases`, {
      body: names.map((name, id) => ({ id, tag_name: `t${id}`, name, draft: false, prerelease: false })),
    });
  }

  giteaCommit(host: string, repository: string, query: string, sha: string, date: string): void {
    const commit = { message: "x", committer: { name: "Ann", email: "ann@example.org", date } };
    this.pages.set(`https://${host}/api/v1/repos/${repository}/commits${query}`, { body: [{ sha, commit }] });
  }

  /** Tags as GitHub's list of refs has them: an annotated one is an object of its own. */
  githubTags(
    repository: string,
    tags: Readonly<Record<string, { readonly type: "commit" | "tag"; readonly sha: string }>>,
  ): void {
    this.pages.set(`https://api.github.com/repos/${repository}/git/refs/tags`, {
      body: Object.entries(tags).map(([tag, object]) => ({
        ref: `refs/tags/${tag}`,
        node_id: "REF_1",
        url: `https://api.github.com/repos/${repository}/git/refs/tags/${tag}`,
        object,
      })),
    });
  }

  /** Releases, newest first. */
  githubReleases(repository: string, releases: readonly GithubRelease[]): void {
    const all = releases.map(({ tag, name = null, prerelease = false, draft = false }, id) => ({
      id,
      tag_name: tag,
      name,
      draft,
      prerelease,
      html_url: `https://github.com/${repository}/releases/tag/${tag}`,
      published_at: "2024-02-01T12:00:00Z",
      assets: [],
    }));
    const api = `https://api.github.com/repos/${repository}/releases`;
    this.pages.set(api, { body: all });
    const latest = all.find(({ draft, prerelease }) => !draft && !prerelease);
    if (latest !== undefined) this.pages.set(`${api}/latest`, { body: latest });
  }

  githubCommit(repository: string, query: string, sha: string, date: string): void {
    const commit = { message: "x", committer: { name: "Ann", email: "ann@example.org", date } };
    this.pages.set(`https://api.github.com/repos/${repository}/commits${query}`, { body: [{ sha, commit }] });
  }

  gitlabTags(host: string, project: string, tags: Readonly<Record<string, string>>): void {
    this.pages.set(`https://${host}/api/v4/projects/${encodeURIComponent(project)}/repository/tags`, {
      body: Object.entries(tags).map(([name, id]) => ({
        name,
        message: "",
        target: "2".repeat(40),
        commit: { id, short_id: id.slice(0, 8), created_at: "2024-02-01T12:00:00.000+00:00" },
        release: null,
        protected: false,
      })),
    });
  }

  gitlabCommit(host: string, project: string, query: string, id: string, createdAt: string): void {
    this.pages.set(
      `https://${host}/api/v4/projects/${encodeURIComponent(project)}/repository/commits${query}`,
      {
        body: [{ id, short_id: id.slice(0, 8), created_at: createdAt, title: "x" }],
      },
    );
  }

  /** An official package of Arch Linux, in each repository that has it. */
  archPackage(name: string, results: readonly ArchResult[]): void {
    this.pages.set(`https://archlinux.org/packages/search/json/?name=${name}`, {
      body: {
        version: 2,
        limit: 250,
        valid: true,
        results: results.map((result) => ({
          pkgname: name,
          pkgbase: name,
          arch: "x86_64",
          epoch: 0,
          provides: [],
          ...result,
        })),
        num_pages: 1,
        page: 1,
      },
    });
  }
}

export interface GithubRelease {
  readonly tag: string;
  readonly name?: string;
  readonly prerelease?: boolean;
  readonly draft?: boolean;
}

export interface ArchResult {
  readonly repo: string;
  readonly pkgver: string;
  readonly pkgrel: string;
  readonly provides?: readonly string[];
}
