import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bubblewrap } from "../../sandbox/bubblewrap/bubblewrap.ts";
import { writeTar } from "../../../test/world/tar.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import { archiveLimits, readArchive } from "./read-archive.ts";

const folder = mkdtempSync("/tmp/sluice-archives-");
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const isPossible = missingPrograms("bwrap", "bsdtar").length === 0;

/** Packs a folder `foo-1` with these files, as bsdtar does by the archive's name. */
function packed(name: string, ...options: string[]): string {
  const from = mkdtempSync(join(folder, "from-"));
  mkdirSync(join(from, "foo-1/sub"), { recursive: true });
  writeFileSync(join(from, "foo-1/a.c"), "int a;\n");
  writeFileSync(join(from, "foo-1/sub/grüße"), "hallo\n");
  symlinkSync("../../../../etc/passwd", join(from, "foo-1/link"));
  linkSync(join(from, "foo-1/a.c"), join(from, "foo-1/same.c"));
  const to = join(folder, name);
  execFileSync("bsdtar", [
    "--create",
    "--auto-compress",
    ...options,
    "--file",
    to,
    "--directory",
    from,
    "foo-1",
  ]);
  return to;
}

function written(name: string, content: string | Buffer): string {
  const to = join(folder, name);
  writeFileSync(to, content);
  return to;
}

const idOf = (content: string): string =>
  execFileSync("git", ["hash-object", "--stdin"], { input: content, encoding: "utf8" }).trim();

test.skipIf(!isPossible).each(["a.tar", "a.tar.gz", "a.tar.xz", "a.tar.zst", "a.tar.bz2", "a.zip", "a.7z"])(
  "of %s each file is known by the id that Git gives it",
  async (name) => {
    const found = await readArchive(packed(name), bubblewrap());
    expect(Object.fromEntries([...found!].map(([path, { kind, id }]) => [path, [kind, id]]))).toEqual({
      "foo-1/a.c": ["file", idOf("int a;\n")],
      "foo-1/same.c": ["file", idOf("int a;\n")],
      "foo-1/sub/grüße": ["file", idOf("hallo\n")],
      "foo-1/link": ["link", idOf("../../../../etc/passwd")],
    });
  },
);

test.skipIf(!isPossible).each([
  ["a patch", "--- a\n+++ b\n"],
  ["a program", "\x7fELF\0\0"],
])("%s is no archive", async (_, content) => {
  expect(await readArchive(written("plain", content), bubblewrap())).toBeUndefined();
});

test.skipIf(!isPossible)("a list that names this machine's files gives none of their contents", async () => {
  const secret = written("secret", "the key");
  const list = written("list", `#mtree\n./x type=file contents=${secret} size=7\n`);
  const found = await readArchive(list, bubblewrap()).catch((error: unknown) => error);
  const ids = found instanceof Map ? [...found.values()].map(({ id }) => id) : [];
  expect(ids).not.toContain(idOf("the key"));
});

test.skipIf(!isPossible)("paths that climb are only names", async () => {
  const tar = written("climbs.tar", writeTar({ "../../x": "1", "/etc/passwd": "2", "a/../../b": "3" }));
  expect([...(await readArchive(tar, bubblewrap()))!.keys()]).toEqual([
    "../../x",
    "/etc/passwd",
    "a/../../b",
  ]);
});

test
  .skipIf(!isPossible)
  .each<[what: string, make: () => string, limits: Partial<typeof archiveLimits>, message: string]>([
    [
      "a bomb",
      () => compressed("bomb.tar.gz", { zeros: Buffer.alloc(2 ** 26) }),
      { bytes: 2 ** 20 },
      "more than 1048576 bytes",
    ],
    ["a bomb of a bomb", () => bombOfBombs(), { bytes: 2 ** 20 }, "more than 1048576 bytes"],
    [
      "a file that claims a terabyte and has holes",
      () => sparse(),
      {},
      "more than 4294967296 bytes unpacked",
    ],
    [
      "thousands of files",
      () =>
        compressed("many.tar.gz", Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`${at}`, ""]))),
      { files: 1000 },
      "more than 1000 files",
    ],
    [
      "long names",
      () => compressed("names.tar.gz", { ["x".repeat(90)]: "", y: "" }),
      { paths: 80 },
      "paths longer",
    ],
    ["one that ends too early", () => cut(packed("cut.tar.gz")), {}, "it is damaged"],
  ])("%s ends at a limit", async (_, make, limits, message) => {
  await expect(readArchive(make(), bubblewrap(), { ...archiveLimits, ...limits })).rejects.toThrow(message);
});

function compressed(name: string, files: Record<string, string | Buffer>): string {
  const gzip = execFileSync("gzip", ["-1"], { input: writeTar(files), maxBuffer: 2 ** 28 });
  return written(name, gzip);
}

/** Twice compressed, it has a thousandth of a thousandth of its size. */
function bombOfBombs(): string {
  const once = compressed("inner", { zeros: Buffer.alloc(2 ** 26) });
  return written("twice.tar.gz.gz", execFileSync("gzip", ["-9", "--stdout", once]));
}

function sparse(): string {
  const holes = openSync(join(folder, "holes"), "w");
  ftruncateSync(holes, 2 ** 40);
  closeSync(holes);
  execFileSync("tar", [
    "--create",
    "--sparse",
    `--file=${folder}/sparse.tar`,
    `--directory=${folder}`,
    "holes",
  ]);
  rmSync(join(folder, "holes"));
  return join(folder, "sparse.tar");
}

function cut(file: string): string {
  truncateSync(file, statSync(file).size - 40);
  return file;
}
