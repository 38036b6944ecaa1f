import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import { VersionSites } from "../../../test/world/version-sites.ts";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import type { RecipeFile, RecipeFiles } from "../../gate/update.ts";
import { openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { nvcheckerUpstream } from "./nvchecker.ts";
import { RemoteRefs } from "../refs/remote-refs.ts";
import type { Followed, Seen, Sighting, Upstream } from "../upstream.ts";

let sites: VersionSites;
let http: Http;

beforeEach(async () => {
  sites = new VersionSites();
  await sites.start();
  http = openHttp(
    { parallel: 4, perHost: 4, delaySeconds: 0, standIns: sites.standIns("e.org", "down.org") },
    hurry,
  );
});

afterEach(async () => {
  await http.close();
  await sites.stop();
});

const pkgbuild = (pkgver: string): string => `pkgname=foo
pkgver=${pkgver}
pkgrel=3
arch=(x86_64)
source=("https://e.org/foo-$pkgver.tar.gz")
sha256sums=('${"0".repeat(64)}')
`;

const page = (url: string): string => `source = "regex"\nurl = "${url}"\nregex = 'foo-(\\S+)\\.tar'`;

function followed(
  pkgbase: string,
  toml: string,
  { pkgver = "1.9", seen = {}, text = pkgbuild(pkgver) }: Options = {},
): Followed {
  const recipe: RecipeFiles = new Map([
    [".nvchecker.toml", file(`[${pkgbase}]\n${toml}\n`)],
    ["PKGBUILD", file(text)],
  ]);
  const srcinfo = parseSrcinfo(
    `pkgbase = ${pkgbase}\n\tpkgver = ${pkgver}\n\tpkgrel = 3\n\npkgname = ${pkgbase}\n`,
  );
  return { pkgbase, source: "custom", srcinfo, seen, recipe: async () => recipe };
}

interface Options {
  readonly pkgver?: string;
  readonly seen?: Seen;
  readonly text?: string;
}

function file(content: string): RecipeFile {
  return { mode: "100644", bytes: Buffer.from(content) };
}

function look(...packages: readonly Followed[]): Promise<ReadonlyMap<string, Sighting>> {
  return openUpstream().look(packages);
}

function openUpstream(): Upstream {
  const remoteRefs = new RemoteRefs(http, openGit(tmpdir(), process.env));
  return nvcheckerUpstream({ http, remoteRefs, githubToken: undefined, gitlabToken: undefined });
}

function textOf(sighting: Sighting | undefined, path: string): string {
  if (sighting?.kind !== "recipe") throw new Error(`no recipe, but ${JSON.stringify(sighting)}`);
  return Buffer.from(sighting.recipe.files.get(path)?.bytes ?? []).toString();
}

test("a recipe of which not everything can be derived has its version all the same", async () => {
  sites.pages.set("https://e.org/page", { body: "foo-1.9.tar" });
  const one = { ...followed("foo", page("https://e.org/page")), srcinfo: undefined };
  expect((await look(one)).get("foo")).toMatchObject({ kind: "unchanged", seen: { revision: "1.9" } });
});

test("a newer version becomes main's recipe with its pkgver, pkgrel 1, its checksum and its .SRCINFO", async () => {
  sites.pages.set("https://e.org/", { body: "foo-1.9.tar foo-1.10.tar" });
  sites.pages.set("https://e.org/foo-1.10.tar.gz", { body: "the archive" });
  const found = (await look(followed("foo", page("https://e.org/")))).get("foo");
  expect(found).toMatchObject({
    kind: "recipe",
    seen: { revision: "1.10" },
    recipe: { revision: "1.10", committedAt: undefined },
  });
  const sum = createHash("sha256").update("the archive").digest("hex");
  expect(textOf(found, "PKGBUILD")).toBe(
    pkgbuild("1.10").replace("pkgrel=3", "pkgrel=1").replace("0".repeat(64), sum),
  );
  expect(textOf(found, ".SRCINFO")).toContain("pkgver = 1.10");
  expect(textOf(found, ".nvchecker.toml")).toContain("regex");
});

test.each([
  ["foo-1.9.tar", "1.9", {}, "1.9"],
  ["foo-v1.9.tar", "1.9", {}, "1.9"],
  ["foo-1.9.tar", "v1.9", {}, "1.9"],
  ["foo-2.0-rc1.tar", "2.0rc1", {}, "2.0-rc1"],
  ["foo-2.0-rc1.tar", "2.0_rc1", {}, "2.0-rc1"],
  // It waits for review, or was refused there.
  ["foo-2.0.tar", "1.9", { revision: "2.0" }, "2.0"],
])("upstream's %s is nothing new to pkgver %s", async (body, pkgver, seen, revision) => {
  sites.pages.set("https://e.org/", { body });
  const found = (await look(followed("foo", page("https://e.org/"), { pkgver, seen }))).get("foo");
  expect(found).toEqual({ kind: "unchanged", seen: { revision } });
});

test("a file that follows nothing leaves what was seen as it is", async () => {
  const found = (await look(followed("foo", 'source = "manual"', { seen: { revision: "1.8" } }))).get("foo");
  expect(found).toEqual({ kind: "unchanged", seen: { revision: "1.8" } });
});

test("each package's failure is its own, whatever it is", async () => {
  sites.pages.set("https://e.org/", { body: "foo-1.9.tar" });
  sites.pages.set("https://e.org/gone-source", { body: "foo-3.0.tar" });
  sites.pages.set("https://e.org/hostile", { body: "foo-$(id>/tmp/x).tar" });
  sites.faults = [{ kind: "down", only: /down\.org/ }];
  const found = await look(
    followed("fine", page("https://e.org/")),
    followed("down", page("https://down.org/")),
    followed("missing", page("https://e.org/404")),
    followed("broken", "source = "),
    followed("gone-source", page("https://e.org/gone-source")),
    followed("hostile", page("https://e.org/hostile")),
  );
  expect([...found].map(([pkgbase, { kind }]) => [pkgbase, kind])).toEqual([
    ["fine", "unchanged"],
    ["down", "unavailable"],
    ["missing", "problem"],
    ["broken", "problem"],
    // Its archive may follow its announcement.
    ["gone-source", "unavailable"],
    ["hostile", "problem"],
  ]);
});

test.each(["cmd", "htmlparser", "combiner", "git_pygit2", "none", "__proto__"])(
  "the source %s isn't supported and is named, and nothing that the file says is run",
  async (kind) => {
    const found = (await look(followed("foo", `source = "${kind}"\ncmd = "kill -9 $PPID"`))).get("foo");
    expect(found).toMatchObject({ kind: "problem", error: { code: "nvchecker-unsupported" } });
    expect(found).toHaveProperty("error.message", `.nvchecker.toml: the source ${kind} isn't supported`);
  },
);

test("a page that several packages follow is asked for once in a run, but for each user agent", async () => {
  sites.pages.set("https://e.org/", { body: "foo-1.9.tar" });
  const upstream = openUpstream();
  await upstream.look(["a", "b", "c"].map((name) => followed(name, page("https://e.org/"))));
  await upstream.look([
    followed("d", page("https://e.org/")),
    followed("e", `${page("https://e.org/")}\nuser_agent = "x"`),
  ]);
  expect(sites.requests).toHaveLength(2);
});

test.each([
  ["a tag's", 'prefix = "v"', "2.0", "1"],
  ["the newest", "use_commit = true", "1.9", "4"],
])("%s commit goes into _commit", async (_, options, pkgver, pkgrel) => {
  const server = new GitServer();
  await server.start();
  try {
    const commit = server.commit("foo", { files: { a: "1" } });
    server.git(
      "foo",
      "-c",
      "user.name=A",
      "-c",
      "user.email=a@example.org",
      "tag",
      "-m",
      "annotated",
      "v2.0",
    );
    const text = pkgbuild("1.9")
      .replace(/source=.*/, `_commit=${"a".repeat(40)}\nsource=("git+https://e.org/foo.git#commit=$_commit")`)
      .replace(/sha256sums=.*/, "sha256sums=(SKIP)");
    const found = await look(
      followed("foo", `source = "git"\ngit = "${server.url("foo")}"\n${options}`, { text }),
    );
    const after = text.replace("a".repeat(40), commit).replace("pkgver=1.9", `pkgver=${pkgver}`);
    expect(textOf(found.get("foo"), "PKGBUILD")).toBe(after.replace("pkgrel=3", `pkgrel=${pkgrel}`));
  } finally {
    await server.stop();
  }
});
