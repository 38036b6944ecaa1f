import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aurRecipe } from "../../../test/world/aur-recipe.ts";
import { aurRows, dumpText } from "../../../test/world/aur-rows.ts";
import { FaultyServer } from "../../../test/world/faulty-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { readDump } from "./aur-dump.ts";

/** What the server has instead of a dump, and its headers. */
let dump: Uint8Array | string = "";
let headers: Record<string, string> = {};
let server: FaultyServer;
let http: Http;

beforeEach(async () => {
  headers = {};
  server = new FaultyServer((_, response) => response.writeHead(200, headers).end(dump));
  await server.start();
  const standIns = { "https://aur.archlinux.org": server.url };
  http = openHttp({ parallel: 2, perHost: 2, delaySeconds: 0, standIns }, hurry);
});

afterEach(async () => {
  await http.close();
  await server.stop();
});

function noon(): Date {
  return new Date("2026-11-20T12:00:00Z");
}

function read(): ReturnType<typeof readDump> {
  return readDump({ http, aurProxy: "", now: noon }, new Set(["foo", "c++"]), undefined);
}

const rows = ["other", "foo", "foo-git", "c++"].flatMap((pkgbase, id) =>
  aurRows({
    id,
    pkgbase,
    srcinfo: aurRecipe(pkgbase, { pkgver: `${id}` })[".SRCINFO"] as string,
    maintainer: "alice",
    submitter: "alice",
    coMaintainers: [],
    votes: 1,
    firstSubmitted: 1_600_000_000,
    lastModified: 1_700_000_000 + id,
  }),
);
const lines = dumpText(rows);
const asRead = [
  ["foo", "1-1"],
  ["c++", "3-1"],
];

async function versions(): Promise<unknown> {
  const metadata = await read();
  if (metadata === "unchanged") return metadata;
  return [...metadata.packages].map(([pkgbase, entry]) => [pkgbase, "version" in entry && entry.version]);
}

test.each<[string, Uint8Array | string, Record<string, string>]>([
  ["packed", gzipSync(lines), {}],
  ["packed, and declared to be", gzipSync(lines), { "content-encoding": "gzip" }],
  ["not packed at all", lines, {}],
  ["all in one line", JSON.stringify(rows), {}],
  ["laid out for people", JSON.stringify(rows, undefined, 2), {}],
  ["with escapes in names", lines.replaceAll('"foo"', '"f\\u006fo"'), {}],
  [
    "with objects in its objects",
    JSON.stringify(rows.map((row) => ({ Of: { PackageBase: "not-it" }, ...row }))),
    {},
  ],
  [
    "with descriptions that look like rows",
    JSON.stringify(rows.map((row) => ({ Description: ' "PackageBase":"not-it", } ] ', ...row }))),
    {},
  ],
])("a dump is read that is %s", async (_, served, servedHeaders) => {
  dump = served;
  headers = servedHeaders;
  expect(await versions()).toEqual(asRead);
});

const packed = gzipSync(lines);
const damaged = Buffer.from(packed);
damaged[packed.length - 6]! ^= 0xff;

test.each<[string, Uint8Array | string]>([
  ["is cut off", lines.slice(0, -5)],
  ["is cut off between two rows", lines.slice(0, lines.lastIndexOf(",\n"))],
  ["is packed and cut off", packed.subarray(0, -20)],
  ["is packed and has a byte changed", damaged],
  ["has a wanted row that is no JSON", lines.replace('"foo",', '"foo",,')],
  ["is a page that says the AUR is down", "<html>Down for maintenance</html>"],
  ["has nothing in it", ""],
  ["has no packages", "[]"],
])("nothing is taken from a dump that %s", async (_, served) => {
  dump = served;
  await expect(read()).rejects.toMatchObject({ code: "unavailable", exitCode: 1 });
});

test("a download that breaks off halfway is begun again", async () => {
  dump = packed;
  server.faults = [{ kind: "cut", times: 1 }];
  expect(await versions()).toEqual(asRead);
  expect(server.asked).toHaveLength(2);
});

test("trust ends with the time when the dump was made, not when it was downloaded", async () => {
  dump = lines;
  headers = { "last-modified": "Fri, 20 Nov 2026 11:00:00 GMT" };
  expect(await read()).toMatchObject({ learnedAt: Date.parse("2026-11-20T11:00:00Z") });
  headers = { "last-modified": "Fri, 20 Nov 2026 13:00:00 GMT" };
  expect(await read()).toMatchObject({ learnedAt: Date.parse("2026-11-20T12:00:00Z") });
  headers = {};
  expect(await read()).toMatchObject({ learnedAt: 1_700_000_003_000 });
});
