import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { OpenApi } from "./openapi.ts";

interface Asset {
  readonly id: number;
  readonly name: string;
  readonly content: Buffer;
}

interface Release {
  readonly id: number;
  readonly tag: string;
  readonly title: string;
  readonly notes: string;
  prerelease: boolean;
  draft: boolean;
  assets: Asset[];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

type Reply = { readonly status: number; readonly body?: unknown };

/** What forges know of releases, for one project `owner/app` and the token `release-token`. */
abstract class ReleaseForge {
  readonly releases: Release[] = [];
  latest: string | undefined;
  /** Says yes to uploads and stores nothing. */
  losesUploads = false;
  /** So many uploads are kept by half; the server says yes to them, too. */
  cutUploads = 0;
  readonly asked: string[] = [];
  protected ids = 0;
  #server: Server | undefined;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => {
      this.#server!.listen(0, "127.0.0.1", resolve);
    });
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  abstract get secrets(): Readonly<Record<string, string>>;
  protected abstract perform(asked: Asked): Reply;

  protected kept(upload: Buffer): Buffer {
    if (this.cutUploads === 0) return upload;
    this.cutUploads--;
    return upload.subarray(0, upload.length / 2);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const { authorization, "private-token": token } = request.headers;
    const isKnown = authorization === "Bearer release-token" || token === "release-token";
    const asked = {
      method: request.method!,
      path: pathname,
      query: searchParams,
      body: Buffer.concat(chunks),
    };
    this.asked.push(`${asked.method} ${asked.path}`);
    const { status, body } = isKnown
      ? this.perform(asked)
      : { status: 401, body: { message: "Bad credentials" } };
    response.statusCode = status;
    response.end(Buffer.isBuffer(body) ? body : body === undefined ? "" : JSON.stringify(body));
  }
}

const notFound: Reply = { status: 404, body: { message: "Not Found" } };
const require = createRequire(import.meta.url);
let description: OpenApi | undefined;

/** GitHub, held to its published description; uploads go to another address, as theirs do. */
export class GitHubReleaseServer extends ReleaseForge {
  get secrets(): Readonly<Record<string, string>> {
    return { GITHUB_API_URL: `${this.url}/api`, RELEASE_TOKEN: "release-token" };
  }

  protected perform({ method, path, query, body }: Asked): Reply {
    const upload = /^\/upload\/(\d+)$/.exec(path);
    if (upload && method === "POST") {
      const release = this.releases.find(({ id }) => id === Number(upload[1]))!;
      const name = query.get("name")!;
      if (release.assets.some((asset) => asset.name === name))
        return { status: 422, body: { message: "already_exists" } };
      const asset = { id: ++this.ids, name, content: this.kept(body) };
      if (!this.losesUploads) release.assets.push(asset);
      return { status: 201, body: asset };
    }
    description ??= new OpenApi(require.resolve("@octokit/openapi/generated/api.github.com.json"));
    const json = body.length === 0 ? undefined : (JSON.parse(body.toString()) as Record<string, never>);
    const read = description.read({ method, path: path.replace(/^\/api/, ""), query, body: json });
    if (!("operation" in read)) return { status: 400, body: { message: read.join("; ") } };
    const { operation, path: values } = read;
    if (`${values["owner"]}/${values["repo"]}` !== "owner/app") return notFound;
    const release = this.releases.find(({ id }) => id === Number(values["release_id"]));
    const asset = this.releases
      .flatMap(({ assets }) => assets)
      .find(({ id }) => id === Number(values["asset_id"]));
    switch (operation) {
      case "repos/list-releases":
        return { status: 200, body: this.releases.map((each) => this.#shown(each)) };
      case "repos/create-release": {
        const { tag_name: tag, name: title, body: notes, draft, prerelease } = json!;
        const made: Release = {
          id: ++this.ids,
          tag: tag!,
          title: title!,
          notes: notes!,
          draft: draft!,
          prerelease: prerelease!,
          assets: [],
        };
        this.releases.push(made);
        return { status: 201, body: this.#shown(made) };
      }
      case "repos/list-release-assets":
        return {
          status: 200,
          body: release!.assets.map(({ id, name, content }) => ({
            id,
            name,
            size: content.length,
            state: "uploaded",
          })),
        };
      case "repos/get-release-asset":
        return asset ? { status: 200, body: asset.content } : notFound;
      case "repos/delete-release-asset":
        for (const each of this.releases) each.assets = each.assets.filter((one) => one !== asset);
        return { status: 204 };
      case "repos/update-release":
        release!.draft = json!["draft"]!;
        release!.prerelease = json!["prerelease"]!;
        if (json!["make_latest"] === "true") this.latest = release!.tag;
        return { status: 200, body: this.#shown(release!) };
      default:
        throw new Error(`${operation} is not part of the stand-in`);
    }
  }

  #shown({ id, tag, draft }: Release): unknown {
    const page = `${this.url}/owner/app/releases/${tag}`;
    return { id, tag_name: tag, draft, html_url: page, upload_url: `${this.url}/upload/${id}{?name,label}` };
  }
}

/** GitLab: a package registry, and releases that link to files. */
export class GitLabReleaseServer extends ReleaseForge {
  readonly packages = new Map<string, Buffer>();

  get secrets(): Readonly<Record<string, string>> {
    return { CI_API_V4_URL: `${this.url}/api/v4`, RELEASE_TOKEN: "release-token" };
  }

  protected perform({ method, path, body }: Asked): Reply {
    const project = "/api/v4/projects/owner%2Fapp";
    if (!path.startsWith(project)) return notFound;
    const below = path.slice(project.length);
    if (below.startsWith("/packages/generic/")) {
      if (method === "PUT" && !this.losesUploads) this.packages.set(path, this.kept(body));
      const content = this.packages.get(path);
      return method === "PUT"
        ? { status: 201, body: {} }
        : content
          ? { status: 200, body: content }
          : notFound;
    }
    if (below === "/releases" && method === "POST") {
      const {
        tag_name: tag,
        name: title,
        description: notes,
        assets,
      } = JSON.parse(body.toString()) as {
        tag_name: string;
        name: string;
        description: string;
        assets: { links: { name: string; url: string }[] };
      };
      const files = assets.links.map(({ name, url }) => ({
        id: ++this.ids,
        name,
        content: this.packages.get(new URL(url).pathname)!,
      }));
      this.releases.push({
        id: ++this.ids,
        tag,
        title,
        notes,
        draft: false,
        prerelease: false,
        assets: files,
      });
    }
    const tag = decodeURIComponent(below.replace(/^\/releases\/?/, ""));
    const release = tag === "" ? this.releases.at(-1) : this.releases.find((each) => each.tag === tag);
    const self = `${this.url}/owner/app/-/releases/${release?.tag}`;
    return release ? { status: method === "POST" ? 201 : 200, body: { _links: { self } } } : notFound;
  }
}
