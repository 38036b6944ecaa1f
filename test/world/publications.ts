import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { IndexGroup } from "../../tools/publish/page/index.ts";
import { parseNarInfo } from "../../tools/publish/nix/narinfo.ts";
import { S3Store } from "../../tools/publish/stores/s3.ts";
import type { Step } from "../../tools/steps.ts";
import { missingPrograms } from "./programs.ts";
import { RegistryServer } from "./registry-server.ts";
import { GitHubReleaseServer, GitLabReleaseServer } from "./release-forges.ts";
import { S3Server } from "./s3.ts";
import { SftpServer } from "./sftp-server.ts";
import { missingForSsh } from "./ssh-gateway.ts";

/** A place that releases of `app` are published to, as its clients see it. */
export interface PublishedPlace {
  readonly missing: readonly string[];
  /** Environment of whoever publishes. */
  readonly secrets: () => Readonly<Record<string, string>>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Below `[publish]`. */
  publish(): string;
  /** What clients get, by what they ask for; throws where they get half of something. */
  seen(): Promise<Readonly<Record<string, string>>>;
  /** Has the next try fail, and leave half of something behind, which this step takes away. */
  readonly cut?: { readonly next: () => void; readonly mending: Step };
  /** What is left there of work under way. */
  leftovers(): Promise<readonly string[]>;
}

/** With a page beside the files. */
function filesAt(root: string): string {
  return `binaries = { to = "files", at = "${root}/{ref}/{target}/app", of = "bin" }
page = { to = "page", at = "${root}", of = "binaries" }
`;
}

export function inS3(): PublishedPlace {
  const server = new S3Server();
  const bucket = (): S3Store => new S3Store("releases", server.secrets, undefined);
  const names = async (): Promise<string[]> => (await bucket().list("")).map(({ name }) => name);
  return {
    missing: [],
    secrets: () => server.secrets,
    start: () => server.start("releases"),
    stop: () => server.stop(),
    publish: () => filesAt("s3://releases"),
    async seen() {
      const store = bucket();
      const seen: Record<string, string> = {};
      for (const name of await names()) seen[name] = (await store.read(name))!;
      await store.close();
      const page = await fetch(`${server.secrets["AWS_ENDPOINT_URL"]}/releases/_releases.json`);
      return page.ok ? { ...seen, page: wholePage(await page.text(), seen) } : seen;
    },
    async leftovers() {
      const answer = await fetch(
        `${server.secrets["AWS_ENDPOINT_URL"]}/releases?list-type=2&prefix=.sluice/`,
      );
      return [...(await answer.text()).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key!);
    },
  };
}

/** What a page lists; throws where it lists what isn't there, or is something else. */
function wholePage(text: string, seen: Readonly<Record<string, string>>): string {
  const files = (JSON.parse(text) as IndexGroup[]).flatMap(({ builds }) =>
    builds.flatMap((each) => each.builds),
  );
  const wrong = files.find(({ path, sha256 }) => seen[path] !== sha256);
  if (wrong) throw new Error(`the page lists ${wrong.path}, which isn't there`);
  return files.map(({ path }) => path).join("\n");
}

export function behindSsh(): PublishedPlace {
  const server = new SftpServer();
  return {
    missing: missingForSsh(),
    secrets: () => server.secrets,
    start: () => server.start(),
    stop: () => server.stop(),
    publish: () => filesAt(server.address),
    async seen() {
      const read = (path: string): Buffer => readFileSync(join(server.www, path));
      const seen = Object.fromEntries(shown(server.www).map((path) => [path, digest(read(path))]));
      return "_releases.json" in seen
        ? { ...seen, page: wholePage(read("_releases.json").toString(), seen) }
        : seen;
    },
    leftovers: async () => filesBelow(server.www).filter((path) => path.endsWith(".new")),
  };
}

