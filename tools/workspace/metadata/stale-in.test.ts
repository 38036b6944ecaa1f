import { describe, expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { staleIn } from "./stale-in.ts";

const split = `pkgbase=foo
pkgname=(foo foo-docs)
pkgver=1.2
pkgrel=1
arch=(x86_64 aarch64)
depends=(glibc "bar>=$pkgver")
source_aarch64=("https://x.example/foo-$pkgver.tar.gz")
sha256sums_aarch64=(SKIP)
package_foo-docs() {
  depends=()
}
`;
const srcinfo = `pkgbase = foo
	pkgver = 1.2
	pkgrel = 1
	arch = x86_64
	arch = aarch64
	depends = glibc
	depends = bar>=1.2
	source_aarch64 = https://x.example/foo-1.2.tar.gz
	sha256sums_aarch64 = SKIP

pkgname = foo

pkgname = foo-docs
	depends =${" "}
`;
const vcs = "pkgver() {\n  git describe\n}\n";

describe("a contributor who forgot .SRCINFO gets a warning that says where, and nobody else does", () => {
  test.each([
    ["agreeing", split, srcinfo, []],
    ["a new version", split.replace("=1.2", "=1.3"), srcinfo, ["pkgver", "depends", "source_aarch64"]],
    ["a new dependency", split.replace("glibc", "glibc qux"), srcinfo, ["depends"]],
    ["a package's own field", split.replace("depends=()", "depends=(x)"), srcinfo, ["depends of foo-docs"]],
    ["another split package", split.replace("foo-docs)", "foo-doc)"), srcinfo, ["pkgname"]],
    ["another pkgbase", split.replace("pkgbase=foo", "pkgbase=fo"), srcinfo, ["pkgbase"]],
    [
      "a field that is gone",
      split.replace("sha256sums_aarch64=(SKIP)\n", ""),
      srcinfo,
      ["sha256sums_aarch64"],
    ],
    [".SRCINFO ahead, as pkgver() found it", split + vcs, srcinfo.replaceAll("1.2", "1.2.r3"), []],
    [".SRCINFO ahead without pkgver()", split, srcinfo.replace("= 1.2", "= 1.3"), ["pkgver"]],
    ["what only running tells", split.replace("=(glibc", "=($(ls)"), srcinfo, []],
    ["what can't be read", "pkgver=$(", srcinfo, []],
    [
      "one that was made on aarch64",
      `${split}url=https://$CARCH\n`,
      srcinfo.replace("rel = 1", "rel = 1\n\turl = https://aarch64"),
      [],
    ],
  ])("%s", (_, pkgbuild, text, expected) => {
    expect(staleIn(pkgbuild, parseSrcinfo(text))).toEqual(expected);
  });
});
