import { expect, test } from "vitest";
import { aurRecipe } from "../../../test/world/aur-recipe.ts";
import { AurRuns, followed } from "../../../test/world/aur-runs.ts";
import { askAur } from "./aur-metadata.ts";
import { infoUrls } from "./aur-rpc.ts";

const runs = new AurRuns();

test("`+` and `@` in names are encoded, so that they aren't read as a blank", () => {
  expect(infoUrls(["libsigc++", "a@b", "x.y_z-git"])).toEqual([
    "https://aur.archlinux.org/rpc/v5/info?arg[]=libsigc%2B%2B&arg[]=a%40b&arg[]=x.y_z-git",
  ]);
});

test("no names make no request, and many as few as the length of an address allows", () => {
  expect(infoUrls([])).toEqual([]);
  const names = Array.from({ length: 200 }, (_, index) => `a-rather-long-name-of-a-package+${index}`);
  const urls = infoUrls(names);
  expect(urls.flatMap((url) => new URL(url).searchParams.getAll("arg[]"))).toEqual(names);
  expect(Math.max(...urls.map((url) => url.length))).toBeLessThan(4400);
  expect(urls).toHaveLength(3);
});

test("two hundred names with the longest of addresses are answered", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `a-rather-long-name-of-a-package+${index}`);
  runs.aur.list(new Map(names.map((name) => [name, aurRecipe(name)])));
  const packages = names.map((name) => followed(name));
  const metadata = await askAur(await runs.open(), packages, undefined);
  expect(metadata !== "unchanged" && metadata.packages.size).toBe(200);
  expect(runs.aur.rpcRequests).toBe(3);
});

test("more packages than that are looked up in the dump, with one request", async () => {
  const metadata = await askAur(await runs.open(), runs.listCrowd(), undefined);
  expect(metadata !== "unchanged" && metadata.packages.size).toBe(201);
  expect(runs.aur.web.asked).toEqual(["GET /packages-meta-ext-v1.json.gz"]);
});

test("a split package is found by its pkgnames, though one was dropped upstream", async () => {
  const split = { pkgnames: ["foo-a", "foo-b"] };
  runs.aur.list(new Map([["foo", aurRecipe("foo", { pkgnames: ["foo-b", "foo-c"] })]]));
  const metadata = await askAur(await runs.open(), [followed("foo", {}, split)], undefined);
  expect(metadata).toMatchObject({
    packages: new Map([["foo", expect.objectContaining({ pkgnames: ["foo-b"] }) as unknown]]),
  });
});

test("a package of the same name that belongs to another pkgbase isn't mixed up with it", async () => {
  runs.aur.list(new Map([["other", aurRecipe("other", { pkgnames: ["foo"] })]]));
  const metadata = await askAur(await runs.open(), [followed("foo")], undefined);
  expect(metadata).toMatchObject({ packages: new Map() });
});

test.each([
  ["says that it's an error", { type: "error", error: "Too many package results.", results: [] }],
  ["has fewer rows than it says", { type: "multiinfo", resultcount: 2, results: [] }],
  ["has no rows", { type: "multiinfo", resultcount: 0 }],
  ["is nothing", null],
  ["is no JSON", "<html>"],
])("an answer that %s is none", async (_, body) => {
  runs.aur.web.faults = [{ kind: "answers", status: 200, body: body === null ? "null" : body }];
  const asking = askAur(await runs.open(), [followed("foo")], undefined);
  await expect(asking).rejects.toMatchObject({ code: "unavailable", exitCode: 1 });
});

test("the AUR's limit of requests a day is its answer, too", async () => {
  runs.aur.rpcRequests = 4000;
  const asking = askAur(await runs.open(), [followed("foo")], undefined);
  await expect(asking).rejects.toMatchObject({ code: "unavailable" });
});
