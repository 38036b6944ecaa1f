import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import { type SitePage, type SiteRequest, VersionSites } from "../../../test/world/version-sites.ts";
import { writeTar } from "../../../test/world/tar.ts";
import { openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { readDistribution, type KnownDatabase } from "../distribution/distribution.ts";
import { RemoteRefs } from "../refs/remote-refs.ts";
import { type Asking, openAsking } from "./asking.ts";
import { chooseVersion } from "./choose-version.ts";
import { readNvcheckerEntry } from "./nvchecker-config.ts";
import { nvcheckerKinds } from "./nvchecker-kinds.ts";
import type { FoundVersion } from "./nvchecker-kind.ts";

let sites: VersionSites;
let repositories: GitServer;
let http: Http;
let asking: Asking;
const hosts = [
  "api.github.com",
  "api.git.example.org",
  "archlinux.org",
  "aur.archlinux.org",
  "bitbucket.org",
  "codeberg.org",
  "cran.r-project.org",
  "crates.io",
  "e.org",
  "fastapi.metacpan.org",
  "gitea.com",
  "gitlab.com",
  "gitlab.example.org",
  "hackage.haskell.org",
  "open-vsx.org",
  "packagist.org",
  "pkg.go.dev",
  "pypi.org",
  "registry.npmjs.org",
  "release-monitoring.org",
  "repology.org",
  "rubygems.org",
  "sources.debian.org",
];

beforeEach(async () => {
  sites = new VersionSites();
  repositories = new GitServer();
  await Promise.all([sites.start(), repositories.start()]);
  const standIns = { ...sites.standIns(...hosts), "https://git.e.org": repositories.http.url };
  http = openHttp({ parallel: 4, perHost: 4, delaySeconds: 0, standIns }, hurry);
  asking = openAsking({
    http,
    remoteRefs: new RemoteRefs(http, openGit(tmpdir(), process.env)),
    githubToken: "gh-token",
    gitlabToken: "gl-token",
  });
});

afterEach(async () => {
  await http.close();
  await Promise.all([sites.stop(), repositories.stop()]);
});

/** What the kind finds and the options make of it. */
async function versionOf(toml: string): Promise<FoundVersion | undefined> {
  const file = { mode: "100644", bytes: Buffer.from(`[foo]\n${toml}`) } as const;
  const entry = readNvcheckerEntry("foo", new Map([["nvchecker.toml", file]]));
  const found = await nvcheckerKinds.get(entry.kind)?.(entry, asking);
  return found && chooseVersion(entry, found);
}

const sha = (digit: string): string => digit.repeat(40);

describe("a Git repository", () => {
  let first: string;
  let second: string;

  beforeEach(() => {
    first = repositories.commit("foo", { files: { a: "1" } });
    second = repositories.commit("foo", { files: { a: "2" }, branch: "next" });
    const tag = (...words: readonly string[]): string =>
      repositories.git("foo", "-c", "user.name=A", "-c", "user.email=a@example.org", "tag", ...words);
    for (const name of ["v1.9", "v1.10-rc1", "nightly"]) tag(name, first);
    tag("-m", "annotated", "v1.10", second);
  });

  test.each([
    ['prefix = "v"', (): FoundVersion => ({ version: "1.10", commit: second })],
    [
      'include_regex = "v.*"\nexclude_regex = "v1[.]10"',
      (): FoundVersion => ({ version: "v1.10-rc1", commit: first }),
    ],
    ["use_commit = true", (): FoundVersion => ({ version: first, commit: first })],
    ['use_commit = true\nbranch = "next"', (): FoundVersion => ({ version: second, commit: second })],
  ])("tells its tags, with the commits that they're for, or a branch's tip: %s", async (options, found) => {
    expect(await versionOf(`source = "git"\ngit = "https://git.e.org/foo.git"\n${options}`)).toEqual(found());
  });

  test("without the branch that the file names is for a person to look at", async () => {
    const toml = 'source = "git"\ngit = "https://git.e.org/foo.git"\nuse_commit = true\nbranch = "gone"';
    await expect(versionOf(toml)).rejects.toThrow("the repository has no refs/heads/gone");
  });

  test.each(["ext::sh -c id", "/etc", "--upload-pack=id"])("at %s isn't asked for", async (url) => {
    await expect(versionOf(`source = "git"\ngit = "${url}"`)).rejects.toThrow("is no address of a remote");
  });
});

describe("a project on PyPI", () => {
  beforeEach(() => {
    sites.pypi("Foo", {
      "1.9": "files",
      "1.10": "files",
      "1.11": "yanked",
      "2.0rc1": "files",
      "0.5.13-hg": "empty",
      "1.10.post1": "empty",
    });
    sites.pypi("foo", { "0.1": "files" });
  });

  test.each([
    ['source = "pypi"\npypi = "Foo"', "1.10.post1"],
    ['source = "pypi"\npypi = "Foo"\nuse_pre_release = true', "2.0rc1"],
    ['source = "pypi"\npypi = "Foo"\nignored = "1.10.post1 1.10"', "1.9"],
    ['source = "pypi"', "0.1"],
  ])("%s offers %s, never what was yanked", async (toml, version) => {
    expect(await versionOf(toml)).toEqual({ version });
  });
});

test.each([
  ['source = "npm"\nnpm = "@foo/bar"', "@foo/bar", "3.2.1"],
  ['source = "npm"', "foo", "0.1.0"],
])("npm's latest is what npm would install: %s", async (toml, name, version) => {
  sites.npm(name, { next: "9.0.0-beta", latest: version });
  expect(await versionOf(toml)).toEqual({ version });
});

test.each([
  ['source = "cratesio"\ncratesio = "bar"', "bar", "0.10.0"],
  ['source = "crates"\ncrates = "bar"', "bar", "0.10.0"],
  ['source = "cratesio"\nuse_pre_release = true', "foo", "0.12.0-rc.1"],
])("a crate's versions are taken but yanked ones: %s", async (toml, name, version) => {
  const versions = [
    { num: "0.12.0-rc.1" },
    { num: "0.11.0", yanked: true },
    { num: "0.9.0" },
    { num: "0.10.0" },
  ];
  sites.crate(name, versions);
  expect(await versionOf(toml)).toEqual({ version });
});

test.each([
  [
    'gitea = "a/foo"\nhost = "codeberg.org"\nprefix = "v"\nuse_max_tag = true',
    { version: "1.10.0", commit: sha("b") },
  ],
  ['gitea = "a/foo"\nhost = "codeberg.org"\nuse_latest_release = true', { version: "Foo 1.10" }],
  ['gitea = "a/foo"', { version: "2024-02-01T12:00:00+01:00", commit: sha("c") }],
  [
    'gitea = "a/foo"\nbranch = "next/2"\nfrom_pattern = "T.*|-"\nto_pattern = ""',
    { version: "20240202", commit: sha("d") },
  ],
])("a repository on Gitea tells its tags, releases or newest commit: %s", async (options, found) => {
  sites.giteaTags("codeberg.org", "a/foo", {
    "v1.9.0": sha("a"),
    "v1.10.0": sha("b"),
    "v1.10.0-rc1": sha("e"),
  });
  sites.giteaReleases("codeberg.org", "a/foo", ["Foo 1.10", "Foo 1.9"]);
  sites.giteaCommit("gitea.com", "a/foo", "", sha("c"), "2024-02-01T12:00:00+01:00");
  sites.giteaCommit("gitea.com", "a/foo", "?sha=next%2F2", sha("d"), "2024-02-02T12:00:00Z");
  expect(await versionOf(`source = "gitea"\n${options}`)).toEqual(found);
});

test.each([
  ['use_max_tag = true\nprefix = "v"', { version: "1.10", commit: sha("b") }],
  ['use_max_tag = "true"\ninclude_regex = "v1[.]9.*"', { version: "v1.9", commit: undefined }],
  [
    'use_max_tag = true\ninclude_regex = "v1[.].*"\nexclude_regex = ".*(0|rc1)"\nprefix = "v"',
    { version: "1.9", commit: undefined },
  ],
  ["use_latest_release = true", { version: "v1.10" }],
  ["use_latest_release = true\nuse_release_name = true", { version: "Foo 1.10" }],
  ["use_latest_release = true\ninclude_prereleases = true", { version: "v2.0-rc1" }],
  ["use_max_release = true", { version: "v1.11" }],
  ["use_max_release = true\ninclude_prereleases = true", { version: "v2.0-rc1" }],
  ["", { version: "20240201.123456", commit: sha("c") }],
  ['branch = "next"\npath = "src/a b"', { version: "20240202.000000", commit: sha("d") }],
])("a repository on GitHub tells its tags, releases or newest commit: %s", async (options, found) => {
  sites.githubTags("a/foo", {
    "v1.10": { type: "commit", sha: sha("b") },
    "v1.10-rc1": { type: "commit", sha: sha("e") },
    "v1.9": { type: "tag", sha: sha("a") },
  });
  sites.githubReleases("a/foo", [
    { tag: "v2.0-rc2", draft: true },
    { tag: "v2.0-rc1", prerelease: true },
    { tag: "v1.10", name: "Foo 1.10" },
    { tag: "v1.11" },
  ]);
  sites.githubCommit("a/foo", "", sha("c"), "2024-02-01T12:34:56Z");
  sites.githubCommit("a/foo", "?sha=next&path=src%2Fa+b", sha("d"), "2024-02-02T00:00:00Z");
  expect(await versionOf(`source = "github"\ngithub = "a/foo"\n${options}`)).toEqual(found);
});

test("the tag of GitHub's latest commit is asked for with a token, by GraphQL", async () => {
  const target = { oid: sha("f"), target: { oid: sha("b") } };
  sites.pages.set("https://api.github.com/graphql", {
    body: { data: { repository: { refs: { nodes: [{ name: "v1.9", target }] } } } },
  });
  const toml = 'source = "github"\ngithub = "a/foo"\nuse_latest_tag = true\nquery = "v1"';
  expect(await versionOf(toml)).toEqual({ version: "v1.9", commit: sha("b") });
  const [{ headers, body }] = sites.requests as [SiteRequest];
  expect(headers["authorization"]).toBe("Bearer gh-token");
  expect(JSON.parse(body)).toMatchObject({ variables: { owner: "a", name: "foo", query: "v1" } });
});

test("tags go to GitHub Enterprise where the file names its host, without github.com's token", async () => {
  sites.pages.set("https://api.git.example.org/repos/a/foo/git/refs/tags", { body: [] });
  const toml = 'source = "github"\ngithub = "a/foo"\nhost = "git.example.org"\nuse_max_tag = true';
  expect(await versionOf(toml)).toBeUndefined();
  expect(sites.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
});

test.each([
  ['gitlab = "group/sub/foo"\nuse_max_tag = true', { version: "1.10", commit: sha("b") }],
  ['gitlab = "group/sub/foo"', { version: "20240201", commit: sha("c") }],
  [
    'gitlab = "a/foo"\nhost = "gitlab.example.org"\nbranch = "next"',
    { version: "20240202", commit: sha("d") },
  ],
])("a project on GitLab tells its tags or the day of its newest commit: %s", async (options, found) => {
  sites.gitlabTags("gitlab.com", "group/sub/foo", { "1.9": sha("a"), "1.10": sha("b") });
  sites.gitlabCommit("gitlab.com", "group/sub/foo", "", sha("c"), "2024-02-01T12:34:56.000+02:00");
  sites.gitlabCommit(
    "gitlab.example.org",
    "a/foo",
    "?ref_name=next",
    sha("d"),
    "2024-02-02T00:00:00.000+00:00",
  );
  expect(await versionOf(`source = "gitlab"\n${options}`)).toEqual(found);
});

test("a forge's token goes to its own API alone, never to an address that a recipe names", async () => {
  sites.githubTags("a/foo", {});
  sites.gitlabTags("gitlab.com", "a/foo", {});
  sites.pages.set("https://api.github.com/user", { body: { login: "1.0" } });
  await versionOf('source = "github"\ngithub = "a/foo"\nuse_max_tag = true');
  await versionOf('source = "gitlab"\ngitlab = "a/foo"\nuse_max_tag = true');
  await versionOf('source = "jq"\nurl = "https://api.github.com/user"\nfilter = ".login"');
  expect(sites.requests.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer gh-token",
    "Bearer gl-token",
    undefined,
  ]);
});

describe("a page searched by a regex", () => {
  test.each([
    [String.raw`regex = 'foo-([\d.]+)\.tar'`, "1.10"],
    [String.raw`regex = 'foo-1[\d.]+\.9'`, "foo-1.9.9"],
    ["regex = 'foo-([\\d.]+)[.]tar'\nfrom_pattern = '(\\d)[.](\\d+)'\nto_pattern = '\\1_\\2'", "1_10"],
    ["regex = 'é(\\d)'\nencoding = \"utf-8\"", "7"],
    ["regex = 'Ã©(\\d)'", "7"],
    ["regex = 'nowhere'\nmissing_ok = true", undefined],
  ])("%s finds %s", async (options, version) => {
    const body = Buffer.from("foo-1.9.tar foo-1.10.tar foo-1.2.tar foo-1.9.9\né7");
    sites.pages.set("https://e.org/", { body });
    const found = await versionOf(`source = "regex"\nurl = "https://e.org/"\n${options}`);
    expect(found?.version).toBe(version);
  });

  test("is asked for by POST where the file has post_data, with its user agent", async () => {
    sites.pages.set("https://e.org/api", { body: "1.2" });
    const options = 'url = "https://e.org/api"\nregex = ".+"\npost_data = "a=1"\nuser_agent = "curl/8.14.1"';
    expect(await versionOf(`source = "regex"\n${options}`)).toEqual({ version: "1.2" });
    expect(sites.requests).toMatchObject([
      {
        line: "POST https://e.org/api",
        body: "a=1",
        headers: { "content-type": "application/x-www-form-urlencoded", "user-agent": "curl/8.14.1" },
      },
    ]);
  });
});

test.each([
  [`filter = '."v4-stable".version'`, "4.0.1"],
  [`filter = '.builds[] | select(.os == "linux") | .version'\ninclude_regex = '1\\..*'`, "1.10"],
  ["filter = '.number'", "7"],
  ["filter = '.missing'\nmissing_ok = true", undefined],
])("a JSON document is searched by a jq filter: %s", async (options, version) => {
  const builds = ["1.9", "1.10", "2.0"].map((one) => ({ os: "linux", version: one }));
  sites.pages.set("https://e.org/x.json", {
    body: {
      "v4-stable": { version: "4.0.1" },
      number: 7,
      builds: [...builds, { os: "mac", version: "1.11" }],
    },
  });
  const found = await versionOf(`source = "jq"\nurl = "https://e.org/x.json"\n${options}`);
  expect(found?.version).toBe(version);
});

test.each([
  [String.raw`regex = 'foo-([\d.]+)\.tar'`, "HEAD https://e.org/get", "1.2.3"],
  [`header = "Content-Disposition"\nregex = 'foo_([0-9.]+)\\.deb'`, "HEAD https://e.org/get", "1.2.4"],
  [`method = "GET"\nregex = '[\\d.]+\\d'`, "GET https://e.org/get", "1.2.3"],
  [`follow_redirects = true\nheader = "X-Version"\nregex = '.*'`, "HEAD https://e.org/get", "1.2.5"],
])("a header tells the version of a download: %s", async (options, line, version) => {
  sites.pages.set("https://e.org/get", {
    status: 302,
    headers: {
      location: "https://e.org/foo-1.2.3.tar",
      "content-disposition": 'attachment; filename="foo_1.2.4.deb"',
    },
  });
  sites.pages.set("https://e.org/foo-1.2.3.tar", { headers: { "x-version": "1.2.5" } });
  expect(await versionOf(`source = "httpheader"\nurl = "https://e.org/get"\n${options}`)).toEqual({
    version,
  });
  expect(sites.requests[0]?.line).toBe(line);
});

test.each([
  ['archpkg = "bar"\nstrip_release = "true"', "6.9.arch1"],
  ['archpkg = "bar"', "6.9.arch1-1"],
  ['archpkg = "bar"\nprovided = "libbar.so"\nstrip_release = true', "5"],
])("an Arch package counts as it is in the stable repositories: %s", async (options, version) => {
  sites.archPackage("bar", [
    { repo: "core-testing", pkgver: "7.0", pkgrel: "1" },
    { repo: "core", pkgver: "6.9.arch1", pkgrel: "1", provides: ["bar", "libbar.so=5-64"] },
  ]);
  expect(await versionOf(`source = "archpkg"\n${options}`)).toEqual({ version });
});

test.each([
  ['manual = " 1.2 "', { version: "1.2" }],
  ["", undefined],
])(
  "a version given by hand is that, and without one there's nothing to follow: %s",
  async (options, found) => {
    expect(await versionOf(`source = "manual"\n${options}`)).toEqual(found);
    expect(sites.requests).toEqual([]);
  },
);

test.each([
  ['source = "github"\ngit = "https://github.com/a/foo.git"', "needs the option github"],
  ['source = "github"\ngithub = "foo"', "github must be owner/name"],
  ['source = "github"\ngithub = "../foo"', "github must be owner/name"],
  ['source = "github"\ngithub = "a/foo"\nhost = "e.org/x?"', "host must be a host name"],
  [
    'source = "github"\ngithub = "a/foo"\nuse_latest_tag = true',
    "https://api.github.com/graphql answered 404",
  ],
  ['source = "gitea"\ngitea = "a/foo"\nuse_max_tag = true\nuse_latest_release = true', "exclude each other"],
  ['source = "pypi"\npypi = 5', "pypi must be text"],
  ['source = "pypi"', "https://pypi.org/pypi/foo/json answered 404"],
  ['source = "npm"', "https://registry.npmjs.org/-/package/foo/dist-tags answered 404"],
  ['source = "archpkg"', "https://archlinux.org/packages/search/json/ knows no package foo"],
  ['source = "regex"\nurl = "https://e.org/p?key=secret"\nregex = "x"', "https://e.org/p has nothing that"],
  ['source = "regex"\nurl = "https://e.org/p"\nregex = "(a)(b)"', "one group at most"],
  [
    String.raw`source = "regex"
url = "https://e.org/p"
regex = '\d+(?=\.tar)'`,
    "RE2 can't do",
  ],
  ['source = "regex"\nurl = "file:///etc/passwd"\nregex = "x"', "is no web address"],
  ['source = "regex"\nurl = "https://e.org/p"\nregex = "x"\nencoding = "klingon"', 'encoding "klingon"'],
  ['source = "jq"\nurl = "https://e.org/p"\nfilter = ".a"', "something else than JSON"],
  ['source = "jq"\nurl = "https://e.org/j"\nfilter = ".a"', "has no version where the recipe's filter looks"],
  ['source = "jq"\nurl = "https://e.org/j"\nfilter = "env"', 'filter isn\'t understood from "env" on'],
  ['source = "httpheader"\nurl = "https://e.org/p"\nregex = "x"', "answered without the header location"],
  ['source = "httpheader"\nurl = "https://e.org/p"\nregex = "x"\nmethod = "DELETE"', "method must be"],
  ['source = "cratesio"', "https://crates.io/api/v1/crates/foo answered in another form"],
  ['source = "regex"\nurl = "https://e.org/huge"\nregex = "x"', "5242880"],
  ['source = "manual"\nmanual = "1"\nfrom_pattern = "1"', "from_pattern needs a to_pattern"],
  [
    'source = "regex"\nurl = "https://e.org/p"\nregex = "p"\nsort_version_key = "portage"',
    'sort_version_key "portage"',
  ],
])("what a person has to fix is reported: %s", async (toml, message) => {
  sites.pages.set("https://e.org/p?key=secret", { body: "plain" });
  sites.pages.set("https://e.org/p", { body: "plain" });
  sites.pages.set("https://e.org/j", { body: { a: true } });
  sites.pages.set("https://e.org/huge", { body: Buffer.alloc(6 * 1024 * 1024, "x") });
  sites.pages.set("https://crates.io/api/v1/crates/foo", { body: { versions: "soon" } });
  sites.archPackage("foo", []);
  const error = await versionOf(toml).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "SluiceError" });
  expect(error).toHaveProperty("message", expect.stringContaining(message));
  expect(JSON.stringify(error)).not.toContain("secret");
});

