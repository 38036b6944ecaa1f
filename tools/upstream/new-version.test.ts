import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import type { RecipeFiles } from "../gate/update.ts";
import type { Http } from "../http/http.ts";
import { newVersion } from "./new-version.ts";

const hashed = (kind: string, text: string): string => createHash(kind).update(text).digest("hex");
const old = (digits: number): string => "0".repeat(digits);

/** Answers what is there with its own address as content. */
function serving(...urls: readonly string[]): { http: Http; asked: string[] } {
  const asked: string[] = [];
  const http: Http = {
    fetch: () => Promise.reject(new Error("not asked for")),
    politely: () => Promise.reject(new Error("not asked for")),
    close: () => Promise.resolve(),
    async stream(url, _request, consume) {
      asked.push(url);
      const body = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from(url);
      };
      return consume({ status: urls.includes(url) ? 200 : 404, headers: {}, url }, body());
    },
  };
  return { http, asked };
}

function recipe(pkgbuild: string, files: Readonly<Record<string, string>> = {}): RecipeFiles {
  const all = { PKGBUILD: pkgbuild, ...files };
  return new Map(
    Object.entries(all).map(([path, text]) => [path, { mode: "100644", bytes: Buffer.from(text) } as const]),
  );
}

function text(files: RecipeFiles, path: string): string {
  return Buffer.from(files.get(path)!.bytes).toString();
}

const plain = `# Maintainer: Ann
pkgname=foo
pkgver='1.0'   # the version
pkgrel=3
arch=("x86_64")
source=("https://e.org/foo-$pkgver.tgz"{,.sig}
        'fix.patch')
sha256sums=('${old(64)}' # the archive
            'SKIP'
            'aaaa')
b2sums=("${old(128)}" SKIP 'bbbb')
`;

test("a new version changes pkgver, pkgrel, the checksums that move along and .SRCINFO, and no other byte", async () => {
  const url = "https://e.org/foo-1.1.tgz";
  const { http, asked } = serving(url);
  const after = await newVersion(recipe(plain, { "fix.patch": "x" }), { version: "1.1" }, { http });
  expect(text(after, "PKGBUILD")).toBe(
    plain
      .replace("'1.0'", "'1.1'")
      .replace("pkgrel=3", "pkgrel=1")
      .replace(old(128), hashed("blake2b512", url))
      .replace(old(64), hashed("sha256", url)),
  );
  expect(asked).toEqual([url]);
  expect(text(after, ".SRCINFO")).toContain("\tpkgver = 1.1\n\tpkgrel = 1\n");
  expect(text(after, "fix.patch")).toBe("x");
});

describe("a version that isn't one is refused before it becomes part of a URL or of a shell's variable", () => {
  test.each([
    "1.1/../../evil",
    "1#2",
    "1?x",
    "a@b",
    "1 2",
    "1\n2",
    "$(id)",
    "`id`",
    "1;id",
    "",
    "..",
    "-1",
    "1:2",
    "~1",
  ])("%j", async (version) => {
    const { http, asked } = serving();
    await expect(newVersion(recipe(plain), { version }, { http })).rejects.toMatchObject({
      code: "version-text",
    });
    expect(asked).toEqual([]);
  });
});

test("a source that can't be had leaves the recipe as it was, for another run", async () => {
  const files = recipe(plain, { "fix.patch": "x" });
  const before = JSON.stringify([...files]);
  const attempt = newVersion(files, { version: "1.1" }, { http: serving().http });
  await expect(attempt).rejects.toBeInstanceOf(SluiceError);
  await expect(attempt).rejects.toMatchObject({ code: "unavailable", facts: { host: "e.org" } });
  expect(JSON.stringify([...files])).toBe(before);
});
