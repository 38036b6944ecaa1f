import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { name, serveNasty } from "../../test/world/web-source.ts";
import { logFiles } from "../manager/view/log-file.ts";
import { timeoutSignal } from "../timeout-signal.ts";
import type { Actions } from "./source.ts";

const asked: unknown[] = [];
const actions: Actions = {
  holder: async (token) => (token === "right" ? { name: "ann", allows: ["build"] } : undefined),
  act: async (by, action) => {
    asked.push([by.name, action.action, action.of]);
    return { kind: "done", message: "it is" };
  },
};
const body = JSON.stringify({ action: "build", of: name });
const right = { authorization: "Bearer right", "content-type": "application/json" };

let served: Awaited<ReturnType<typeof serveNasty>>;
beforeAll(async () => {
  served = await serveNasty({ actions, proxies: ["127.0.0.0/8"] });
});
afterAll(() => served.close());

function post(headers: Record<string, string>, sent = body, url = served.url): Promise<Response> {
  return fetch(`${url}/api/actions`, { method: "POST", headers, body: sent });
}

describe("whoever changes something", () => {
  test("sends a token in a header", async () => {
    expect((await post(right)).status).toBe(200);
    expect(asked).toEqual([["ann", "build", name]]);
  });

  test.each([
    ["without a token", { "content-type": "application/json" }, 401],
    [
      "with a token in a cookie",
      { cookie: "token=right; authorization=right", "content-type": "application/json" },
      401,
    ],
    ["with a token in another scheme", { ...right, authorization: "Basic right" }, 401],
    ["as a form of another site", { ...right, "content-type": "application/x-www-form-urlencoded" }, 415],
    ["as text, which other sites may send", { ...right, "content-type": "text/plain" }, 400],
  ])("isn't heard %s", async (_how, headers, status) => {
    asked.length = 0;
    expect([(await post(headers)).status, asked]).toEqual([status, []]);
  });

  test.each(['{"action":"explode","of":"x"}', '{"action":"build"}', '{"action":"build","of":""}', "{", "[]"])(
    "is told that %s is nothing",
    async (sent) => expect((await post(right, sent)).status).toBe(400),
  );

  test("from another site's script gets no leave from a browser", async () => {
    const answer = await fetch(`${served.url}/api/actions`, {
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      },
    });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([405, null]);
  });

  test("can't guess: after ten wrong tokens nobody at that address is listened to, elsewhere they are", async () => {
    const guessing = await serveNasty({ actions, proxies: ["127.0.0.1"] });
    const from = (address: string, token: string): Promise<number> =>
      post(
        { ...right, authorization: `Bearer ${token}`, "x-forwarded-for": address },
        body,
        guessing.url,
      ).then(({ status }) => status);
    const answers = [];
    for (let n = 0; n < 12; n++) answers.push(await from("2001:db8::1", `wrong${n}`));
    expect(answers).toEqual([...Array<number>(10).fill(401), 429, 429]);
    // An IPv6 network is one address.
    expect([await from("2001:db8::2", "right"), await from("192.0.2.1", "right")]).toEqual([429, 200]);
    await guessing.close();
  });

  test("can't guess by sending a hundred tokens at once either", async () => {
    const guessing = await serveNasty({ actions });
    const guess = (_: unknown, n: number): Promise<Response> =>
      post({ ...right, authorization: `Bearer wrong${n}` }, body, guessing.url);
    const answers = await Promise.all(Array.from({ length: 100 }, guess));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(90);
    await guessing.close();
  });
});

test("nothing can be changed where no token could allow it", async () => {
  const plain = await serveNasty();
  expect((await post(right, body, plain.url)).status).toBe(405);
  expect(await (await fetch(`${plain.url}/package/${encodeURIComponent(name)}`)).text()).not.toContain(
    "data-offers",
  );
  await plain.close();
});

