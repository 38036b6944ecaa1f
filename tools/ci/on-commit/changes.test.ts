import { describe, expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { srcinfoText } from "../../../test/world/workspace.ts";
import { comparePackage } from "./changes.ts";

/** Paths, or paths with a mode or content of their own: `foo:100755`, `foo=2`. */
function files(...paths: string[]): Parameters<typeof comparePackage>[0] {
  return new Map(
    paths.map((text) => {
      const [, path, mode = "100644", id = "1"] = /^(.+?)(?::(\d+))?(?:=(.+))?$/.exec(text)!;
      return [path!, { mode, id, size: 1, path: path! }];
    }),
  );
}

const compare = (before: string[] | undefined, after: string[] | undefined, lines: string[] = []) =>
  comparePackage(before && files(...before), after && files(...after), [
    parseSrcinfo(srcinfoText("foo", { lines })),
  ]);

describe("what became of a package", () => {
  test.each([
    ["nothing", ["PKGBUILD", "a"], ["a", "PKGBUILD"], undefined],
    ["a file changed", ["PKGBUILD", "a"], ["PKGBUILD", "a=2"], { kind: "changed", paths: ["a"] }],
    ["only a mode changed", ["PKGBUILD", "a"], ["PKGBUILD", "a:100755"], { kind: "changed", paths: ["a"] }],
    ["a file became a link", ["PKGBUILD", "a"], ["PKGBUILD", "a:120000"], { kind: "changed", paths: ["a"] }],
    ["files came and went", ["PKGBUILD", "b"], ["PKGBUILD", "a"], { kind: "changed", paths: ["a", "b"] }],
    ["it is new", undefined, ["PKGBUILD"], { kind: "added", paths: ["PKGBUILD"] }],
    ["it got its PKGBUILD", ["a"], ["PKGBUILD", "a"], { kind: "added", paths: ["PKGBUILD"] }],
    ["it is gone", ["PKGBUILD", "a"], undefined, { kind: "removed", paths: ["PKGBUILD", "a"] }],
    ["it lost its PKGBUILD", ["PKGBUILD", "a"], ["a"], { kind: "removed", paths: ["PKGBUILD"] }],
    ["it never was one", ["a"], ["a=2"], undefined],
  ])("%s", (_, before, after, expected) => {
    expect(compare(before, after)).toEqual(expected);
  });
});

describe("what no build reads", () => {
  test.each([".CI/info", ".gitignore", "README.md", "Changes.MD"])("%s doesn't matter", (path) => {
    expect(compare(["PKGBUILD"], ["PKGBUILD", path])).toEqual({ kind: "immaterial", paths: [path] });
  });

  test.each([
    ["source = README.md"],
    ["source = x::README.md"],
    ["source_x86_64 = README.md"],
    ["source_aarch64 = README.md"],
    ["install = README.md"],
    ["changelog = README.md"],
    ["pkgname = foo-docs", "changelog = README.md"],
  ])("README.md matters where .SRCINFO says: %s", (...lines) => {
    expect(compare(["PKGBUILD"], ["PKGBUILD", "README.md"], lines)).toEqual({
      kind: "changed",
      paths: ["README.md"],
    });
  });

  test.each([".CI/config", ".CI/prepare", "docs/README.md", "LICENSE", "x.md.patch", ".SRCINFO"])(
    "%s matters always",
    (path) => {
      expect(compare(["PKGBUILD"], ["PKGBUILD", path])).toEqual({ kind: "changed", paths: [path] });
    },
  );

  test("of a change that matters only what matters is named", () => {
    expect(compare(["PKGBUILD"], ["PKGBUILD=2", "README.md"])).toEqual({
      kind: "changed",
      paths: ["PKGBUILD"],
    });
  });
});
