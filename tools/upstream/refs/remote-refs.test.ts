import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answer, FaultyServer, type Handler } from "../../../test/world/faulty-server.ts";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry, impatient } from "../../../test/world/hurry.ts";
import { openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { packet } from "./pkt-line.ts";
import { readRefLines, type Refs } from "./ref-lists.ts";
import { RemoteRefs } from "./remote-refs.ts";

let server: GitServer;
let http: Http;
let refs: RemoteRefs;
const cleanUps: (() => unknown)[] = [];
beforeEach(async () => {
  server = new GitServer();
  await server.start();
  http = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0 }, hurry);
  refs = new RemoteRefs(http, openGit("/", process.env));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await http.close();
  await server.stop();
});

async function refsOf(url: string, prefixes: readonly string[] = ["HEAD", "refs/"]): Promise<Refs> {
  const answer = await refs.ask(url, prefixes);
  if (answer.kind !== "refs") throw answer.error;
  return answer.refs;
}

/** What the real program says. */
async function lsRemote(url: string, ...args: readonly string[]): Promise<Refs> {
  const { stdout } = await promisify(execFile)("git", [...args, "ls-remote", "--symref", url]);
  return readRefLines(stdout.split("\n").filter(Boolean));
}

/** HEAD as a symref, two branches, a light tag, an annotated one, and one of that. */
function repository(name: string): void {
  server.commit(name, { files: { a: "1" } });
  server.git(name, "tag", "light", "main");
  server.git(name, "tag", "-a", "-m", "x", "annotated", "main");
  server.git(name, "-c", "advice.nestedTag=false", "tag", "-a", "-m", "x", "twice", "annotated");
  server.commit(name, { files: { a: "2" } });
  server.commit(name, { files: { a: "3" }, branch: "topic/ü" });
  server.git(name, "update-server-info");
}

/** git ls-remote doesn't say what a dumb server's HEAD stands for. */
function plain(refs: Refs): unknown[] {
  return [...refs].map(([name, { id, peeled }]) => [name, id, peeled]).sort();
}

describe.each(["v2", "v0", "dumb"] as const)("a server that speaks %s", (protocol) => {
  beforeEach(() => {
    server.speaks = protocol;
  });

  test("is understood as git ls-remote understands it", async () => {
    repository("foo");
    const found = await refsOf(server.url("foo"));
    const real = await lsRemote(server.url("foo"));
    expect(plain(found)).toEqual(plain(real));
    expect(found.get("HEAD")).toEqual({
      id: server.ref("foo", "refs/heads/main"),
      symref: "refs/heads/main",
    });
    expect(found.get("refs/tags/twice")!.peeled).toBe(server.git("foo", "rev-parse", "light"));
  });

  test("may have a HEAD that is no branch", async () => {
    repository("foo");
    const commit = server.git("foo", "rev-parse", "light");
    server.git("foo", "update-ref", "--no-deref", "HEAD", commit);
    expect((await refsOf(server.url("foo"))).get("HEAD")).toEqual({ id: commit });
  });

  test("may have an empty repository", async () => {
    server.commit("other", { files: {} });
    server.create("empty");
    server.git("empty", "update-server-info");
    expect(await refsOf(server.url("empty"))).toEqual(new Map());
    expect(await lsRemote(server.url("empty"))).toEqual(new Map());
  });

  test("may have no such repository", async () => {
    expect(await refs.ask(server.url("none"), ["HEAD"])).toMatchObject({
      kind: "problem",
      error: { code: "no-repository", message: `${server.url("none")}: there is no such repository (404)` },
    });
  });

  test("may ask for credentials, and gets those of the address", async () => {
    repository("secret");
    server.login = { only: /secret/, user: "me", password: "p@ss" };
    expect(await refs.ask(server.url("secret"), ["HEAD"])).toMatchObject({
      kind: "problem",
      error: { message: expect.stringContaining("asks for credentials") as unknown },
    });
    const known = server.url("secret").replace("//", "//me:p%40ss@");
    expect((await refsOf(known)).get("HEAD")!.id).toBe(server.ref("secret", "refs/heads/main"));
  });
});

test("only what is asked for is sent", async () => {
  repository("foo");
  expect([...(await refsOf(server.url("foo"), ["HEAD"])).keys()]).toEqual(["HEAD"]);
  expect([...(await refsOf(server.url("foo"), ["refs/tags/"])).keys()]).toEqual([
    "refs/tags/annotated",
    "refs/tags/light",
    "refs/tags/twice",
  ]);
});

test("a repository of SHA-256 is understood", async () => {
  repository("foo");
  server.git(
    "foo",
    "init",
    "--quiet",
    "--bare",
    "--object-format=sha256",
    "--initial-branch=main",
    server.folder("long"),
  );
  const tree = server.git("long", "mktree", "--missing");
  server.git("long", "update-ref", "refs/heads/main", server.git("long", "commit-tree", "-m", "x", tree));
  expect((await refsOf(server.url("long"))).get("HEAD")!.id).toMatch(/^[0-9a-f]{64}$/);
});

