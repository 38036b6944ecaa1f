import { describe, expect, test } from "vitest";
import { compareLink } from "./review-compare.ts";

describe("a reviewer gets one click to what changed in the source, on hosts that compare", () => {
  test.each([
    ["https://github.com/o/r/archive/refs/tags/v1.tar.gz", "https://github.com/o/r/compare/v1...v2"],
    ["foo-1.tar.gz::https://github.com/o/r/archive/v1.tar.gz", "https://github.com/o/r/compare/v1...v2"],
    ["https://github.com/o/r/archive/v1/r-v1.zip", "https://github.com/o/r/compare/v1...v2"],
    ["https://github.com/o/r/releases/download/v1/r-1.tar.xz", "https://github.com/o/r/compare/v1...v2"],
    ["https://codeload.github.com/o/r/tar.gz/refs/tags/v1", "https://github.com/o/r/compare/v1...v2"],
    ["git+https://github.com/o/r.git#tag=v1", "https://github.com/o/r/compare/v1...v2"],
    ["git+https://github.com/o/r.git?signed#tag=v1", "https://github.com/o/r/compare/v1...v2"],
    ["git+https://gitlab.com/g/s/r.git#tag=v1", "https://gitlab.com/g/s/r/-/compare/v1...v2"],
    ["https://gitlab.com/g/s/r/-/archive/v1/r-v1.tar.gz", "https://gitlab.com/g/s/r/-/compare/v1...v2"],
    ["https://codeberg.org/o/r/archive/v1.tar.gz", "https://codeberg.org/o/r/compare/v1...v2"],
    ["https://github.com/o/r/archive/v1+x.tar.gz", "https://github.com/o/r/compare/v1%2Bx...v2%2Bx"],
  ])("%s", (source, url) => {
    const after = source.replaceAll("v1", "v2").replaceAll("1.tar", "2.tar");
    expect(compareLink([source], [after])?.url).toBe(url);
  });

  test("a pinned commit is compared by its id, and signatures and patches beside it don't matter", () => {
    const [a, b] = ["a".repeat(40), "b".repeat(40)];
    const sources = [a, b].map((id) => ["fix.patch", `r::git+https://github.com/o/r#commit=${id}`]);
    expect(compareLink(sources[0]!, sources[1]!)).toEqual({
      url: `https://github.com/o/r/compare/${a}...${b}`,
      host: "github.com",
      from: a,
      to: b,
    });
  });

  test.each([
    ["https://example.org/r-v1.tar.gz", "https://example.org/r-v2.tar.gz"],
    [
      "https://github.com.evil.example/o/r/archive/v1.tar.gz",
      "https://github.com.evil.example/o/r/archive/v2.tar.gz",
    ],
    ["https://github.com/o/r/archive/v1.tar.gz", "https://github.com/eve/r/archive/v2.tar.gz"],
    ["https://github.com/o/r/archive/v1.tar.gz", "https://github.com/o/r/archive/v1.tar.gz"],
    ["https://github.com/o/r/archive/v1.tar.gz", "https://github.com/o/r/archive/v2)[x](y.tar.gz"],
    ["https://github.com/o/r/archive/v1.tar.gz", "https://github.com/o/r/archive/v2\n/merge.tar.gz"],
    ["git+https://github.com/o/r#tag=v1", "git+https://github.com/o/r#tag=v2/../../../issues/1"],
    ["git+https://github.com/o/r#tag=v1", "git+https://github.com/o/r#tag=main...evil"],
    ["git+https://github.com/o/r#tag=v1", "git+https://github.com/o/r#branch=v2"],
    ["git+https://github.com/../r#tag=v1", "git+https://github.com/../r#tag=v2"],
    ["git+https://github.com/o(/r)#tag=v1", "git+https://github.com/o(/r)#tag=v2"],
    ["git+https://github.com:8080/o/r#tag=v1", "git+https://github.com:8080/o/r#tag=v2"],
    ["local.patch", "local.patch"],
  ])("no link for %j and %j", (before, after) => {
    expect(compareLink([before], [after])).toBeUndefined();
  });
});
