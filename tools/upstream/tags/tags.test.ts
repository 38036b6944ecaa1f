import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FaultyServer, answer } from "../../../test/world/faulty-server.ts";
import { GitServer } from "../../../test/world/git-server.ts";
import { GitLabTags } from "../../../test/world/gitlab-tags.ts";
import { hurry } from "../../../test/world/hurry.ts";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { openGit } from "../../git/git.ts";
import { githubTags } from "./github-tags.ts";
import { gitlabTags } from "./gitlab-tags.ts";
import { RemoteRefs } from "../refs/remote-refs.ts";
import type { Followed, Sighting, Upstream } from "../upstream.ts";

/** The same repository `tool` as each kind of source knows it. */
const kinds = {
  github: {
    source: "github:acme/tool",
    unknown: "github:acme/unknown",
    server: () => git.http,
    open: (http: Http): Upstream => githubTags({ http }, new RemoteRefs(http, openGit("/", process.env))),
  },
  gitlab: {
    source: "gitlab:4711",
    unknown: "gitlab:9",
    server: () => gitlab.http,
    open: (http: Http): Upstream => gitlabTags({ http, gitlabToken: undefined }),
  },
} as const;

let git: GitServer;
let gitlab: GitLabTags;
let downloads: FaultyServer;
let http: Http;

beforeEach(async () => {
  git = new GitServer();
  gitlab = new GitLabTags(git);
  gitlab.projects.set("4711", "acme/tool").set("acme/tool", "acme/tool");
  downloads = new FaultyServer(({ url }, response) =>
    answer(response, {
      status: 200,
      headers: { "content-type": "application/gzip" },
      body: `content of ${url}`,
    }),
  );
  await Promise.all([git.start(), gitlab.http.start(), downloads.start()]);
  const standIns = {
    "https://github.com": git.http.url,
    "https://gitlab.com": gitlab.http.url,
    "https://dl.example.org": downloads.url,
  };
  http = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0, standIns }, hurry);
});

afterEach(async () => {
  await http.close();
  await Promise.all([git.stop(), gitlab.stop(), downloads.stop()]);
});

/** A commit with this tag, annotated or not; returns the commit's id. */
function release(tag: string, annotated = false): string {
  const commit = git.commit("acme/tool", { files: { version: tag }, date: 1_750_000_000 });
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  git.git("acme/tool", ...identity, "tag", ...(annotated ? ["-m", tag] : []), tag, commit);
  return commit;
}

const recipe = `pkgname=tool
pkgver=1.0.0
_commit=${"0".repeat(40)}
pkgrel=4
arch=(x86_64)
source=("https://dl.example.org/tool-$pkgver.tgz" "git+https://dl.example.org/tool.git#commit=$_commit")
sha256sums=('${"1".repeat(64)}' SKIP)
`;

function follow(source: string, changes: Partial<Followed> & { pkgbuild?: string } = {}): Followed {
  const { pkgbuild = recipe, ...others } = changes;
  const files: RecipeFiles = new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(pkgbuild) }]]);
  const srcinfo = parseSrcinfo(
    "pkgbase = tool\n\tpkgver = 1.0.0\n\tpkgrel = 4\n\tarch = x86_64\n\npkgname = tool\n",
  );
  return { pkgbase: "tool", source, srcinfo, recipe: () => Promise.resolve(files), seen: {}, ...others };
}

async function look(upstream: Upstream, ...packages: readonly Followed[]): Promise<Sighting> {
  const sightings = await upstream.look(packages);
  expect([...sightings.keys()].sort()).toEqual(packages.map(({ pkgbase }) => pkgbase).sort());
  return sightings.get(packages[0]!.pkgbase)!;
}

function pkgbuildOf(sighting: Sighting): string {
  if (sighting.kind !== "recipe") throw new Error(JSON.stringify(sighting));
  return Buffer.from(sighting.recipe.files.get("PKGBUILD")!.bytes).toString();
}

