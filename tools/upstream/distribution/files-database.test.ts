import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { writeTar } from "../../../test/world/tar.ts";
import { readFilesDatabase } from "./files-database.ts";

const desc = (name: string, version = "1-1"): string =>
  `%FILENAME%\n${name}-${version}-x86_64.pkg.tar.zst\n\n%NAME%\n${name}\n\n%VERSION%\n${version}\n\n%DEPENDS%\nglibc\n`;

const database = (files: Readonly<Record<string, string>>): Buffer => gzipSync(writeTar(files));

const whole = {
  "foo-1-1/desc": desc("foo"),
  "foo-1-1/files": "%FILES%\nusr/\nusr/lib/\nusr/lib/libfoo.so.1\nusr/lib32/libfoo.so.1",
};

test("what packages give is read of their files, versions and relations", async () => {
  expect(await readFilesDatabase(database(whole), "x86_64")).toEqual({
    foo: {
      version: "1-1",
      file: "foo-1-1-x86_64.pkg.tar.zst",
      gives: ["i386-32:libfoo.so.1", "x86_64-64:libfoo.so.1"],
      depends: ["glibc"],
      onlyLibraries: true,
    },
  });
});

test.each([
  ["an escape sequence", "foo\u001b[2J"],
  ["a directive", "foo[deploy all]"],
  ["a folder above", "../foo"],
])("a package whose name or version has %s is none", async (_, name) => {
  const files = { "a-1-1/desc": desc(name), "b-1-1/desc": desc("b", `1${name}`), ...whole };
  const read = await readFilesDatabase(database(files), "x86_64");
  expect(Object.keys(read)).toEqual(["foo"]);
});

const tar = writeTar(whole);

test.each<[string, Buffer, string]>([
  ["cut by the mirror", gzipSync(tar).subarray(0, 90), "compression-damaged"],
  ["cut before it was compressed", gzipSync(tar.subarray(0, 900)), "tar-damaged"],
  ["a web page", Buffer.from("<html>".repeat(500)), "compression-damaged"],
  ["a description of two megabytes", database({ "a-1-1/desc": "x".repeat(2 ** 21) }), "too-large"],
])("%s is refused", async (_, body, code) => {
  await expect(readFilesDatabase(body, "x86_64")).rejects.toMatchObject({ code });
});
