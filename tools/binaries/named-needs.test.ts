import { expect, test } from "vitest";
import { onlyLibraries } from "./files.ts";
import { namedNeeds, sayNamedNeeds } from "./named-needs.ts";
import { Provided, type Giver } from "./provided.ts";

const giver = (pkgname: string, gives: readonly string[], more: Partial<Giver> = {}): Giver => ({
  pkgname,
  version: "1-1",
  gives: gives.map((name) => `x86_64-64:${name}`),
  provides: [],
  depends: [],
  ...more,
});
const provided = new Provided([
  giver("glibc", ["libc.so.6"]),
  giver("foo", ["libfoo.so.1"], { onlyLibraries: true }),
  giver("bar", ["libbar.so.1"], { onlyLibraries: true, depends: ["foo"] }),
  giver("tool", ["libtool.so.1"]),
]);

function lint(needs: readonly string[], depends: readonly string[]): string[] {
  const files = needs.map((name) => [`x86_64-64:${name}`, { file: "usr/bin/app" }]);
  const record = {
    pkgname: "app",
    pkgbase: "app",
    version: "1-1",
    arch: "x86_64",
    needs: Object.fromEntries(files),
    gives: [],
    depends,
    provides: [],
    builtWith: {},
  };
  return sayNamedNeeds("app", namedNeeds(record, provided, ["x86_64-64"]));
}

test.each([
  ["what is linked and named", ["libfoo.so.1", "libc.so.6"], ["foo"], []],
  ["what comes along with what is named", ["libfoo.so.1", "libbar.so.1"], ["bar"], []],
  [
    "what is linked and not named",
    ["libfoo.so.1", "libc.so.6"],
    [],
    ["app: usr/bin/app needs libfoo.so.1 of foo, which depends doesn't name."],
  ],
  [
    "a library that is named and not linked",
    ["libc.so.6"],
    ["foo"],
    ["app: depends names foo, a library that none of its files is linked to."],
  ],
  ["a program that is named and not linked", ["libc.so.6"], ["tool"], []],
  ["what is no program at all", [], ["foo"], []],
])("%s", (_, needs, depends, said) => {
  expect(lint(needs, depends)).toEqual(said);
});

test.each([
  [["usr/lib/libfoo.so.1", "usr/include/foo.h", "usr/lib/", "usr/share/licenses/foo/LICENSE"], true],
  [["usr/lib/libfoo.so.1", "usr/bin/foo"], false],
  [["usr/lib/foo/plugin.so"], false],
  [["usr/include/foo.h"], false],
])("a package of %j has only libraries: %s", (paths, only) => {
  expect(onlyLibraries(paths)).toBe(only);
});
