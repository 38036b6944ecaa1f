import { expect, test } from "vitest";
import { elfFile } from "../../test/world/elf-file.ts";
import { writeTar } from "../../test/world/tar.ts";
import { inMemory } from "../alpm/file-bytes.ts";
import { tarEntries, type ArchivedEntry } from "../alpm/tar.ts";
import { readPackage } from "./read-package.ts";

const pkginfo = (more: readonly string[] = []): string =>
  ["pkgname = app", "pkgbase = apps", "pkgver = 1:2.0-3", "arch = x86_64", "depend = foo", ...more, ""].join(
    "\n",
  );

function read(files: Record<string, string | Buffer>, { more }: { more?: readonly string[] } = {}) {
  return readPackage(entriesOf(writeTar({ ".PKGINFO": pkginfo(more), ...files })));
}

async function* entriesOf(tar: Buffer) {
  yield* tarEntries(inMemory(tar));
}

const program = elfFile({
  needed: ["libfoo.so.1", "libc.so.6"],
  interpreter: "/lib64/ld-linux-x86-64.so.2",
  neededVersions: { "libc.so.6": ["GLIBC_2.34"] },
});

test("a program's libraries are read", async () => {
  expect(await read({ "usr/bin/app": program, "usr/share/app/text": "x".repeat(5000) })).toEqual({
    pkgname: "app",
    pkgbase: "apps",
    version: "1:2.0-3",
    arch: "x86_64",
    needs: {
      "x86_64-64:libfoo.so.1": { file: "usr/bin/app" },
      "x86_64-64:libc.so.6": { file: "usr/bin/app" },
      "x86_64-64:libc.so.6@GLIBC_2.34": { file: "usr/bin/app" },
      "x86_64-64:ld-linux-x86-64.so.2": { file: "usr/bin/app" },
    },
    gives: [],
    depends: ["foo"],
    provides: [],
    builtWith: {},
  });
});

test("what is in the package itself is no need, wherever it lies", async () => {
  const foo = elfFile({ soname: "libfoo.so.1" });
  const { needs, gives } = await read({
    "usr/bin/app": elfFile({ needed: ["libfoo.so.1"] }),
    "usr/lib/app/libfoo.so.1.2": foo,
  });
  expect(needs).toEqual({});
  expect(gives).toEqual(["x86_64-64:usr/lib/app/libfoo.so.1", "x86_64-64:usr/lib/app/libfoo.so.1.2"]);
});

test("a library gives its soname, its names, and its symbol versions", async () => {
  const { gives } = await read({
    "usr/lib/libfoo.so.1.2": elfFile({ soname: "libfoo.so.1", versions: ["FOO_1"] }),
  });
  expect(gives).toEqual([
    "x86_64-64:libfoo.so.1",
    "x86_64-64:libfoo.so.1.2",
    "x86_64-64:libfoo.so.1.2@FOO_1",
    "x86_64-64:libfoo.so.1@FOO_1",
  ]);
});

test.each([
  [{ "usr/lib/libfoo.so.1": "", "usr/include/foo.h": "", "usr/share/licenses/foo/LICENSE": "" }, true],
  [{ "usr/lib/libfoo.so.1": "", "usr/bin/foo": "" }, undefined],
  [{ "usr/include/foo.h": "" }, undefined],
])("a package of %j has only libraries: %s", async (files, only) => {
  expect((await read({ "usr/": "", ...files })).onlyLibraries).toBe(only);
});

test("where a file looks for libraries first is kept", async () => {
  const { needs } = await read({
    "opt/app/bin/app": elfFile({ needed: ["libx.so"], runpath: "$ORIGIN/../lib:/usr/lib/other:/usr/lib" }),
  });
  expect(needs).toEqual({
    "x86_64-64:libx.so": { file: "opt/app/bin/app", folders: ["opt/app/lib", "usr/lib/other"] },
  });
});

const native = (symbol: string): Buffer => elfFile({ symbols: [symbol] });
const privateQt = elfFile({ neededVersions: { "libQt6Core.so.6": ["Qt_6", "Qt_6_PRIVATE_API"] } });

