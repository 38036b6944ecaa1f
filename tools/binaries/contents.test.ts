import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { elfFile } from "../../test/world/elf-file.ts";
import { inMemory } from "../alpm/file-bytes.ts";
import { tarEntries } from "../alpm/tar.ts";
import { readContents } from "./contents.ts";

const home = mkdtempSync(join(tmpdir(), "sluice-contents-"));
afterAll(() => rmSync(home, { recursive: true }));

const files: Readonly<Record<string, string | Buffer>> = {
  ".PKGINFO": "pkgname = foo\npkgver = 1.0-1\narch = x86_64\n",
  ".BUILDINFO": "format = 2\n",
  ".INSTALL": "post_install() { :; }\n",
  "etc/sudoers.d/foo": "foo\n",
  "usr/bin/foo": elfFile({ needed: ["libc.so.6"], runpath: "$ORIGIN/../lib" }),
  "usr/bin/cut": elfFile({ needed: ["libc.so.6"] }).subarray(0, 100),
};
for (const [path, content] of Object.entries(files)) {
  mkdirSync(join(home, dirname(path)), { recursive: true });
  writeFileSync(join(home, path), content);
}
symlinkSync("foo", join(home, "usr/bin/bar"));

/** As GNU tar writes it: modes, owners and attributes as they are asked for. */
function archive(options: readonly string[], ...paths: string[]): Buffer {
  const all = ["--format=pax", "--no-recursion", "-cf", "-", ...options, ...paths];
  return execFileSync("tar", all, { cwd: home, env: { ...process.env, LC_ALL: "C.UTF-8" } });
}

async function* entriesOf(tar: Buffer) {
  yield* tarEntries(inMemory(tar));
}

test("of each file it is known what it is, whose, and what it loads", async () => {
  const paths = [...Object.keys(files), "usr/bin", "usr/bin/bar"];
  const tar = archive(["--mode=4755", "--owner=root:0", "--group=games:50"], ...paths);
  const {
    info,
    scriptlet,
    files: found,
  } = await readContents(entriesOf(tar), (path) => path.startsWith("etc/"));
  expect(info).toMatchObject({ pkgname: "foo", version: "1.0-1" });
  expect(scriptlet).toBe("post_install() { :; }\n");
  expect([...found.keys()]).toEqual([
    "etc/sudoers.d/foo",
    "usr/bin/foo",
    "usr/bin/cut",
    "usr/bin",
    "usr/bin/bar",
  ]);
  expect(found.get("usr/bin/foo")).toEqual({
    type: "file",
    mode: 0o4755,
    owner: "0:50",
    capabilities: undefined,
    target: "",
    size: files["usr/bin/foo"]!.length,
    digest: undefined,
    elf: { needed: ["libc.so.6"], rpath: undefined, runpath: "$ORIGIN/../lib" },
  });
  expect(found.get("usr/bin/cut")).toMatchObject({ elf: "unread" });
  expect(found.get("usr/bin")).toMatchObject({ type: "folder" });
  expect(found.get("usr/bin/bar")).toMatchObject({ type: "link", target: "foo" });
  expect(found.get("etc/sudoers.d/foo")?.digest).toMatch(/^b5bb9d80/);
});

test("a path is taken as it is installed, however it is written", async () => {
  const tar = archive(["--transform=s,^etc,./usr//../etc/.,"], ".PKGINFO", "etc/sudoers.d/foo");
  expect([...(await readContents(entriesOf(tar), () => false)).files.keys()]).toEqual(["etc/sudoers.d/foo"]);
});

test.each([
  ["LIBARCHIVE.xattr.security.capability:=AQAAAgAgAAAAAAAAAAAAAAAAAAA", "AQAAAgAgAAAAAAAAAAAAAAAAAAA"],
  ["SCHILY.xattr.security.capability:=raw", ""],
])("capabilities are seen: %s", async (option, capabilities) => {
  const tar = archive([`--pax-option=${option}`], ".PKGINFO", "usr/bin/foo");
  const { files: found } = await readContents(entriesOf(tar), () => false);
  expect(found.get("usr/bin/foo")).toMatchObject({ capabilities });
});
