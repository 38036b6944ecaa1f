import { describe, expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { srcinfoText } from "../../../test/world/workspace.ts";
import { readPackageConfig } from "../../workspace/config/config.ts";
import { comparePackage, type PackageSide } from "./changes.ts";

/** Paths, or paths with a mode or content of their own: `foo:100755`, `foo=2`. */
function files(...paths: string[]): PackageSide["files"] {
  return new Map(
    paths.map((text) => {
      const [, path, mode = "100644", id = "1"] = /^(.+?)(?::(\d+))?(?:=(.+))?$/.exec(text)!;
      return [path!, { mode, id, size: 1, path: path! }];
    }),
  );
}

function side(paths: string[] | undefined, lines: string[], config = ""): PackageSide | undefined {
  if (!paths) return undefined;
  const srcinfo = parseSrcinfo(srcinfoText("foo", { lines }));
  const settings = readPackageConfig({ kind: "file", text: config }).config;
  const pkg = paths.some((path) => path.startsWith("PKGBUILD"))
    ? { pkgbase: "foo", srcinfo, config: settings }
    : undefined;
  return { pkg, files: files(...paths) };
}

const compare = (before: string[] | undefined, after: string[] | undefined, lines: string[] = []) =>
  comparePackage(side(before, lines), side(after, lines));

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
  test.each([
    ".CI/info",
    ".gitignore",
    "README.md",
    "Changes.MD",
    ".CI/update.sh",
    "nvchecker.toml",
    ".nvchecker.toml",
  ])("%s doesn't matter", (path) => {
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

  test.each([".CI/prepare", "docs/README.md", "LICENSE", "x.md.patch"])("%s matters always", (path) => {
    expect(compare(["PKGBUILD"], ["PKGBUILD", path])).toEqual({ kind: "changed", paths: [path] });
  });

  test("of a change that matters only what matters is named", () => {
    expect(compare(["PKGBUILD"], ["PKGBUILD=2", "README.md"])).toEqual({
      kind: "changed",
      paths: ["PKGBUILD"],
    });
  });
});

function changedSettings(before: string, after: string, epoch = "0"): unknown {
  const lines = epoch === "0" ? [] : [`epoch = ${epoch}`];
  return comparePackage(
    side(["PKGBUILD", ".CI/config=1"], lines, before),
    side(["PKGBUILD", ".CI/config=2"], lines, after),
  )?.kind;
}

function changedSrcinfo(before: string[], after: string[]): unknown {
  return comparePackage(side(["PKGBUILD", ".SRCINFO=1"], before), side(["PKGBUILD", ".SRCINFO=2"], after))
    ?.kind;
}

describe("settings, by what they mean", () => {
  test.each([
    "# a comment",
    "CI_PKGBUILD_SOURCE=aur",
    "CI_ON_TRIGGER=daily",
    "CI_NVCHECKER=true",
    "CI_PKGBUILD_CHANGE_ALLOW_REGEX=^_x=",
    "CI_REBUILD_TRIGGERS=icu",
    "CI_GIT_COMMIT=0123456789abcdef0123456789abcdef01234567",
    "CI_FORCE_VCS=true",
    "CI_PACKAGE_BUMP=0.9-1/3",
  ])("%s can't change the package", (line) => {
    expect(changedSettings("", line)).toBe("immaterial");
  });

  test.each([
    "BUILDER_NETWORK=true",
    "BUILDER_ALLOW_PROHIBITED=true",
    "CI_PACKAGE_BUMP=1",
    "CI_PACKAGE_BUMP=1-1/1",
  ])("%s can", (line) => {
    expect(changedSettings("", line)).toBe("changed");
  });

  test.each(["BUILDER_EXTRA_TIMEOUT=2", "BUILDER_CLASS=heavy", "BUILDER_CACHE_SOURCES=true"])(
    "%s may let a build succeed that failed, so it is scheduled",
    (line) => {
      expect(changedSettings("", line)).toBe("changed");
    },
  );

  test("a bump of a version that is gone may be taken out", () => {
    expect(changedSettings("CI_PACKAGE_BUMP=1-1/2", "")).toBe("changed");
    expect(changedSettings("CI_PACKAGE_BUMP=1-1/2", "", "1")).toBe("immaterial");
  });
});

describe(".SRCINFO, by what a build reads of it", () => {
  test.each([["pkgdesc = Another"], ["url = https://example.org"], ["sha256sums = SKIP"]])(
    "%s no build reads",
    (line) => {
      expect(changedSrcinfo([], [line])).toBe("immaterial");
    },
  );

  test.each([["makedepends = cmake"], ["checkdepends_x86_64 = bats"], ["source = a.txt"]])(
    "%s decides what it finds",
    (line) => {
      expect(changedSrcinfo([], [line])).toBe("changed");
    },
  );
});
