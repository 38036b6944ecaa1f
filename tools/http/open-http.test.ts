import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { answer, FaultyServer, type Handler } from "../../test/world/faulty-server.ts";
import { hurry, impatient } from "../../test/world/hurry.ts";
import { startHttpProxy, startSocksProxy, type Proxy } from "../../test/world/proxies.ts";
import type { Http, HttpOptions } from "./http.ts";
import { openHttp } from "./open-http.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(handler: Handler): Promise<FaultyServer> {
  const server = new FaultyServer(handler);
  await server.start();
  cleanUps.push(() => server.stop());
  return server;
}

function client(options: Partial<HttpOptions> = {}, retryLimits = hurry): Http {
  const http = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0, ...options }, retryLimits);
  cleanUps.push(() => http.close());
  return http;
}

async function proxy(start: () => Promise<Proxy>): Promise<Proxy> {
  const proxy = await start();
  cleanUps.push(() => proxy.stop());
  return proxy;
}

const hello: Handler = (_, response) => answer(response, { status: 200, body: "hello" });

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe("an answer", () => {
  test("is whatever the server decided, 404 and 403 included", async () => {
    const server = await serve((request, response) =>
      answer(response, { status: Number(request.url!.slice(1)), body: "as it is" }),
    );
    for (const status of [200, 400, 401, 403, 404, 410, 501]) {
      const { body, ...head } = await client().fetch(`${server.url}/${status}`);
      expect(head).toMatchObject({ status, url: `${server.url}/${status}` });
      expect(body.toString()).toBe("as it is");
    }
    expect(server.asked).toHaveLength(7);
  });

  test("carries headers in lower case, and the request's method, headers and body arrive", async () => {
    const server = await serve(async (request, response) => {
      response.setHeader("ETag", '"1"');
      const { method, headers } = request;
      answer(response, { status: 200, body: [method, headers["x-say"], await bodyOf(request)] });
    });
    const { headers, body } = await client().fetch(server.url, {
      method: "POST",
      headers: { "x-say": "hi" },
      body: Buffer.from("what"),
    });
    expect(headers["etag"]).toBe('"1"');
    expect(body.toString()).toBe('["POST","hi","what"]');
  });

  test("is decoded as Content-Encoding says", async () => {
    const server = await serve((_, response) => {
      response.setHeader("content-encoding", "gzip").end(gzipSync("much ".repeat(1000)));
    });
    const { body } = await client().fetch(server.url);
    expect(body.toString()).toBe("much ".repeat(1000));
  });

  test.each([
    ["as it comes", {}, "x".repeat(2000)],
    ["blown up by compression", { "content-encoding": "gzip" }, gzipSync("x".repeat(2_000_000))],
  ])("beyond the limit, %s, is refused and not asked for again", async (_, headers, body) => {
    const server = await serve((_, response) => response.writeHead(200, headers).end(body));
    await expect(client().fetch(server.url, { maxBytes: 1999 })).rejects.toMatchObject({ code: "too-large" });
    expect(server.asked).toHaveLength(1);
  });

  test.each([
    ["HEAD", 200],
    ["GET", 304],
    ["GET", 204],
  ] as const)("to %s with status %i has no body, however it would be encoded", async (method, status) => {
    const server = await serve((_, response) =>
      response.writeHead(status, { "content-encoding": "gzip" }).end(),
    );
    expect((await client().fetch(server.url, { method })).body).toHaveLength(0);
  });
});

