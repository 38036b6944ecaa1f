import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveRepositories, type Served } from "./serve.ts";

const home = mkdtempSync(join(tmpdir(), "sluice-serve-"));
const folder = join(home, "root/tiny/x86_64");
const epoch = "foo-1:2.0+r3%-1-any.pkg.tar.zst";
let served: Served;

beforeAll(async () => {
  mkdirSync(join(folder, "databases/7"), { recursive: true });
  mkdirSync(join(folder, ".staging-x"));
  mkdirSync(join(folder, "folder.db"));
  writeFileSync(join(home, "secret.db"), "secret");
  writeFileSync(join(home, "root/private-key.asc"), "secret");
  writeFileSync(join(home, "root/tiny/tiny.asc"), "public");
  writeFileSync(join(folder, ".staging-x/tiny.db"), "unfinished");
  writeFileSync(join(folder, ".lock"), "process 1");
  writeFileSync(join(folder, epoch), "0123456789");
  writeFileSync(join(folder, "empty-1-1-any.pkg.tar.zst"), "");
  writeFileSync(join(folder, "databases/7/tiny.db.tar.gz"), "database");
  symlinkSync("7", join(folder, "databases/current"));
  symlinkSync("databases/current/tiny.db.tar.gz", join(folder, "tiny.db"));
  symlinkSync("../../../secret.db", join(folder, "outside.db"));
  served = await serveRepositories(join(home, "root"), { port: 0 });
});
afterAll(async () => {
  await served.close();
  rmSync(home, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The path as it is, where fetch would tidy it up. */
function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: served.port, path, headers, method }, (response) => {
      let body = "";
      response.on("data", (data: Buffer) => {
        body += data.toString();
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on("error", reject).end();
  });
}

const file = `/tiny/x86_64/${encodeURIComponent(epoch)}`;

test.each([file, "/tiny/x86_64/foo-1:2.0+r3%25-1-any.pkg.tar.zst", `${file}?x=1`])(
  "a package with an epoch, a plus and a percent sign is served as %s",
  async (path) => {
    const { status, headers, body } = await get(path);
    expect([status, headers["content-length"], body]).toEqual([200, "10", "0123456789"]);
  },
);

test("a download that broke off goes on where it was", async () => {
  const { status, headers, body } = await get(file, { range: "bytes=6-" });
  expect([status, headers["content-range"], headers["content-length"], body]).toEqual([
    206,
    "bytes 6-9/10",
    "4",
    "6789",
  ]);
  expect((await get(file, { range: "bytes=10-" })).status).toBe(416);
});

test("a download that broke off starts over where the file has changed since", async () => {
  const { headers } = await get(file);
  const same = String(headers["last-modified"]);
  expect((await get(file, { range: "bytes=6-", "if-range": same })).body).toBe("6789");
  const { status, body } = await get(file, {
    range: "bytes=6-",
    "if-range": "Thu, 01 Jan 2015 00:00:00 GMT",
  });
  expect([status, body]).toEqual([200, "0123456789"]);
});

test("what a client has already isn't sent again", async () => {
  const { headers } = await get(file);
  const again = await get(file, { "if-modified-since": String(headers["last-modified"]) });
  expect([again.status, again.body]).toEqual([304, ""]);
  expect((await get(file, { "if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT" })).status).toBe(200);
});

test("a tag by which a client knows a file wins over the date", async () => {
  const { headers } = await get(file);
  const [etag, date] = [String(headers["etag"]), String(headers["last-modified"])];
  expect((await get(file, { "if-none-match": etag })).status).toBe(304);
  expect((await get(file, { "if-none-match": '"other"', "if-modified-since": date })).status).toBe(200);
  expect((await get(file, { range: "bytes=6-", "if-range": etag })).body).toBe("6789");
  expect((await get(file, { "if-match": '"other"' })).status).toBe(412);
});

test("HEAD tells the length and sends nothing", async () => {
  const { status, headers, body } = await get(file, {}, "HEAD");
  expect([status, headers["content-length"], body]).toEqual([200, "10", ""]);
});

test("an empty file is served", async () => {
  expect(await get("/tiny/x86_64/empty-1-1-any.pkg.tar.zst")).toMatchObject({ status: 200, body: "" });
});

test("a database's name leads to the snapshot of this moment, where its signature is", async () => {
  const { status, headers } = await get("/tiny/x86_64/tiny.db");
  expect([status, headers.location]).toEqual([302, "databases/7/tiny.db.tar.gz"]);
  expect((await get(`/tiny/x86_64/${String(headers.location)}`)).body).toBe("database");
});

test.each([
  "/",
  "/tiny/x86_64/",
  "/tiny/x86_64/folder.db",
  "/tiny/x86_64/gone.db",
  "/../secret.db",
  "/tiny/x86_64/../../../secret.db",
  "/tiny/x86_64/%2e%2e/%2e%2e/%2e%2e/secret.db",
  "/..%2f..%2fsecret.db",
  "/tiny/x86_64/outside.db",
  "/tiny/x86_64/tiny.db/x.db",
  `${file}/x.db`,
  `/tiny/x86_64/${"x".repeat(300)}.db`,
  "/tiny/x86_64/.staging-x/tiny.db",
  "/tiny/x86_64/.lock",
  "/private-key.asc",
  "//tiny/x86_64/tiny.db",
  "/tiny/x86_64/%00.db",
  "/%E0%A4%A.db",
  "tiny.db",
])("%s isn't served", async (path) => {
  expect((await get(path)).status).toBe(path === "tiny.db" ? 400 : 404);
});

test("the public key is served", async () => {
  expect(await get("/tiny/tiny.asc")).toMatchObject({ status: 200, body: "public" });
});

test("only reading is allowed", async () => {
  expect(await get(file, {}, "DELETE")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});

test("a busy port is named, with what to do", async () => {
  await expect(serveRepositories(home, { port: served.port })).rejects.toMatchObject({
    code: "port-busy",
    message: expect.stringContaining(String(served.port)),
    hint: expect.stringContaining("--port"),
  });
});