test.each([
  ["usr/lib/python3.12/site-packages/foo/__init__.py", "", "python:3.12"],
  ["usr/lib/perl5/5.38/vendor_perl/auto/Foo/Foo.so", "", "perl:5.38"],
  ["usr/lib/ruby/gems/3.3.0/gems/foo-1/foo.rb", "", "ruby:3.3.0"],
  ["usr/lib/node_modules/foo/foo.node", native("node_register_module_v127"), "node:127"],
  ["usr/bin/app", privateQt, "qt6-private:6.7.2"],
  ["usr/lib/qt6/plugins/kwin/effects/plugins/foo.so", "", "kwin:6.1.4"],
  ["usr/lib/php/modules/foo.so", "", "php:8.3"],
  ["usr/lib/erlang/lib/foo-1/ebin/foo.beam", "", "erlang:27"],
  [
    "usr/lib/ghc-9.4.8/package.conf.d/foo-1-Ab.conf",
    "name: foo\ndepends:\n    bar-2-Cd\n",
    "haskell:bar-2-Cd",
  ],
  ["usr/lib/ocaml/foo/foo.cmxa", "", "ocaml:5.2.0"],
  ["usr/lib/modules/6.9.1-arch1-1/updates/foo.ko.zst", "", "kernel:6.9.1-arch1-1"],
])("a package with %s is made for one version of what it is for", async (path, content, need) => {
  const with_ = ["qt6-base-6.7.2-1", "kwin-6.1.4-2", "php-8.3.8-1", "erlang-core-27.0-1", "ocaml-5.2.0-1"];
  const buildinfo = with_.map((one) => `installed = ${one}-x86_64\n`).join("");
  const { needs } = await read({ ".BUILDINFO": buildinfo, [path]: content });
  expect(Object.keys(needs)).toContain(need);
});

test.each([
  ["usr/lib/python3.12/os.py", "python:3.12"],
  ["usr/lib/perl5/5.38/core_perl/Config.pm", "perl:5.38"],
  ["usr/lib/ruby/3.3.0/set.rb", "ruby:3.3.0"],
  ["usr/lib/ghc-9.4.8/package.conf.d/base-4.17-Ef.conf", "haskell:base-4.17-Ef"],
  ["usr/lib/modules/6.9.1-arch1-1/vmlinuz", "kernel:6.9.1-arch1-1"],
])("a package with %s gives what others are made for", async (path, gift) => {
  expect((await read({ [path]: "" })).gives).toEqual([gift]);
});

test("which versions it was built with is kept, of what it depends on", async () => {
  const buildinfo = "installed = foo-1.9-1-x86_64\ninstalled = gcc-14-1-x86_64\ninstalled = tzdata-1-1-any\n";
  const { builtWith } = await read({ ".BUILDINFO": buildinfo }, { more: ["makedepend = gcc>=13"] });
  expect(builtWith).toEqual({ foo: "1.9-1", gcc: "14-1" });
});

test("a damaged file is named, and the others count", async () => {
  const cut = program.subarray(0, 100);
  expect(await read({ "usr/lib/libcut.so.1": cut, "usr/bin/app": program })).toMatchObject({
    unread: expect.stringContaining("usr/lib/libcut.so.1 can't be read"),
    needs: { "x86_64-64:libfoo.so.1": { file: "usr/bin/app" } },
    gives: ["x86_64-64:libcut.so.1"],
  });
});

const numbered = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index));

async function* entries(all: readonly Partial<ArchivedEntry>[]): AsyncGenerator<ArchivedEntry> {
  const nothing = {
    type: "0",
    target: "",
    mode: 0o644,
    owner: "0:0",
    capabilities: undefined,
    content: inMemory(Buffer.of()),
  };
  yield { ...nothing, path: ".PKGINFO", content: inMemory(Buffer.from(pkginfo())) };
  for (const entry of all) yield { path: "", ...nothing, ...entry };
}

const versioned = elfFile({ soname: "l.so.1", versions: numbered(10_000, (index) => `V${index}`) });

test.each<[string, readonly Partial<ArchivedEntry>[]]>([
  ["links", numbered(200_000, (index) => `usr/lib/l${index}.so`).map((path) => ({ path, type: "2" }))],
  [
    "versions of Python",
    numbered(200_000, (index) => `usr/lib/python3.${index}/site-packages/x`).map((path) => ({ path })),
  ],
  [
    "libraries",
    numbered(20, (file) => `usr/bin/${file}`).map((path) => ({
      path,
      content: inMemory(elfFile({ needed: numbered(4_000, (index) => `${path}-${index}`) })),
    })),
  ],
  [
    "symbol versions through links",
    [
      { path: "usr/lib/l.so.1", content: inMemory(versioned) },
      ...numbered(99, (index) => `usr/lib/l${index}.so`).map((path) => ({
        path,
        type: "2",
        target: "l.so.1",
      })),
    ],
  ],
])("a package that has more %s than fit into memory isn't read further", async (_what, all) => {
  await expect(readPackage(entries(all))).rejects.toMatchObject({ code: "names-too-many" });
});

test("a path that Linux doesn't allow costs no time", async () => {
  const path = `usr/${"a".repeat(2 ** 20)}/l.so`;
  await expect(readPackage(entries([{ path, type: "2" }]))).rejects.toMatchObject({ code: "tar-damaged" });
});