const info = (name: string, version: string): unknown => ({
  body: { results: [{ Name: name, Version: version, LastModified: 1_700_000_000 }] },
});
const packagist = {
  "dev-master": { time: "2026-01-01T00:00:00+00:00" },
  "1.9.0": { time: "2025-01-02T00:00:00+00:00" },
  "1.10.0": { time: "2025-02-02T00:00:00+00:00" },
};
const goPage = `<div class="Version-tag">\n <a class="js-link" href="/foo@v1.2.3">v1.2.3</a></div><div class="Version-tag"><a>v1.2.2</a></div>`;

test.each([
  [
    'source = "aur"\naur = "bar"',
    "https://aur.archlinux.org/rpc/v5/info?arg[]=bar",
    info("bar", "1:2-3"),
    "1:2-3",
  ],
  [
    'source = "aur"\nstrip_release = true\nuse_last_modified = true',
    "https://aur.archlinux.org/rpc/v5/info?arg[]=foo",
    info("foo", "2-3"),
    "2-20231114221320",
  ],
  [
    'source = "cpan"\ncpan = "Foo-Bar"',
    "https://fastapi.metacpan.org/release/Foo-Bar",
    { body: { version: 1.5 } },
    "1.5",
  ],
  [
    'source = "gems"',
    "https://rubygems.org/api/v1/versions/foo.json",
    { body: [{ number: "1.9" }, { number: "1.10" }] },
    "1.10",
  ],
  [
    'source = "hackage"\nhackage = "bar"',
    "https://hackage.haskell.org/package/bar/preferred.json",
    { body: { "normal-version": ["1.3", "1.2"] } },
    "1.3",
  ],
  [
    'source = "packagist"\npackagist = "a/foo"',
    "https://packagist.org/packages/a/foo.json",
    { body: { package: { versions: packagist } } },
    "1.10.0",
  ],
  [
    'source = "anitya"\nanitya = "fedora/foo"',
    "https://release-monitoring.org/api/project/fedora/foo",
    { body: { version: "3" } },
    "3",
  ],
  [
    'source = "repology"\nrepo = "arch"',
    "https://repology.org/api/v1/project/foo",
    {
      body: [
        { repo: "debian", version: "9" },
        { repo: "arch", version: "2" },
      ],
    },
    "2",
  ],
  [
    'source = "openvsx"\nopenvsx = "a.foo"',
    "https://open-vsx.org/api/a/foo",
    { body: { version: "4" } },
    "4",
  ],
  [
    'source = "debianpkg"\nstrip_release = true',
    "https://sources.debian.org/api/src/foo/?suite=sid",
    { body: { versions: [{ version: "1.2-3" }] } },
    "1.2",
  ],
  [
    'source = "mercurial"\nmercurial = "https://e.org/foo"',
    "https://e.org/foo/json-tags",
    { body: { tags: [{ tag: "1.9" }, { tag: "1.10" }] } },
    "1.10",
  ],
  [
    'source = "go"\ngo = "e.org/foo"',
    "https://pkg.go.dev/e.org/foo?tab=versions",
    { body: goPage },
    "v1.2.3",
  ],
  [
    'source = "cran"',
    "https://cran.r-project.org/package=foo/DESCRIPTION",
    { body: "Package: foo\nVersion: 1.2-3\n" },
    "1.2-3",
  ],
])("%s is asked for at %s", async (toml, url, page, version) => {
  sites.pages.set(url, page as SitePage);
  expect((await versionOf(toml))?.version).toBe(version);
});

