import { expect, test } from "vitest";
import { followPkgver } from "./literal-version.ts";

const pkgbuild = `_name=iredis
pkgver=1.16.1
source=("https://files.pythonhosted.org/packages/source/i/\${_name}/iredis-1.16.1.tar.gz")
depends=("glibc-1.16.1")
build() {
  cd "$srcdir/iredis-1.16.1"
}
`;

test("what pypi_pre_build wrote follows pkgver: its source and its folder, and nothing else", () => {
  expect(followPkgver(pkgbuild)).toBe(
    pkgbuild
      .replace("iredis-1.16.1.tar", () => "iredis-${pkgver}.tar")
      .replace('srcdir/iredis-1.16.1"', () => 'srcdir/iredis-${pkgver}"'),
  );
});

test.each([
  ["follows already", pkgbuild.replaceAll(/iredis-1\.16\.1/g, "iredis-$$pkgver")],
  ["has another version in it", pkgbuild.replaceAll("iredis-1.16.1", "iredis-1x16.1")],
  ["has no plain pkgver", pkgbuild.replace("pkgver=1.16.1", "pkgver=${_version}")],
])("a recipe that %s stays as it is", (_, text) => {
  expect(followPkgver(text)).toBeUndefined();
});
