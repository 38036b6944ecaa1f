import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../test/world/programs.ts";
import { writeTar } from "../../test/world/tar.ts";
import { readTar } from "./tar.ts";

const files = {
  "plain/desc": "hello\n",
  "empty/desc": "",
  [`${"long-folder-name/".repeat(9)}desc`]: "behind a prefix\n",
  [`${"l".repeat(160)}-1.0-1/desc`]: "a name that fits no header\n",
  "ünïcode-1-1/desc": "not ASCII\n",
  "block/desc": "x".repeat(1024),
};

const home = mkdtempSync(join(tmpdir(), "sluice-tar-"));
afterAll(() => rmSync(home, { recursive: true }));
for (const [path, content] of Object.entries(files)) {
  mkdirSync(join(home, dirname(path)), { recursive: true });
  writeFileSync(join(home, path), content);
}

const programs = [
  ["bsdtar", "--format=pax"],
  ["bsdtar", "--format=gnutar"],
  ["tar", "--format=pax"],
  ["tar", "--format=gnu"],
] as const;

describe.each(programs)("%s %s", (program, format) => {
  const lacking = missingPrograms(program);
  test.skipIf(lacking.length > 0)("an archive gives back every file", () => {
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    const archive = execFileSync(program, [format, "-cf", "-", ...Object.keys(files)], { cwd: home, env });
    const read = Object.fromEntries(
      [...readTar(archive)].map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]),
    );
    expect(read).toEqual(files);
  });
});

test("folders and links are passed over", () => {
  expect([...readTar(writeTar({ "a/": "", "a/desc": "1" }))].map(({ path }) => path)).toEqual(["a/desc"]);
});

test("an archive of nothing has no files", () => {
  expect([...readTar(new Uint8Array(0))]).toEqual([]);
  expect([...readTar(new Uint8Array(10_240))]).toEqual([]);
});

test.each([
  ["is cut off", (tar: Buffer) => tar.subarray(0, 700)],
  ["has a flipped bit in a header", (tar: Buffer) => (tar.writeUInt8(0x41, 3), tar)],
  ["is no tar archive", () => Buffer.alloc(1024, "noise")],
])("an archive that %s is called damaged, not read in part", (_, damage) => {
  const tar = damage(writeTar({ "a/desc": "x".repeat(600) }));
  expect(() => [...readTar(tar)]).toThrow(expect.objectContaining({ code: "tar-damaged" }));
});