test.each([
  ["use_sorted_tags = true", "/refs/tags?sort=-target.date", { version: "1.10", commit: sha("a") }],
  ["use_max_tag = true", "/refs/tags", { version: "1.10", commit: sha("a") }],
  ["", "/commits/", { version: "20240201", commit: sha("c") }],
])(
  "a repository on Bitbucket tells its tags or the day of its newest commit: %s",
  async (options, path, found) => {
    const values = path.startsWith("/refs")
      ? [{ name: "1.10", target: { hash: sha("a") } }]
      : [{ hash: sha("c"), date: "2024-02-01T12:00:00+00:00" }];
    sites.pages.set(`https://bitbucket.org/api/2.0/repositories/a/foo${path}`, {
      body: { values, next: "https://e.org/elsewhere" },
    });
    expect(await versionOf(`source = "bitbucket"\nbitbucket = "a/foo"\n${options}`)).toEqual(found);
    expect(sites.requests).toHaveLength(1);
  },
);

describe("a package of CI_LIB_DB", () => {
  const url = "https://e.org/core.db";
  const files = Buffer.from("%FILES%\nusr/\nusr/lib/\nusr/lib/libbar.so.5.2\n").toString();
  const entry = "bar-2.1.0-3";
  const database = (provides: string): Record<string, string> => ({
    [`${entry}/desc`]: `%FILENAME%\n${entry}-any.pkg.tar.zst\n\n%NAME%\nbar\n\n%VERSION%\n2.1.0-3\n\n%PROVIDES%\n${provides}\n`,
  });

  /** Asked with what the last run knew of the database. */
  async function found(
    toml: string,
    known: readonly KnownDatabase[] = [],
  ): Promise<FoundVersion | undefined> {
    const remoteRefs = new RemoteRefs(http, openGit(tmpdir(), process.env));
    const libraries = () => readDistribution([url], known, http);
    asking = openAsking({ http, remoteRefs, githubToken: undefined, gitlabToken: undefined, libraries });
    return versionOf(toml);
  }

  beforeEach(() => {
    sites.pages.set(url, { body: gzipSync(writeTar(database("libbar.so=5-64"))) });
    sites.pages.set("https://e.org/core.files", {
      body: gzipSync(
        writeTar({ ...database("x"), [`${entry}/files`]: files, [`bar-doc-1-1/files`]: "%FILES%\nno\n" }),
      ),
    });
  });

  test.each([
    ['source = "alpm"\nalpm = "bar"', "2.1.0-3"],
    [
      String.raw`source = "alpm"
alpm = "bar"
from_pattern = '^(\d+\.\d+)\..*'
to_pattern = '\1'`,
      "2.1",
    ],
    ['source = "alpm"\nalpm = "bar"\nrepo = "core"\nprovided = "libbar.so"\nstrip_release = true', "5"],
    [
      String.raw`source = "alpmfiles"
pkgname = "bar"
filename = 'usr/lib/libbar\.so\.(\d+)\..*'`,
      "5",
    ],
    [
      String.raw`source = "alpmfiles"
pkgname = "bar"
filename = 'libbar\.so\..*'
strip_dir = true`,
      "libbar.so.5.2",
    ],
  ])("%s is %s", async (toml, version) => {
    expect((await found(toml))?.version).toBe(version);
  });

  test.each([
    ['source = "alpm"\nalpm = "gone"', "has gone"],
    ['source = "alpm"\nalpm = "bar"\nrepo = "own"', "no database called own.db"],
    ['source = "alpm"\nalpm = "bar"\nprovided = "libfoo.so"', "no version of libfoo.so"],
    ['source = "alpmfiles"\npkgname = "bar"\nfilename = "nothing"', "no file of bar"],
  ])("%s is for a person", async (toml, message) => {
    await expect(found(toml)).rejects.toThrow(message);
  });

  test("whose version is that of the last run is not unpacked for its files", async () => {
    const known = { url, newestBuild: 0, packages: ["bar:2.1.0-3"] };
    const toml = 'source = "alpmfiles"\npkgname = "bar"\nfilename = "x"';
    expect(await found(toml, [known])).toBeUndefined();
    expect(sites.requests.map(({ line }) => line)).toEqual([`GET ${url}`]);
  });
});

test("what is asked of the AUR at once is one request, and each package gets its own answer", async () => {
  const results = ["a", "b+c"].map((name) => ({ Name: name, Version: `${name}-1`, LastModified: 1 }));
  sites.pages.set("https://aur.archlinux.org/rpc/v5/info?arg[]=a&arg[]=b%2Bc&arg[]=gone", {
    body: { results },
  });
  const found = await Promise.all(["a", "b+c", "gone"].map((name) => asking.aurPackage(name)));
  expect(found.map((one) => one?.Version)).toEqual(["a-1", "b+c-1", undefined]);
  expect(sites.requests).toHaveLength(1);
});
