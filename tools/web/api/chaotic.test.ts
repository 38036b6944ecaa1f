import { afterAll, beforeAll, expect, test } from "vitest";
import { name, nasty, serveNasty } from "../../../test/world/web-source.ts";

let served: Awaited<ReturnType<typeof serveNasty>>;
let url: string;
beforeAll(async () => {
  served = await serveNasty();
  url = served.url;
});
afterAll(() => served.close());

function ask(path: string): Promise<Response> {
  return fetch(`${url}${path}`, { redirect: "manual" });
}

async function place(path: string): Promise<unknown> {
  const { status, headers } = await ask(path);
  return [status, headers.get("location")];
}

test("what is built and waits, also from another site", async () => {
  const stats = await ask("/api/queue/stats");
  expect(stats.headers.get("access-control-allow-origin")).toBe("*");
  const waiting = [{ name: `test/x86_64/${name}`, build_class: nasty }];
  expect(await stats.json()).toEqual({
    active: { count: 0, packages: [] },
    waiting: { count: 1, packages: waiting },
    idle: { count: 0, nodes: [] },
  });
  expect(await (await ask("/api/queue/packages")).json()).toEqual([
    { [name]: { arch: "x86_64", build_class: nasty, srcrepo: "workspace", timestamp: 1 } },
  ]);
});

test("how many builds there were, as its boards ask for it", async () => {
  const answer = await ask("/api/queue/metrics");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(await answer.json()).toEqual({
    builder_queue: { completed: 7, failed: 2 },
    database_queue: { completed: 7, failed: 0 },
  });
});

test("the page of a log by package and time", async () => {
  const id = encodeURIComponent(name);
  expect(await place(`/logs.html?id=${id}&timestamp=1`)).toEqual([302, "build/1"]);
  expect(await place(`/logs/logs.html?id=${id}`)).toEqual([302, "../build/1"]);
  expect(await place(`/logs.html?id=${id}&timestamp=9`)).toEqual([404, null]);
});

test.each([
  ["a timestamp that is no number", `${encodeURIComponent(name)}/x`, 400],
  ["a name that is none", "..%2f..%2fetc/1", 400],
  ["a build that never was", `${encodeURIComponent(name)}/9`, 404],
  ["a package that was never built", "other", 404],
])("%s refused", async (_what, path, status) => {
  expect((await ask(`/api/logs/${path}`)).status).toBe(status);
});

test("a log as it grows, as text", async () => {
  const over = new AbortController();
  const answer = await fetch(`${url}/api/logs/${encodeURIComponent(name)}/1`, { signal: over.signal });
  const { value } = await answer.body!.getReader().read();
  expect([answer.headers.get("content-type"), Buffer.from(value!).toString().slice(0, 4)]).toEqual([
    "text/plain; charset=utf-8",
    "x\nx\n",
  ]);
  over.abort();
});
