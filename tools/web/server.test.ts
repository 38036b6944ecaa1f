import { connect } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LogSource } from "./source.ts";
import { name, nasty, read, serveNasty } from "../../test/world/web-source.ts";

let served: Awaited<ReturnType<typeof serveNasty>>;
let url: string;
beforeAll(async () => {
  served = await serveNasty({
    actions: { holder: async () => undefined, act: () => Promise.reject(new Error()) },
  });
  url = served.url;
});
afterAll(() => served.close());

const pages = [
  "/",
  "/broken",
  "/queue",
  "/reviews",
  "/feed.atom",
  "/repository",
  "/packages",
  `/packages?search=${encodeURIComponent(nasty)}`,
];
const named = [
  `/package/${encodeURIComponent(name)}`,
  "/build/1",
  "/build/1?line=1&search=img",
  `/reviews/${encodeURIComponent(name)}`,
];

test.each([...pages, ...named, `/package/${encodeURIComponent(nasty)}`])(
  "%s shows a stranger's texts as text, and forbids scripts within",
  async (path) => {
    const answer = await fetch(`${url}${path}`);
    const text = await answer.text();
    expect(text).not.toContain("<img");
    expect(text).not.toMatch(/="[^"<>]*alert\('/);
    expect(text).not.toContain('onerror="');
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'self'; script-src 'self'/,
    );
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  },
);

test.each([
  "/assets/../server.ts",
  "/assets/%2e%2e/server.ts",
  "/assets/..%2fserver.ts",
  "/assets/%252e%252e%252fserver.ts",
  "/assets/style.css%00.js",
  "/package/..%2f..%2fetc%2fpasswd",
  "/build/..%2f1",
  "/build/1e0",
  "/api/builds/1%2flog",
  "/%c0%ae%c0%ae/etc/passwd",
  "//evil.example/",
  "/\\evil.example",
])("%s leads nowhere", async (path) => {
  const status = await new Promise<number>((resolve, reject) => {
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1", () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    );
    let said = "";
    socket.on("data", (data) => (said += data.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1])));
  });
  expect([400, 404]).toContain(status);
});

test.each(["POST", "PUT", "DELETE", "PATCH"])(
  "%s changes nothing, and other sites get no leave",
  async (method) => {
    const answer = await fetch(`${url}/api/builds/1`, {
      method,
      headers: { origin: "https://evil.example" },
    });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([405, null]);
  },
);

test("the name by which somebody asks can't bring markup into the page", async () => {
  const text = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
      socket.write(`GET /repository HTTP/1.1\r\nHost: "><script>\r\nConnection: close\r\n\r\n`),
    );
    let said = "";
    socket.on("data", (data) => (said += data.toString()));
    socket.on("close", () => resolve(said));
  });
  expect(text).not.toContain("><script>");
});

test("who doesn't read is given no more than fits on the way", async () => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
    socket.write("GET /api/builds/1/log/live HTTP/1.1\r\nHost: x\r\n\r\n"),
  );
  socket.pause();
  // Until nothing more is read for it, which would never come if it were collected.
  for (let before = -1; before !== read.bytes || read.bytes === 0;) {
    before = read.bytes;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(read.bytes).toBeLessThan(8_000_000);
  socket.destroy();
});

