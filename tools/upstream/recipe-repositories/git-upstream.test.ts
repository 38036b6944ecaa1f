import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import { openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { upstreamContract } from "../contract.ts";
import { gitUpstream } from "./git-upstream.ts";
import type { Seen, Sighting } from "../upstream.ts";

describe("a Git URL", () => {
  upstreamContract(async () => {
    const server = new GitServer();
    await server.start();
    return {
      offer: (pkgbase, version, pkgbuild) => {
        server.commit(pkgbase, { files: { PKGBUILD: pkgbuild }, message: version });
      },
      source: (pkgbase) => server.url(pkgbase),
      trouble: (fault, pkgbase) => {
        const only = pkgbase === undefined ? /./ : new RegExp(`/${pkgbase}\\.git`);
        server.http.faults = fault ? [{ ...fault, only }] : [];
      },
      requests: () => server.http.asked.length,
      open: gitUpstream,
      stop: () => server.stop(),
    };
  });
});

let server: GitServer;
let http: Http;
let folder: string;
beforeEach(async () => {
  server = new GitServer();
  await server.start();
  http = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0 }, hurry);
  folder = mkdtempSync(join(tmpdir(), "sluice-git-upstream-"));
  execFileSync("git", ["init", "--quiet", "--bare", folder]);
});
afterEach(async () => {
  await http.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function look(source: string, seen: Seen = {}): Promise<Sighting> {
  const upstream = gitUpstream({ http, scratch: openGit(folder, process.env) });
  return (
    await upstream.look([
      { pkgbase: "foo", source, srcinfo: undefined, recipe: () => Promise.resolve(new Map()), seen },
    ])
  ).get("foo")!;
}

test("another branch than the default one is followed where the source says so", async () => {
  server.commit("foo", { files: { PKGBUILD: "main" } });
  const revision = server.commit("foo", { files: { PKGBUILD: "dev" }, branch: "dev/ü", date: 1_600_000_000 });
  const found = await look(`${server.url("foo")}#branch=dev/ü`);
  expect(found).toMatchObject({
    kind: "recipe",
    seen: { revision },
    recipe: { revision, committedAt: 1_600_000_000_000 },
  });
  expect((await look(server.url("foo"), { revision })).kind).toBe("recipe");
  expect(await look(`${server.url("foo")}#branch=dev/ü`, { revision })).toEqual({
    kind: "unchanged",
    seen: { revision },
  });
});

test("an unchanged recipe isn't fetched", async () => {
  const revision = server.commit("foo", { files: { PKGBUILD: "1" } });
  await look(server.url("foo"), { revision });
  expect(server.http.asked).toEqual([
    "GET /foo.git/info/refs?service=git-upload-pack",
    "POST /foo.git/git-upload-pack",
  ]);
});

test("history that upstream rewrote is only another recipe", async () => {
  server.commit("foo", { files: { PKGBUILD: "1" } });
  const revision = server.commit("foo", { files: { PKGBUILD: "2" } });
  const rewritten = server.commit("foo", { files: { PKGBUILD: "3" }, rewrites: true });
  expect(await look(server.url("foo"), { revision })).toMatchObject({
    kind: "recipe",
    seen: { revision: rewritten },
  });
});

test("a stale mirror offers what it has, and nothing is made of it but a recipe", async () => {
  const old = server.commit("foo", { files: { PKGBUILD: "1" } });
  server.keepAsStale();
  const revision = server.commit("foo", { files: { PKGBUILD: "2" } });
  server.http.faults = [{ kind: "stale" }];
  expect(await look(server.url("foo"), { revision })).toMatchObject({
    kind: "recipe",
    seen: { revision: old },
  });
});

test("what is no regular file is there for the gate to see", async () => {
  const files = {
    PKGBUILD: "1",
    link: { mode: "120000", bytes: "../../etc/passwd" },
    module: { mode: "160000", bytes: "a".repeat(40) },
    ".gitmodules": '[submodule "module"]\n\tpath = module\n\turl = ext::sh -c id\n',
    ".gitattributes": "* filter=evil\n",
  };
  server.commit("foo", { files });
  const found = await look(server.url("foo"));
  const modes =
    found.kind === "recipe" ? [...found.recipe.files].map(([path, { mode }]) => [path, mode]) : [];
  expect(Object.fromEntries(modes)).toEqual({
    PKGBUILD: "100644",
    link: "120000",
    module: "160000",
    ".gitmodules": "100644",
    ".gitattributes": "100644",
  });
});

test("a fetch that is cut is tried once more, and no more", async () => {
  server.commit("foo", { files: { PKGBUILD: "1", more: "x".repeat(10_000) } });
  // The first POST asks for refs, Git's own fetch asks for them again and then for the pack.
  const answersOf = async (times: number): Promise<Sighting> => {
    const before = { kind: "none", times: 2, only: /^POST/ } as const;
    server.http.faults = [before, { kind: "cut", times, only: /^POST/ }];
    return look(server.url("foo"));
  };
  expect((await answersOf(1)).kind).toBe("recipe");
  expect((await answersOf(9)).kind).toBe("unavailable");
});

test.each([
  ["too large", { PKGBUILD: "1", big: Buffer.alloc(20 * 1024 * 1024) }, "recipe-too-large"],
  ["without a PKGBUILD", { README: "1" }, "no-pkgbuild"],
])("a recipe %s is a problem", async (_, files, code) => {
  server.commit("foo", { files });
  expect(await look(server.url("foo"))).toMatchObject({ kind: "problem", error: { code, exitCode: 1 } });
});

test.each([
  "ext::sh -c id",
  "--upload-pack=id",
  "file:///etc",
  "https://example.org/a#tag=v1",
  "https://example.org/a#branch=",
  "https://example.org/a#branch=a b",
  "https://example.org/a#branch=--upload-pack=id#x",
])("%s is a problem", async (source) => {
  expect(await look(source)).toMatchObject({ kind: "problem", error: { exitCode: 1 } });
});

test("a branch that isn't there is a problem", async () => {
  server.commit("foo", { files: { PKGBUILD: "1" } });
  expect(await look(`${server.url("foo")}#branch=none`)).toMatchObject({
    kind: "problem",
    error: { code: "no-branch", message: `${server.url("foo")} has no branch none` },
  });
});