describe("asked several times", () => {
  test("one repository is asked once for several refs, however its address is written", async () => {
    repository("foo");
    const loud = server.url("foo").replace("http", "HTTP");
    const [head, branch] = await Promise.all([
      refsOf(server.url("foo"), ["HEAD"]),
      refsOf(`${loud}/`, ["refs/heads/topic/ü"]),
      refsOf(server.url("foo"), ["HEAD"]),
    ]);
    expect(head.get("HEAD")!.id).toBe(server.ref("foo", "refs/heads/main"));
    expect(branch.get("refs/heads/topic/ü")!.id).toBe(server.ref("foo", "refs/heads/topic/ü"));
    expect(server.http.asked).toHaveLength(2);
    await refsOf(server.url("foo"), ["HEAD"]);
    expect(server.http.asked).toHaveLength(2);
    await refsOf(server.url("foo"), ["refs/tags/"]);
    expect(server.http.asked).toHaveLength(4);
  });
});

describe("trouble", () => {
  test.each([
    ["down", { kind: "down" }],
    ["cut", { kind: "cut", only: /^POST/ }],
    ["answering 429", { kind: "answers", status: 429 }],
    ["answering 403", { kind: "answers", status: 403 }],
    [
      "answering with a page for people",
      { kind: "answers", status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
    ],
  ] as const)("a server that is %s is unavailable", async (_, fault) => {
    repository("foo");
    server.http.faults = [fault];
    expect(await refs.ask(server.url("foo"), ["HEAD"])).toMatchObject({
      kind: "unavailable",
      error: { code: "unavailable", exitCode: 1, facts: { host: new URL(server.http.url).host } },
    });
  });

  test("a server that is silent is unavailable", async () => {
    repository("foo");
    server.http.faults = [{ kind: "silent" }];
    const soon = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0 }, impatient);
    cleanUps.push(() => soon.close());
    const found = await new RemoteRefs(soon, openGit("/", process.env)).ask(server.url("foo"), ["HEAD"]);
    expect(found).toMatchObject({ kind: "unavailable", error: { code: "unavailable", exitCode: 1 } });
  });

  test("an address that isn't asked is a problem", async () => {
    expect(await refs.ask("ext::sh -c id", ["HEAD"])).toMatchObject({
      kind: "problem",
      error: { code: "bad-url" },
    });
  });

  const advertisement = "application/x-git-upload-pack-advertisement";
  test.each([
    ["a length beyond the end", advertisement, "00ffx", "unavailable"],
    ["no end", advertisement, packet("version 2"), "unavailable"],
    ["a ref that is none", advertisement, `${packet("nonsense")}0000`, "unavailable"],
    ["an error of its own", advertisement, `${packet("ERR no\u202e way `id`")}0000`, "problem"],
  ])("an answer with %s is refused", async (_, type, body, kind) => {
    const other = await serve((_, response) => response.writeHead(200, { "content-type": type }).end(body));
    expect(await refs.ask(`${other.url}/a`, ["HEAD"])).toMatchObject({ kind });
  });
});

async function serve(handler: Handler): Promise<FaultyServer> {
  const other = new FaultyServer(handler);
  await other.start();
  cleanUps.push(() => other.stop());
  return other;
}

describe("redirects", () => {
  test("are followed for the first request, and tell where the repository is", async () => {
    repository("foo");
    const old = await serve((request, response) => {
      if (request.method === "POST") return answer(response, { status: 500 });
      return response
        .writeHead(301, { location: server.url("foo") + request.url!.replace("/old", "") })
        .end();
    });
    expect((await refsOf(`${old.url}/old`)).get("HEAD")!.id).toBe(server.ref("foo", "refs/heads/main"));
    expect(await lsRemote(`${old.url}/old`)).toEqual(await lsRemote(server.url("foo")));
  });

  test("to what is no repository are refused", async () => {
    const old = await serve((request, response) =>
      request.url === "/login"
        ? response.end("hello")
        : response.writeHead(302, { location: "/login" }).end(),
    );
    expect((await refs.ask(`${old.url}/old`, ["HEAD"])).kind).toBe("unavailable");
  });

  test("of the second request are refused", async () => {
    repository("foo");
    server.http.faults = [
      {
        kind: "answers",
        status: 307,
        headers: { location: `${server.url("bar")}/git-upload-pack` },
        only: /^POST \/foo/,
      },
    ];
    server.commit("bar", { files: {} });
    expect((await refs.ask(server.url("foo"), ["HEAD"])).kind).toBe("unavailable");
  });
});

test("a server of another protocol is asked by the program, under the same limits", async () => {
  repository("foo");
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const daemon = spawn(
    "git",
    [
      "daemon",
      "--export-all",
      "--listen=127.0.0.1",
      `--port=${port}`,
      `--base-path=${server.folder("foo")}/..`,
    ],
    { detached: true, stdio: "ignore" },
  );
  cleanUps.push(() => end(daemon));
  await listens(port);
  const url = `git://127.0.0.1:${port}/foo.git`;
  expect(await refsOf(url, ["HEAD", "refs/heads/"])).toEqual(
    await refsOf(server.url("foo"), ["HEAD", "refs/heads/"]),
  );
  expect(await refs.ask(`git://127.0.0.1:${port}/none.git`, ["HEAD"])).toMatchObject({ kind: "problem" });
  expect(await refs.ask("git://127.0.0.1:1/none.git", ["HEAD"])).toMatchObject({ kind: "unavailable" });
});

async function listens(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await sleep(20);
  }
}

async function end(daemon: ChildProcess): Promise<void> {
  const closed = once(daemon, "close");
  process.kill(-daemon.pid!);
  await closed;
}