/** In a folder, which keeps one release; what is read there is what Nix reads: a `.narinfo`, then the file that it names. */
export function inNixCache(folder: () => string): PublishedPlace {
  const key = `cache.example-1:${Buffer.from(Array.from({ length: 64 }, (_, at) => at)).toString("base64")}`;
  return {
    missing: missingPrograms("nix"),
    secrets: () => ({ NIX_KEY: key }),
    start: async () => undefined,
    stop: async () => undefined,
    publish: () =>
      `cache = { to = "nix", at = "file://${folder()}", of = "cache", key = "NIX_KEY", keep = 1 }\n`,
    async seen() {
      const infos = shown(folder()).filter((path) => path.endsWith(".narinfo"));
      return Object.fromEntries(
        infos.map((path) => {
          const text = readFileSync(join(folder(), path), "utf8");
          const { url, fileHash } = parseNarInfo(text)!;
          if (digest(readFileSync(join(folder(), url))) !== fileHash) throw new Error(`${url} isn't whole`);
          return [path, text];
        }),
      );
    },
    // One release is kept, of one path.
    leftovers: async () => {
      const files = filesBelow(folder());
      const isWhole = shown(folder()).length === 3;
      return isWhole ? files.filter((path) => path.endsWith(".new")) : files;
    },
  };
}

export function inRegistry(): PublishedPlace {
  const server = new RegistryServer();
  const ask = (path: string): Promise<Response> =>
    fetch(`http://${server.address}/v2/owner/app/${path}`, {
      headers: { accept: `${ociType}.index.v1+json, ${ociType}.manifest.v1+json` },
    });
  return {
    missing: missingPrograms("skopeo", "docker-registry"),
    secrets: () => ({}),
    start: () => server.start(),
    stop: () => server.stop(),
    publish: () => `image = { to = "oci", at = "${server.address}/owner/app:{ref}", of = "bin" }\n`,
    async seen() {
      const answer = await ask("tags/list");
      const { tags } = answer.ok ? ((await answer.json()) as { tags: string[] | null }) : { tags: [] };
      const seen: Record<string, string> = {};
      for (const tag of tags ?? []) {
        const index = await (await ask(`manifests/${tag}`)).text();
        for (const { digest: manifest } of (JSON.parse(index) as Index).manifests) {
          const { config, layers } = (await (await ask(`manifests/${manifest}`)).json()) as Manifest;
          for (const blob of [config, ...layers]) {
            if (!(await ask(`blobs/${blob.digest}`)).ok) throw new Error(`${tag} lacks ${blob.digest}`);
          }
        }
        seen[tag] = digest(index);
      }
      return seen;
    },
    leftovers: async () => [],
  };
}

interface Index {
  readonly manifests: readonly { readonly digest: string }[];
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

const ociType = "application/vnd.oci.image";

export function onForge(kind: "github" | "gitlab"): PublishedPlace {
  const server = kind === "github" ? new GitHubReleaseServer() : new GitLabReleaseServer();
  return {
    missing: missingPrograms("xz"),
    secrets: () => server.secrets,
    start: () => server.start(),
    stop: () => server.stop(),
    publish: () => `release = { to = "forge", at = "${kind}:owner/app", of = "all" }\n`,
    async seen() {
      const visible = server.releases.filter(({ draft }) => !draft);
      const releases = visible.map(({ tag, assets }) => [
        tag,
        assets.map(({ name, content }) => `${name} ${digest(content)}`).join("\n"),
      ]);
      return {
        ...Object.fromEntries(releases),
        ...(server.latest !== undefined && { latest: server.latest }),
      };
    },
    ...(kind === "github" && {
      cut: { next: () => void (server.cutUploads = 1), mending: "forge file dropped" },
    }),
    leftovers: async () => {
      const tags = server.releases.map(({ tag, draft }) => `${tag}${draft ? " (draft)" : ""}`);
      return tags.filter((tag, index) => tag.endsWith(")") || tags.indexOf(tag) !== index);
    },
  };
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function shown(folder: string): string[] {
  return filesBelow(folder).filter((path) => !/(?:^|\/)\.[^/]*$/.test(path));
}
