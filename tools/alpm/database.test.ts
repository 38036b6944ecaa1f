import { expect, test } from "vitest";
import { writeTar } from "../../test/world/tar.ts";
import { parseDatabase } from "./database.ts";

const desc = `%FILENAME%
libfoo++-1:2.0-3-x86_64.pkg.tar.zst

%NAME%
libfoo++

%BASE%
foo

%VERSION%
1:2.0-3

%DESC%
%NAME%

%CSIZE%
1234

%SHA256SUM%
${"ab".repeat(32)}

%BUILDDATE%
1700000000

%ARCH%
x86_64

%PROVIDES%
libfoo.so=2-64
libfoo=2.0

%DEPENDS%
glibc
bar>=1.0

%OPTDEPENDS%
baz: for what baz does

`;

test("a database gives name, version, base, file, hash and relations of every package", () => {
  const [entry, ...others] = parseDatabase(
    writeTar({
      "libfoo++-1:2.0-3/": "",
      "libfoo++-1:2.0-3/desc": desc,
      "libfoo++-1:2.0-3/files": "%FILES%\nusr/\n",
    }),
  );
  expect(others).toEqual([]);
  expect(entry).toEqual({
    name: "libfoo++",
    base: "foo",
    version: "1:2.0-3",
    arch: "x86_64",
    filename: "libfoo++-1:2.0-3-x86_64.pkg.tar.zst",
    sha256: "ab".repeat(32),
    buildDate: 1_700_000_000,
    groups: [],
    provides: ["libfoo.so=2-64", "libfoo=2.0"],
    conflicts: [],
    replaces: [],
    depends: ["glibc", "bar>=1.0"],
    optdepends: ["baz: for what baz does"],
    makedepends: [],
    checkdepends: [],
  });
});

test("relations in a file of their own, as old databases have them, are read too", () => {
  const old = "%FILENAME%\na-1-1-any.pkg.tar.gz\n\n%NAME%\na\n\n%VERSION%\n1-1\n";
  const [entry] = parseDatabase(writeTar({ "./a-1-1/depends": "%DEPENDS%\nb\n\n", "./a-1-1/desc": old }));
  expect(entry).toMatchObject({
    name: "a",
    base: "a",
    arch: "any",
    sha256: "",
    buildDate: 0,
    depends: ["b"],
  });
});

test("an entry without a version is an error that names it", () => {
  const tar = writeTar({ "a-1-1/desc": "%NAME%\na\n\n%FILENAME%\na-1-1-any.pkg.tar.zst\n\n" });
  expect(() => parseDatabase(tar)).toThrow("The database's entry a-1-1 has no %VERSION%.");
});
