import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { elfFile } from "../../../test/world/elf-file.ts";
import { writeLinkedPackage } from "../../../test/world/linked-packages.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import { writeTar } from "../../../test/world/tar.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { readGives, type KnownGives } from "./gives.ts";
import { readSymbols, type AskedLibraries } from "./symbols.ts";

const missing = missingPrograms("bsdcat");
const folder = mkdtempSync(join(tmpdir(), "sluice-symbols-"));
afterAll(() => rmSync(folder, { recursive: true }));

const url = "https://mirror.example.org/extra/os/x86_64/extra.db";
const address = "https://mirror.example.org/extra/os/x86_64/foo-1%3A1.1-1-x86_64.pkg.tar.zst";
const asked: AskedLibraries = {
  url,
  pkgname: "foo",
  version: "1:1.1-1",
  file: "foo-1:1.1-1-x86_64.pkg.tar.zst",
};

function packageFile(version = "1:1.1-1", content?: Buffer): Buffer {
  const library = content ?? elfFile({ soname: "libfoo.so.1", versions: ["FOO_1", "FOO_2"] });
  const files = { "usr/lib/libfoo.so.1": library };
  const pkg = { pkgname: "foo", version, depends: [], installed: {}, files };
  return readFileSync(writeLinkedPackage(folder, pkg));
}

/** Servers of files by their addresses; anything else isn't there. */
function serving(
  files: Readonly<Record<string, Buffer | SluiceError>>,
): Pick<Http, "fetch"> & { asked: string[] } {
  const seen: string[] = [];
  return {
    asked: seen,
    async fetch(at) {
      seen.push(at);
      const body = files[at];
      if (body instanceof SluiceError) throw body;
      return { status: body ? 200 : 404, headers: {}, url: at, body: body ?? Buffer.alloc(0) };
    },
  };
}

test.skipIf(missing.length > 0)(
  `symbol versions are read of the package that the database names (needs ${missing.join() || "nothing more"})`,
  async () => {
    const read = await readSymbols([asked], serving({ [address]: packageFile() }));
    expect([...read.values()]).toEqual([["x86_64-64:libfoo.so.1@FOO_1", "x86_64-64:libfoo.so.1@FOO_2"]]);
  },
);

test.skipIf(missing.length > 0).each([
  ["another version of it", () => packageFile("1:1.0-1")],
  ["something that is no package", () => Buffer.from("<html>")],
  [
    "a library that isn't understood",
    () => packageFile("1:1.1-1", Buffer.from(`\x7fELF${"x".repeat(99)}`, "latin1")),
  ],
  ["one larger than all that a run may fetch", () => new SluiceError("too-large", "it is too large")],
])("%s says nothing, and isn't asked for again", async (_, file) => {
  const read = await readSymbols([asked], serving({ [address]: file() }));
  expect([...read]).toEqual([[asked, []]]);
});

test("a package that a mirror lacks is asked for again, unless it had its database for longer than a run", async () => {
  const settled = { ...asked, isSettled: true };
  expect([...(await readSymbols([asked, settled], serving({})))]).toEqual([[settled, []]]);
});

test("what can't be fetched is left to the next run, and a run fetches no more than sixteen", async () => {
  expect([...(await readSymbols([asked], serving({})))]).toEqual([]);
  const down = new SluiceError("unavailable", "down");
  expect([...(await readSymbols([asked], serving({ [address]: down })))]).toEqual([]);
  const mirror = serving({});
  await readSymbols(
    Array.from({ length: 40 }, (_, n) => ({ ...asked, file: `foo${n}` })),
    mirror,
  );
  expect(mirror.asked).toHaveLength(16);
});

test("a server that refuses a few isn't asked for more, and others are", async () => {
  const files = Array.from({ length: 9 }, (_, n) => `foo${n}`);
  const down = new SluiceError("unavailable", "down");
  const refusing = Object.fromEntries(files.map((file) => [new URL(file, url).href, down]));
  const other = { ...asked, url: "https://other.example.org/extra.db", isSettled: true };
  const mirror = serving(refusing);
  const read = await readSymbols([...files.map((file) => ({ ...asked, file })), other], mirror);
  expect(mirror.asked).toHaveLength(5);
  expect([...read.keys()]).toEqual([other]);
});

function databaseOf(version: string): Buffer {
  const desc = `%FILENAME%\nfoo-${version}-x86_64.pkg.tar.zst\n\n%NAME%\nfoo\n\n%VERSION%\n${version}\n`;
  const files = "%FILES%\nusr/lib/libfoo.so.1\n";
  return gzipSync(writeTar({ [`foo-${version}/desc`]: desc, [`foo-${version}/files`]: files }));
}

async function look(version: string, known: readonly KnownGives[]): Promise<KnownGives> {
  const http = serving({ [url.replace(".db", ".files")]: databaseOf(version) }) as unknown as Http;
  const [sighting] = await readGives([url], known, "x86_64", http, () => new Date(0));
  return sighting!.known!;
}

test("what was read of a package is kept, with the version that it was read of", async () => {
  const first = await look("1-1", []);
  const gives = ["x86_64-64:libfoo.so.1"];
  const foo = { version: "1-1", file: "foo-1-1-x86_64.pkg.tar.zst", gives, onlyLibraries: true as const };
  expect(first.packages).toEqual({ foo });
  const symbols = ["x86_64-64:libfoo.so.1@FOO_1"];
  const read = { ...first, packages: { foo: { ...foo, symbols } } };
  expect((await look("1-1", [read])).packages["foo"]).toEqual({ ...foo, symbols });
  const moved = await look("2-1", [read]);
  expect(moved.packages["foo"]).toMatchObject({ version: "2-1", symbols, symbolsOf: "1-1" });
  expect((await look("3-1", [moved])).packages["foo"]).toMatchObject({ version: "3-1", symbolsOf: "1-1" });
  expect((await look("1-1", [moved])).packages["foo"]).toEqual({ ...foo, symbols });
});