describe.each(Object.entries(kinds))("%s", (_, { source, unknown, server, open }) => {
  test("a new version tag changes version, commit, pkgrel and checksum, for a lightweight and an annotated tag", async () => {
    release("v1.0.0");
    for (const [version, annotated] of [
      ["1.1.0", false],
      ["1.2.0", true],
    ] as const) {
      const commit = release(`v${version}`, annotated);
      const sighting = await look(open(http), follow(source));
      const sum = createHash("sha256").update(`content of /tool-${version}.tgz`).digest("hex");
      expect(pkgbuildOf(sighting)).toBe(
        recipe
          .replace("1.0.0", version)
          .replace("0".repeat(40), commit)
          .replace("pkgrel=4", "pkgrel=1")
          .replace("1".repeat(64), sum),
      );
      expect(sighting).toMatchObject({ seen: { revision: `${version}@${commit}` } });
    }
  });

  test("what was seen before, or is no newer than main, is not fetched again", async () => {
    const commit = release("v1.1.0");
    const seen = { revision: `1.1.0@${commit}` };
    expect(await look(open(http), follow(source, { seen }))).toEqual({ kind: "unchanged", seen });
    git.git("acme/tool", "tag", "-d", "v1.1.0");
    const old = release("v1.0.0");
    const unchanged = { kind: "unchanged", seen: { revision: `1.0.0@${old}` } };
    expect(await look(open(http), follow(source))).toEqual(unchanged);
    expect(downloads.asked).toEqual([]);
  });

  test("a tag that was moved to another commit is seen", async () => {
    release("v1.1.0");
    git.git("acme/tool", "tag", "-d", "v1.1.0");
    const commit = release("v1.1.0");
    const seen = { revision: `1.1.0@${"a".repeat(40)}` };
    expect(pkgbuildOf(await look(open(http), follow(source, { seen })))).toContain(commit);
  });

  test("a repository with no tags, or none that anybody may see, is a person's concern; other packages go on", async () => {
    git.create("acme/tool");
    const missing = follow(unknown, { pkgbase: "missing" });
    const misspelt = follow(`${source} `, { pkgbase: "misspelt" });
    const sightings = await open(http).look([follow(source), missing, misspelt]);
    expect([...sightings].map(([name, { kind }]) => `${name} ${kind}`)).toEqual([
      "tool problem",
      "missing problem",
      "misspelt problem",
    ]);
    release("v1.1.0");
    const later = await open(http).look([missing, misspelt, follow(source)]);
    expect(later.get("tool")?.kind).toBe("recipe");
  });

  test("hundreds of tags are all looked at, and asked for once for two packages", async () => {
    release("v1.0.0");
    const head = git.ref("acme/tool", "refs/heads/main");
    const names = Array.from({ length: 250 }, (_, number) => `zz-${number}`);
    for (const name of names) git.git("acme/tool", "update-ref", `refs/tags/${name}`, head);
    release("v1.1.0");
    const upstream = open(http);
    const both = await upstream.look([follow(source), follow(source, { pkgbase: "other" })]);
    expect([...both.values()].map(({ kind }) => kind)).toEqual(["recipe", "recipe"]);
    expect(server().asked.length).toBe(new Set(server().asked).size);
  });

  test("a web page in place of an answer costs its own packages this run, and nothing else", async () => {
    release("v1.1.0");
    server().faults = [{ kind: "answers", status: 200, body: "<html>Sign in</html>" }];
    expect((await look(open(http), follow(source))).kind).toBe("unavailable");
    server().faults = [];
    expect((await look(open(http), follow(source))).kind).toBe("recipe");
  });

  test("a source that isn't there yet leaves the package as it is, for another run", async () => {
    release("v1.1.0");
    downloads.faults = [{ kind: "answers", status: 404 }];
    expect(await look(open(http), follow(source))).toMatchObject({
      kind: "unavailable",
      error: { code: "unavailable" },
    });
  });

  test("a recipe that can't be changed in place is a person's concern, and costs no download", async () => {
    release("v1.1.0");
    const pkgbuild = recipe.replace("sha256sums=(", "[[ x ]] && sha256sums=(");
    expect(await look(open(http), follow(source, { pkgbuild }))).toMatchObject({
      kind: "problem",
      error: { code: "recipe-edit" },
    });
    expect(downloads.asked).toEqual([]);
  });
});

test("gitlab: the token is sent to gitlab.com and nowhere else, and shows up in no error", async () => {
  const token = "glpat-S3cretS3cretS3cret";
  release("v1.1.0");
  gitlab.tokens.add(token);
  const upstream = gitlabTags({ http, gitlabToken: token });
  expect((await look(upstream, follow("gitlab:acme/tool"))).kind).toBe("recipe");
  expect([...gitlab.sent]).toEqual([token]);
  gitlab.tokens.clear();
  const refused = await look(upstream, follow("gitlab:4711"));
  expect(refused).toMatchObject({ kind: "problem", error: { code: "tags-refused", facts: { status: 401 } } });
  expect(JSON.stringify(refused)).not.toContain(token);
});

test("gitlab: a tag of something else than a commit is no version", async () => {
  release("v1.0.0");
  const blob = git.git("acme/tool", "rev-parse", "main:version");
  git.git("acme/tool", "update-ref", "refs/tags/v2.0.0", blob);
  expect((await look(kinds.gitlab.open(http), follow("gitlab:4711"))).kind).toBe("unchanged");
});
