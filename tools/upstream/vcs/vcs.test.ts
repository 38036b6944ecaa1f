import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import { parseSrcinfo, type Srcinfo } from "../../alpm/srcinfo.ts";
import { openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { RemoteRefs } from "../refs/remote-refs.ts";
import { newestCommits, type CommitSighting } from "./vcs.ts";
import { followedSources } from "./vcs-sources.ts";

function srcinfo(...lines: readonly string[]): Srcinfo {
  return parseSrcinfo(["pkgbase = foo-git", ...lines, "pkgname = foo-git"].join("\n"));
}

const repo = "https://example.org/Foo.git";
const [head, dev] = [
  { url: repo, ref: "HEAD" },
  { url: repo, ref: "refs/heads/dev" },
];

test.each([
  ["without a fragment follows HEAD", [`git+${repo}`], [head]],
  ["with a branch follows that branch", [`git+${repo}#branch=dev`], [dev]],
  [
    "with a branch of folders follows it whole",
    [`git+${repo}#branch=a/b.c`],
    [{ url: repo, ref: "refs/heads/a/b.c" }],
  ],
  ["that is signed has no fragment from that", [`git+${repo}?signed`], [head]],
  ["that is signed has its branch in front", [`git+${repo}?signed#branch=dev`], [dev]],
  ["that is signed has its branch behind", [`git+${repo}#branch=dev?signed`], [dev]],
  ["of another name is the same", [`a::git+${repo}#branch=dev`], [dev]],
  ["with a commit is pinned", [`git+${repo}#commit=abc`], []],
  ["with a tag is pinned", [`git+${repo}#tag=v1?signed`], []],
  ["that is pinned doesn't hide the next", [`git+${repo}#commit=abc`, `git+${repo}#branch=dev`], [dev]],
  ["comes behind plain downloads", ["a.patch", "https://example.org/a.git.tar.gz", `git+${repo}`], [head]],
  [
    "may be asked by Git's own protocol",
    ["git://example.org/a"],
    [{ url: "git://example.org/a", ref: "HEAD" }],
  ],
  [
    "may be asked over ssh",
    ["git+ssh://git@example.org/a"],
    [{ url: "ssh://git@example.org/a", ref: "HEAD" }],
  ],
  ["of this machine isn't followed", ["git+file:///a"], []],
  ["written twice counts once", [`git+${repo}`, `x::git+${repo}`], [head]],
  [
    "of Mercurial, Subversion, Bazaar or Fossil isn't followed",
    ["hg+https://a.org/a", "svn+https://a.org/a", "bzr+lp:a", "fossil+https://a.org/a"],
    [],
  ],
])("a source %s", (_, sources, expected) => {
  expect(followedSources(srcinfo(...sources.map((source) => `source = ${source}`)))).toEqual(expected);
});

test("sources of single architectures count, too", () => {
  const found = followedSources(
    srcinfo(
      "source = a.patch",
      `source_aarch64 = git+${repo}`,
      `source_x86_64 = git+${repo}#branch=dev`,
      "sha256sums = SKIP",
    ),
  );
  expect(found).toEqual([head, dev]);
});

test.each(["#branch=", "#branch=a b", "#branch=*", "#branch=..", "#revision=5", "#dev"])(
  "a source with %s is a problem, not a guess",
  (fragment) => {
    const read = (): unknown => followedSources(srcinfo(`source = git+${repo}${fragment}`));
    expect(read).toThrow(expect.objectContaining({ code: "bad-source" }) as Error);
  },
);

describe("asked", () => {
  let server: GitServer;
  let http: Http;
  let refs: RemoteRefs;
  beforeEach(async () => {
    server = new GitServer();
    await server.start();
    http = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0 }, hurry);
    refs = new RemoteRefs(http, openGit("/", process.env));
  });
  afterEach(async () => {
    await http.close();
    await server.stop();
  });

  async function look(
    sources: readonly string[],
    wanted: "first" | "all" = "first",
  ): Promise<CommitSighting> {
    const lines = sources.map((source) => `source = ${source}`);
    const found = await newestCommits(refs, [{ pkgbase: "foo-git", srcinfo: srcinfo(...lines) }], wanted);
    expect([...found.keys()]).toEqual(["foo-git"]);
    return found.get("foo-git")!;
  }

  function sourceOf(name: string, fragment = ""): string {
    return `git+${server.url(name)}${fragment}`;
  }

  test("a branch isn't mistaken for another that begins like it", async () => {
    const main = server.commit("a", { files: { a: "1" } });
    server.commit("a", { files: { a: "2" }, branch: "developer" });
    expect(await look([sourceOf("a")])).toEqual({ kind: "commit", commit: main, url: server.url("a") });
    expect(await look([sourceOf("a", "#branch=dev")])).toMatchObject({
      kind: "problem",
      error: { code: "no-branch", message: `${server.url("a")} has no branch dev` },
    });
  });

  test("several sources are one line of ids in their order, and only on request", async () => {
    const [a, b] = [server.commit("a", { files: { a: "1" } }), server.commit("b", { files: { b: "1" } })];
    const topic = server.commit("a", { files: { a: "2" }, branch: "topic" });
    const sources = [sourceOf("b"), sourceOf("a", "#tag=v1"), sourceOf("a", "#branch=topic"), sourceOf("a")];
    expect(await look(sources)).toMatchObject({ commit: b });
    expect(server.http.asked).toHaveLength(2);
    expect(await look(sources, "all")).toMatchObject({ commit: `${b}+${topic}+${a}`, url: server.url("b") });
    expect(server.http.asked).toHaveLength(4);
  });

  test("a pinned package has nothing to follow, and nobody is asked", async () => {
    expect(await look([sourceOf("a", "#commit=abc")])).toEqual({ kind: "pinned" });
    expect(server.http.asked).toEqual([]);
  });

  test("an annotated tag of the same name doesn't get in the way of a branch", async () => {
    const commit = server.commit("a", { files: { a: "1" }, branch: "v1" });
    server.git("a", "tag", "-a", "-m", "x", "v1", commit);
    expect(await look([sourceOf("a", "#branch=v1")])).toMatchObject({ commit });
  });

  test("an empty repository, a missing one and a source that is none are problems", async () => {
    server.create("empty");
    server.commit("a", { files: {} });
    expect(await look([sourceOf("empty")])).toMatchObject({ kind: "problem", error: { code: "no-branch" } });
    expect(await look([sourceOf("none")])).toMatchObject({
      kind: "problem",
      error: { code: "no-repository" },
    });
    expect(await look(["git+https://-oProxyCommand=id/a"])).toMatchObject({
      kind: "problem",
      error: { code: "bad-url" },
    });
    expect(
      (await newestCommits(refs, [{ pkgbase: "foo", srcinfo: undefined }], "all")).get("foo"),
    ).toMatchObject({
      kind: "problem",
      error: { code: "no-srcinfo", facts: { pkgbase: "foo" } },
    });
  });

  test("of several sources one that is down leaves the package as it was", async () => {
    server.commit("a", { files: {} });
    server.commit("b", { files: {} });
    server.http.faults = [{ kind: "answers", status: 503, only: /\/b\.git/ }];
    expect(await look([sourceOf("a"), sourceOf("b")], "all")).toMatchObject({ kind: "unavailable" });
    expect(await look([sourceOf("a"), sourceOf("b")])).toMatchObject({ kind: "commit" });
  });

  test("packages with equal sources cost one question, and one that is down spoils no other", async () => {
    const commit = server.commit("a", { files: {} });
    server.http.faults = [{ kind: "down", only: /\/b\.git/ }];
    const packages = Array.from({ length: 20 }, (_, at) => ({
      pkgbase: `p${at}-git`,
      srcinfo: srcinfo(`source = ${sourceOf(at % 10 === 0 ? "b" : "a")}`),
    }));
    const found = await newestCommits(refs, packages, "first");
    expect([...found.values()].map(({ kind }) => kind)).toEqual(
      packages.map((_, at) => (at % 10 === 0 ? "unavailable" : "commit")),
    );
    expect(found.get("p1-git")).toEqual({ kind: "commit", commit, url: server.url("a") });
    expect(server.http.asked.filter((line) => line.includes("/a.git"))).toHaveLength(2);
  });

  test("credentials of an address don't reach any message", async () => {
    server.commit("a", { files: {} });
    const url = server.url("a").replace("//", "//me:secret@");
    for (const fragment of ["", "#branch=none"]) {
      const found = await look([`git+${url}${fragment}`]);
      expect(JSON.stringify(found) + String("error" in found && found.error.message)).not.toContain("secret");
    }
  });
});
