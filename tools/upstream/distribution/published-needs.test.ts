import { expect, test } from "vitest";
import { formatNeeds, type PackageRecord } from "../../binaries/record.ts";
import { readPublishedNeeds } from "./published-needs.ts";

const database = "https://repo.example.org/tiny/x86_64/tiny.db";
const record: PackageRecord = {
  pkgname: "app",
  pkgbase: "app",
  version: "1-1",
  arch: "x86_64",
  needs: { "x86_64-64:libfoo.so.1": { file: "usr/bin/app" } },
  gives: [],
  depends: ["foo"],
  provides: [],
  builtWith: {},
};
const written = (complete: boolean): string => formatNeeds(new Map([["app.pkg.tar.zst", record]]), complete);

/** A server with this file, which says its digest. */
function serving(text: string, etag = '"1"') {
  const asked: string[] = [];
  return {
    asked,
    async fetch(url: string, options: { readonly headers?: Readonly<Record<string, string>> } = {}) {
      asked.push(url);
      const isSame = options.headers?.["if-none-match"] === etag;
      return { status: isSame ? 304 : 200, url, headers: { etag }, body: Buffer.from(isSame ? "" : text) };
    },
  };
}

test("what is published is read from beside the database, and sent again only where somebody asks", async () => {
  const server = serving(written(true));
  const first = await readPublishedNeeds(database, undefined, server);
  expect(await first?.records()).toEqual([record]);
  const again = await readPublishedNeeds(database, first?.digest, server);
  expect(again?.digest).toBe(first?.digest);
  expect(server.asked).toEqual(["https://repo.example.org/tiny/x86_64/needs.json", server.asked[0]]);
  expect(await again?.records()).toEqual([record]);
});

test("nothing is known before every package was read", async () => {
  const published = await readPublishedNeeds(database, undefined, serving(written(false)));
  expect(await published?.records()).toBeUndefined();
});

test.each([
  ["a web page", "<html>welcome</html>"],
  ["a part of it", written(true).slice(0, 200)],
  ["a version that isn't known", written(true).replace('"version":1', '"version":2')],
  ["a record without a version", written(true).replace('"version":"1-1",', "")],
  ["a need of no file", written(true).replace('{"file":"usr/bin/app"}', "7")],
  ["brackets without end", `{"version":1,"complete":true,"packages":${"[".repeat(17 * 2 ** 20)}`],
])("%s in its place is an error, and nothing is decided", async (_, text) => {
  const published = await readPublishedNeeds(database, undefined, serving(text));
  await expect(published!.records()).rejects.toMatchObject({ code: "needs-unreadable", exitCode: 1 });
});