test.each([
  ["/", 200],
  ["/api/overview", 200],
  ["/assets/log.js", 200],
  ["/nothing", 404],
  ["/metrics", 200],
  ["/feed.atom", 200],
  ["/api/actions", 405],
  ["/package/%ff", 400],
  ["/api/packages/%ff", 400],
  [`/package/${"x".repeat(400)}`, 414],
  [`/api/packages/${"x".repeat(400)}`, 414],
  ["/test/x86_64/none.db", 404],
  ["/logs/foo/1.log", 404],
])("%s comes with the headers that a browser is to keep", async (path, status) => {
  const answer = await fetch(`${served.url}${path}`, { headers: { "x-forwarded-proto": "https" } });
  const { headers } = answer;
  expect([answer.status, Object.fromEntries(headers)]).toMatchObject([
    status,
    {
      "content-security-policy": expect.stringContaining("default-src 'none'") as string,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "permissions-policy": expect.stringContaining("camera=()") as string,
      "cross-origin-opener-policy": "same-origin",
      "strict-transport-security": expect.stringContaining("max-age=") as string,
    },
  ]);
  expect([headers.get("server"), headers.get("x-powered-by"), headers.get("set-cookie")]).toEqual([
    null,
    null,
    null,
  ]);
  await answer.arrayBuffer();
});

test.each([
  ["DELETE", "/", "GET, HEAD"],
  ["PUT", "/package/foo", "GET, HEAD"],
  ["POST", "/api/overview", "GET, HEAD"],
  ["OPTIONS", "/nothing", "GET, HEAD"],
  ["PATCH", "/logs/foo/1.log", "GET, HEAD"],
  ["POST", "/logs/logs.html", "GET, HEAD"],
  ["GET", "/api/actions", "POST"],
  ["DELETE", "/api/actions", "POST"],
])("%s %s isn't allowed, and what is gets named", async (method, path, allow) => {
  const { status, headers } = await fetch(`${served.url}${path}`, { method });
  expect([status, headers.get("allow")]).toEqual([405, allow]);
});

async function feed(url: string, headers: Record<string, string>): Promise<string> {
  const text = await (await fetch(`${url}/feed.atom`, { headers })).text();
  return /rel="self" href="([^"]*)feed.atom"/.exec(text)![1]!;
}

describe("what a reverse proxy says of a client", () => {
  const said = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "repo.example.org",
    "x-forwarded-prefix": "/sluice",
  };
  test("counts where it is trusted, its prefix too", async () => {
    expect(await feed(served.url, said)).toBe("https://repo.example.org/sluice/");
  });

  test.each(['/"><script>', "/a/../b", "/..", "/./a", "//evil.example", "a", "/a/", "/a//b", "/%2e%2e"])(
    "counts without a prefix where that is %s",
    async (prefix) =>
      expect(await feed(served.url, { ...said, "x-forwarded-prefix": prefix })).toBe(
        "https://repo.example.org/",
      ),
  );

  test("doesn't count of anybody else, whose own Host isn't repeated to others; nor where the address is set", async () => {
    const open = await serveNasty();
    const fixed = await serveNasty({ address: "https://fixed.example/x", proxies: ["127.0.0.1"] });
    expect([await feed(open.url, said), await feed(fixed.url, said)]).toEqual([
      "",
      "https://fixed.example/x/",
    ]);
    const text = await (await fetch(`${open.url}/feed.atom`)).text();
    expect(text).not.toContain(new URL(open.url).host);
    expect(text).toContain('href="package/a%2Bb%40c._d--e"');
    await open.close();
    await fixed.close();
  });
});

async function askAgain(): Promise<number> {
  const headers = { "x-forwarded-for": "198.51.100.7" };
  const answer = await fetch(`${served.url}/api/token`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

test("whoever asks without end is told to wait", async () => {
  const answers: number[] = [];
  while (answers.length < 1200) answers.push(...(await Promise.all(Array.from({ length: 100 }, askAgain))));
  expect([new Set(answers), await askAgain()]).toEqual([new Set([401]), 429]);
});

test("the end of a log of 1 GiB is shown as fast as any, however little of it is on the disk", async () => {
  const home = mkdtempSync(join(tmpdir(), "sluice-huge-"));
  const path = join(home, "1.log");
  writeFileSync(path, ":: begun\n==> Starting build()...\n");
  truncateSync(path, 2 ** 30);
  appendFileSync(path, "\nmain.c:1: error: at the very end\nlast line\n");
  const file = (await logFiles().find(path))!;
  const huge = await serveNasty(
    {},
    {
      log: async () => ({
        ...file,
        follow: (from) => file.follow(from, async () => false, timeoutSignal(1e6)),
      }),
    },
  );
  const text = await (await fetch(`${huge.url}/build/1`)).text();
  expect(text).toContain("last line");
  expect(text).toContain("Starting build()");
  expect(text.length).toBeLessThan(200_000);
  await huge.close();
  rmSync(home, { recursive: true });
});
