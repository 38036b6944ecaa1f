import { expect, test } from "vitest";
import { formatRequests, noRequests, parseRequests, withRequests } from "./requests.ts";

const at = (seconds: number): Date => new Date(1000 * seconds);
const build = { pkgbase: "foo-git", class: null, reason: "new commit", upstream: ["a".repeat(40)] };

test("what is written is read again", () => {
  const other = { pkgbase: "bar", class: "heavy", reason: '"quoted"\nand in two lines' };
  const list = withRequests(noRequests, [build, other], at(5000), "daily");
  expect(parseRequests(formatRequests(list))).toEqual(list);
  expect(parseRequests(formatRequests(noRequests))).toEqual(noRequests);
});

test("numbers grow, also within a second, after the clock went back, and where the list was lost", () => {
  const first = withRequests(noRequests, [build], at(5000));
  expect(first.number).toBe(5000);
  expect(withRequests(first, [build], at(5000)).number).toBe(5001);
  expect(withRequests(first, [build], at(10)).number).toBe(5001);
  expect(withRequests(parseRequests(undefined), [build], at(6000)).number).toBe(6000);
});

test("the newest request for a package counts, and old ones go", () => {
  const first = withRequests(noRequests, [build, { ...build, pkgbase: "bar" }], at(5000));
  const second = withRequests(first, [{ pkgbase: "bar", class: "x", reason: "by hand" }], at(6000));
  expect(second.builds.get("bar")).toEqual({ number: 6000, class: "x", reason: "by hand" });
  expect(second.builds.get("foo-git")).toMatchObject({ number: 5000 });
  const later = withRequests(second, [build], at(5500 + 90 * 86_400));
  expect([...later.builds.keys()]).toEqual(["bar", "foo-git"]);
  expect(later.builds.get("foo-git")?.number).toBe(5500 + 90 * 86_400);
});

test.each([
  ["nothing", undefined],
  ["no JSON", "{"],
  ["another version", '{"version":2,"number":1,"builds":{},"triggers":{}}'],
  [
    "a class that is none",
    '{"version":1,"number":1,"triggers":{},"builds":{"a":{"number":1,"class":"$(x)","reason":""}}}',
  ],
])("%s counts as no list", (_, text) => {
  expect(parseRequests(text)).toEqual(noRequests);
});

test("names that no package can have are left out", () => {
  const entry = '{"number":1,"class":null,"reason":""}';
  const text = `{"version":1,"number":1,"triggers":{},"builds":{"../x":${entry},"-x":${entry},"x":${entry}}}`;
  expect([...parseRequests(text).builds.keys()]).toEqual(["x"]);
});
