import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { storeZstd, writeTar } from "../../../test/world/tar.ts";
import { decompress } from "./decompress.ts";

const tar = writeTar({ "a-1-1/desc": "%NAME%\na\n".repeat(200) });
const withoutBsdcat = missingPrograms("bsdcat").length > 0;

test.each([
  ["an archive of no files", Buffer.alloc(10_240)],
  ["a compressed archive of no files", gzipSync(Buffer.alloc(10_240))],
])("%s is an empty repository", async (_, bytes) => {
  expect((await decompress(bytes, 1e6)).every((byte) => byte === 0)).toBe(true);
});

test.skipIf(withoutBsdcat).each([
  ["gzip", gzipSync(tar)],
  ["zstd", storeZstd(tar)],
])("what grows beyond the limit is refused (%s)", async (_, bytes) => {
  await expect(decompress(bytes, 1000)).rejects.toMatchObject({ code: "too-large" });
});

test.skipIf(withoutBsdcat).each([
  ["nothing", Buffer.alloc(0)],
  ["a few zeros", Buffer.alloc(100)],
  ["a web page", Buffer.from("<html>".repeat(500))],
  ["half a gzip archive", gzipSync(tar).subarray(0, 60)],
  ["half a zstd archive", storeZstd(tar).subarray(0, 60)],
])("%s is no database", async (_, bytes) => {
  await expect(decompress(bytes, 1e6)).rejects.toMatchObject({ code: "compression-damaged" });
});

test("without bsdcat the error names the program that is missing", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  await expect(
    decompress(storeZstd(tar), 1e6).finally(() => (process.env["PATH"] = path)),
  ).rejects.toMatchObject({ code: "program-missing", facts: { program: "bsdcat" } });
});