describe("a server in trouble", () => {
  test.each([
    ["down", { kind: "down" }],
    ["cutting answers halfway", { kind: "cut" }],
    ["silent", { kind: "silent" }],
    ["answering 429", { kind: "answers", status: 429 }],
    ["answering 503", { kind: "answers", status: 503 }],
    ["asking for a second", { kind: "answers", status: 403, headers: { "retry-after": "1" } }],
  ] as const)("that is %s twice answers in the end", async (_, fault) => {
    const server = await serve(hello);
    server.faults = [{ ...fault, times: fault.kind === "answers" && fault.status === 403 ? 1 : 2 }];
    // More tries than faults, since a slow machine may be silent once itself.
    const retryLimits = fault.kind === "silent" ? { ...impatient, attempts: 6 } : hurry;
    expect((await client({}, retryLimits).fetch(server.url)).body.toString()).toBe("hello");
    if (!("headers" in fault)) return;
    expect(server.times[1]! - server.times[0]!).toBeGreaterThanOrEqual(990);
  });

  test.each([
    ["down", { kind: "down" }, /cut/],
    ["cutting answers halfway", { kind: "cut" }, /cut/],
    ["silent", { kind: "silent" }, /no answer in time/],
    ["answering 429", { kind: "answers", status: 429 }, /answered 429/],
    ["answering 500", { kind: "answers", status: 500 }, /answered 500/],
  ] as const)("that stays %s is unavailable after three tries", async (_, fault, message) => {
    const server = await serve(hello);
    server.faults = [fault];
    const address = server.url.replace("//", "//user:secret@");
    const error: unknown = await client({}, fault.kind === "silent" ? impatient : hurry)
      .fetch(`${address}/place?token=secret`)
      .catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "unavailable",
      exitCode: 1,
      facts: { host: new URL(server.url).host },
      message: expect.stringMatching(message) as unknown,
    });
    expect(JSON.stringify({ ...(error as Error), message: String(error) })).not.toContain("secret");
    expect(server.asked).toHaveLength(3);
  });

  test("that refuses connections, or has no address, is unavailable", async () => {
    const server = await serve(hello);
    await server.stop();
    await expect(client().fetch(server.url)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("refused") as unknown,
    });
    await expect(client().fetch("http://nowhere.invalid/")).rejects.toMatchObject({ code: "unavailable" });
  });

  test("that wants an hour of peace isn't waited for, nor asked anything else", async () => {
    const server = await serve(hello);
    server.faults = [{ kind: "answers", status: 429, headers: { "retry-after": "3600" }, times: 1 }];
    const http = client();
    const unavailable = { code: "unavailable", facts: { retryAfter: 3600 } };
    await expect(http.fetch(server.url)).rejects.toMatchObject(unavailable);
    await expect(http.fetch(server.url)).rejects.toMatchObject(unavailable);
    await expect(http.politely(server.url, () => Promise.resolve())).rejects.toMatchObject(unavailable);
    expect(server.asked).toHaveLength(1);
  });

  test("costs its own packages alone, and few requests", async () => {
    const [down, up] = [await serve(hello), await serve(hello)];
    down.faults = [{ kind: "down" }];
    const http = client({ perHost: 2 });
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, at) => http.fetch(`${at % 2 ? up.url : down.url}/${at}`)),
    );
    expect(results.map(({ status }) => status)).toEqual(
      results.map((_, at) => (at % 2 ? "fulfilled" : "rejected")),
    );
    expect(up.asked).toHaveLength(50);
    expect(down.asked.length).toBeLessThanOrEqual(hurry.failures + 1);
  });

  test("is asked for one bad page without harm to its others", async () => {
    const server = await serve(hello);
    server.faults = [{ kind: "answers", status: 500, only: /bad/ }];
    const http = client();
    await expect(http.fetch(`${server.url}/bad`)).rejects.toMatchObject({ code: "unavailable" });
    expect((await http.fetch(`${server.url}/good`)).status).toBe(200);
  });
});