test.each(["HEAD", "GET"])("of a log that nobody takes, %s reads no more than a little", async (method) => {
  let bytes = 0;
  const log: LogSource = {
    size: async () => 1e12,
    async read(_from, length) {
      bytes += length;
      return Buffer.alloc(length, "x\n");
    },
    times: async () => [],
    async *follow() {
      yield Buffer.from("");
    },
  };
  const long = await serveNasty({}, { log: async () => log });
  const leaving = new AbortController();
  const { status } = await fetch(`${long.url}/api/builds/1/log`, { method, signal: leaving.signal });
  leaving.abort();
  expect(status).toBe(200);
  for (let before = -1; before !== bytes;) {
    before = bytes;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(bytes).toBeLessThan(1e9);
  await long.close();
});

test("events go on where a reader was cut off", async () => {
  const over = new AbortController();
  const answer = await fetch(`${url}/api/events`, {
    headers: { "last-event-id": "41" },
    signal: over.signal,
  });
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  let said = "";
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (said.includes("id: 44")) break;
  }
  expect([...said.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual(["42", "43", "44"]);
  over.abort();
});

test.each([...pages, ...named].filter((path) => path !== "/feed.atom"))(
  "%s has the field that finds packages in its header",
  async (path) => {
    const text = await (await fetch(`${url}${path}`)).text();
    const root = /^\/(?:package|build|reviews)\//.test(path) ? "../" : "./";
    expect(text).toMatch(
      new RegExp(`<header>.*<form class="find"[^>]* action="${root}packages">.*</header>`, "s"),
    );
  },
);

test("a page has one place to change something, however many builders there are, and a command line without scripts", async () => {
  const actions = {
    holder: async () => undefined,
    act: async () => ({ kind: "done" as const, message: "" }),
  };
  const address = "https://repo.example.org";
  const builder = {
    class: "2",
    arch: "x86_64",
    jobs: 1,
    there: true,
    drained: null,
    building: [],
    last: null,
  };
  const builders = async () => ["attic", "o'brien\nreboot"].map((one) => ({ ...builder, name: one }));
  const other = await serveNasty({ actions, address }, { builders });
  const text = await (await fetch(`${other.url}/queue`)).text();
  await other.close();
  expect(text.match(/data-offers=/g)).toHaveLength(1);
  const [, lines = ""] = /<noscript>.*<pre tabindex="0">(.*)<\/pre/s.exec(text) ?? [];
  expect(lines.trim().replaceAll("&quot;", '"').replaceAll("&#39;", "'").split("\n")).toEqual([
    "# Drain attic",
    `curl -H "Authorization: Bearer $TOKEN" --json '{"action":"drain","of":"attic"}' '${address}/api/actions'`,
    "# Drain o'brien reboot",
    `curl -H "Authorization: Bearer $TOKEN" --json '{"action":"drain","of":"o'\\''brien\\nreboot"}' '${address}/api/actions'`,
  ]);
});

interface Described {
  readonly responses: Record<number, { readonly content: Record<string, { readonly schema: object }> }>;
}

async function described(): Promise<{
  readonly openapi: string;
  readonly paths: Record<string, { readonly get?: Described; readonly post?: Described }>;
}> {
  return (await fetch(`${url}/api/openapi.json`)).json() as ReturnType<typeof described>;
}

async function schemaOf(path: string, status = 200): Promise<object> {
  const { openapi, paths } = await described();
  expect(openapi).toBe("3.1.0");
  return paths[path]!.get!.responses[status]!.content["application/json"]!.schema;
}

describe("the API's description", () => {
  test.each([
    ["/api/overview", "/api/overview"],
    ["/api/queue", "/api/queue"],
    ["/api/failing", "/api/failing"],
    ["/api/repository", "/api/repository"],
    ["/api/builds", "/api/builds?limit=3"],
    ["/api/builders", "/api/builders"],
    ["/api/packages", "/api/packages?search=c._d"],
    ["/api/reviews", "/api/reviews"],
    ["/api/reviews/{pkgbase}", `/api/reviews/${encodeURIComponent(name)}`],
    ["/api/builds/{id}", "/api/builds/1"],
    ["/api/packages/{pkgbase}", `/api/packages/${encodeURIComponent(name)}`],
  ])("says of %s what comes", async (path, asked) => {
    const validate = new Ajv2020({ strict: false, formats: { int53: true } }).compile(await schemaOf(path));
    const answer: unknown = await (await fetch(`${url}${asked}`)).json();
    expect([validate(answer), validate.errors]).toEqual([true, null]);
    expect(JSON.stringify(answer)).toContain(name);
  });

  test.each([
    ["/api/builds", "/api/builds?limit=0", 400],
    ["/api/builds", "/api/builds?limit=501", 400],
    ["/api/packages", "/api/packages?limit=0", 400],
    ["/api/builds/{id}", "/api/builds/0", 400],
    ["/api/builds/{id}", "/api/builds/x", 400],
    ["/api/builds/{id}", "/api/builds/99", 404],
    ["/api/builds/{id}/log", "/api/builds/1/log?offset=-1", 400],
    ["/api/builds/{id}/log", "/api/builds/99/log", 404],
    ["/api/builds/{id}/log/live", "/api/builds/99/log/live", 404],
    ["/api/packages/{pkgbase}", "/api/packages/none", 404],
    ["/api/reviews/{pkgbase}", "/api/reviews/none", 404],
  ])("says of %s how %s is refused: what, where, and the next step", async (path, asked, status) => {
    const answer = await fetch(`${url}${asked}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      status,
      "application/json; charset=utf-8",
    ]);
    const schema = await schemaOf(path, status);
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect([validate(await answer.json()), validate.errors]).toEqual([true, null]);
  });

  test("says of every address that somebody may be told to wait, and of one that is sent to all its refusals", async () => {
    const { paths } = await described();
    for (const [path, { get, post }] of Object.entries(paths)) {
      if (!path.startsWith("/api/")) continue;
      expect([path, Object.keys((get ?? post)!.responses)]).toEqual([
        path,
        expect.arrayContaining(["200", "429"]),
      ]);
    }
    expect(Object.keys(paths["/api/actions"]!.post!.responses)).toEqual(
      expect.arrayContaining(["400", "401", "403", "404", "409", "413", "415"]),
    );
  });

  test.each(["/api/none", "/api/packages/%ff", "/api/logs/none/1", "/api/logs/-x", "/api"])(
    "%s is refused as JSON that says what to do, too",
    async (asked) => {
      const answer = await fetch(`${url}${asked}`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const { message, hint } = (await answer.json()) as { message: string; hint: string };
      expect([message, hint]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    },
  );
});

test("metrics are Prometheus text", async () => {
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain('sluice_packages_failing{repository="test"} 1');
  expect(text).toContain("# TYPE sluice_builds_finished_total counter");
  expect(text).toContain('sluice_build_duration_seconds_bucket{le="+Inf",repository="test"} 4');
});

test("metrics have chaotic-manager's names and status codes besides, and what is no class as its default", async () => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const labels = 'build_class="1",status="3",namespace="",nodeID="sluice"';
  expect(text).toContain(`moleculer_builds_failed_build{target_repo="test",arch="x86_64",${labels}} 1`);
  expect(text).toMatch(/^moleculer_builds_total\{.*status="0".*\} 3$/m);
  expect(text).toContain('moleculer_builds_time_elapsed_sum{namespace="",nodeID="sluice"} 60');
});

test("what a recipe calls its class breaks out of no label", async () => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.includes("<img"));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^(?:# HELP |\w+\{(?:\w+="(?:[^"\\]|\\.)*",?)*\} \d+$)/);
});

test.each([...pages, ...named])("below a prefix, all links and scripts of %s stay below it", async (path) => {
  const text = await (await fetch(`${url}${path}`)).text();
  const found = [...text.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, link = ""]) => link);
  const base = `http://proxy.example/sluice${path}`;
  const local = found.filter((link) => !/^(?:https?|data):/.test(link));
  expect(local.length).toBeGreaterThan(path === "/feed.atom" ? -1 : 5);
  const outside = local.filter((link) => !new URL(link, base).pathname.startsWith("/sluice/"));
  expect(outside).toEqual([]);
});