describe("reading along", () => {
  test("begins again where the connection ended halfway", async () => {
    const server = await serve((_, response) => answer(response, { status: 200, body: "hello world" }));
    server.faults = [{ kind: "cut", times: 1 }];
    const seen: string[] = [];
    const length = await client().stream(server.url, {}, async (_, body) => {
      let text = "";
      for await (const chunk of body) text += chunk.toString();
      seen.push(text);
      return text.length;
    });
    expect(length).toBe(11);
    expect(seen).toEqual(["hello world"]);
  });

  test("that overlooks a cut isn't believed", async () => {
    const server = await serve((_, response) => answer(response, { status: 200, body: "hello world" }));
    server.faults = [{ kind: "cut" }];
    const overlooking = client().stream(server.url, {}, async (_, body) => {
      let text = "";
      try {
        for await (const chunk of body) text += chunk.toString();
      } catch {
        text += "…";
      }
      return text;
    });
    await expect(overlooking).rejects.toMatchObject({ code: "unavailable" });
  });

  test("keeps the reader's own error, and asks no second time", async () => {
    const server = await serve(hello);
    const reading = client().stream(server.url, {}, async (_, body) => {
      for await (const _ of body) throw new TypeError("a bug");
    });
    await expect(reading).rejects.toThrow(new TypeError("a bug"));
    expect(server.asked).toHaveLength(1);
  });

  test("may stop halfway, or not begin, and the next request is answered", async () => {
    const server = await serve((request, response) =>
      request.url === "/long" ? response.end(Buffer.alloc(4_000_000)) : answer(response, { status: 404 }),
    );
    const http = client({ perHost: 1 });
    const first = await http.stream(`${server.url}/long`, {}, async (_, body) => {
      for await (const chunk of body) return chunk.length;
      return 0;
    });
    expect(first).toBeGreaterThan(0);
    expect(await http.stream(server.url, {}, (answer) => Promise.resolve(answer.status))).toBe(404);
    expect((await http.fetch(server.url)).status).toBe(404);
  });

  test("ends for one who drips", async () => {
    const server = await serve((_, response) => {
      const timer = setInterval(() => response.write("."), 50);
      response.on("close", () => clearInterval(timer));
    });
    const fetched = client({}, { ...hurry, total: 400 }).fetch(server.url);
    await expect(fetched).rejects.toMatchObject({ code: "unavailable" });
  });
});

const redirecting: Handler = async (request, response) => {
  const { pathname, searchParams } = new URL(request.url!, "http://x");
  if (pathname === "/end") {
    const { method, headers } = request;
    return answer(response, {
      status: 200,
      body: [method, headers["authorization"] ?? null, await bodyOf(request)],
    });
  }
  response.writeHead(Number(searchParams.get("status") ?? 302), { location: searchParams.get("to")! }).end();
};

describe("redirects", () => {
  test("are followed, and the answer says where it came from", async () => {
    const server = await serve(redirecting);
    const { url, status } = await client().fetch(`${server.url}/a?to=${encodeURIComponent("/b?to=/end")}`);
    expect({ url, status }).toEqual({ url: `${server.url}/end`, status: 200 });
  });

  test("take credentials along to the same origin only", async () => {
    const [server, other] = [await serve(redirecting), await serve(redirecting)];
    const own = server.url.replace("//", "//me:p%40ss@");
    const basic = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
    expect((await client().fetch(`${own}/a?to=/end`)).body.toString()).toBe(`["GET","${basic}",""]`);
    const elsewhere = await client().fetch(`${own}/a?to=${other.url}/end`);
    expect(elsewhere.body.toString()).toBe('["GET",null,""]');
  });

  test.each([
    [307, '["POST",null,"what"]'],
    [308, '["POST",null,"what"]'],
    [302, '["GET",null,""]'],
    [303, '["GET",null,""]'],
  ])("of kind %i send on what they should", async (status, expected) => {
    const server = await serve(redirecting);
    const request = { method: "POST", body: "what" } as const;
    const { body } = await client().fetch(`${server.url}/a?status=${status}&to=/end`, request);
    expect(body.toString()).toBe(expected);
  });

  test("never lead from https to http, nor anywhere but the web, nor round in circles", async () => {
    const server = await serve(redirecting);
    const standIns = { "https://secure.example": server.url };
    const refused = { code: "bad-redirect", exitCode: 1 };
    const ask = (url: string): Promise<unknown> => client({ standIns }).fetch(url);
    expect(await ask("https://secure.example/a?to=/end")).toMatchObject({
      url: "https://secure.example/end",
    });
    await expect(ask(`https://secure.example/a?to=${server.url}/end`)).rejects.toMatchObject(refused);
    await expect(ask(`${server.url}/a?to=file:///etc/passwd`)).rejects.toMatchObject(refused);
    const circle = await serve((_, response) => response.writeHead(302, { location: "/" }).end());
    await expect(ask(circle.url)).rejects.toMatchObject(refused);
    expect(circle.asked).toHaveLength(6);
  });
});

describe("limits", () => {
  test("hold for all requests and for each host", async () => {
    let [underWay, most] = [0, 0];
    const slow: Handler = async (_, response) => {
      most = Math.max(most, ++underWay);
      await new Promise((done) => setTimeout(done, 20));
      underWay--;
      answer(response, { status: 200 });
    };
    const servers = [await serve(slow), await serve(slow), await serve(slow)];
    const http = client({ parallel: 4, perHost: 2 });
    await Promise.all(servers.flatMap(({ url }) => Array.from({ length: 6 }, () => http.fetch(url))));
    expect(servers.map(({ mostAtOnce }) => mostAtOnce)).toEqual([2, 2, 2]);
    expect(most).toBe(4);
  });

  test("hold for other programs that talk to the host, too", async () => {
    let [underWay, most] = [0, 0];
    const http = client({ perHost: 2 });
    const task = async (): Promise<void> => {
      most = Math.max(most, ++underWay);
      await new Promise((done) => setTimeout(done, 10));
      underWay--;
    };
    await Promise.all(Array.from({ length: 6 }, () => http.politely("git://example.org/a", task)));
    expect(most).toBe(2);
  });

  test("keep the delay between two starts", async () => {
    const server = await serve(hello);
    const http = client({ delaySeconds: 0.1 });
    // The first may arrive late, so that less time than the delay lies between it and the next one.
    const begun = Date.now();
    await Promise.all([1, 2, 3].map(() => http.fetch(server.url)));
    expect(server.times[2]! - begun).toBeGreaterThanOrEqual(190);
  });
});

describe("a proxy", () => {
  test("of each kind is gone through", async () => {
    const server = await serve(hello);
    const { port } = new URL(server.url);
    const [http, socks] = [await proxy(startHttpProxy), await proxy(startSocksProxy)];
    for (const proxy of [http.url, socks.url]) {
      const { body } = await client().fetch(`http://behind.example:${port}/`, { proxy });
      expect(body.toString()).toBe("hello");
    }
    expect([http.asked, socks.asked]).toEqual([[`behind.example:${port}`], [`behind.example:${port}`]]);
  });

  test("of no known kind is refused, and its credentials aren't told", async () => {
    for (const proxy of ["ftp://me:secret@a.example", "nonsense secret"]) {
      const error: unknown = await client()
        .fetch("http://a.example/", { proxy })
        .catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "bad-proxy" });
      expect(String(error)).not.toContain("secret");
    }
  });
});

test.each(["nonsense", "file:///etc/passwd", "-x", "ext::sh", "http://a:%zz@example.org/"])(
  "%s is no address to ask",
  async (url) => {
    await expect(client().fetch(url)).rejects.toMatchObject({ code: "bad-url" });
  },
);

test("800 small requests cost well under a second of CPU, and the process ends when closed", async () => {
  const server = await serve(hello);
  const program = `
    const { openHttp } = await import("./dist/http/open-http.js");
    const http = openHttp({ parallel: 16, perHost: 16, delaySeconds: 0 });
    await Promise.all(Array.from({ length: 800 }, (_, at) => http.fetch("${server.url}/" + at)));
    await http.close();
    const { user, system } = process.cpuUsage();
    console.log((user + system) / 1e6);
    setTimeout(() => console.log("still there"), 2000).unref();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child, "close");
  expect(server.asked).toHaveLength(800);
  expect(said).not.toContain("still there");
  // With Node's own start, on machines that are busy with other tests.
  expect(Number(said)).toBeGreaterThan(0);
  expect(Number(said)).toBeLessThan(1.5);
});
