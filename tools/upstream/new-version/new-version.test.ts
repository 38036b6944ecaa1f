import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Http } from "../../http/http.ts";
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

const base = "pkgname=foo\npkgrel=1\narch=(x86_64 aarch64)\n";
const one = 'source=("https://e.org/$pkgver.tgz")\n';
const commit = "0123456789abcdef0123456789abcdef01234567";

/** What becomes of the PKGBUILD where every address has content. */
async function changed(
  pkgbuild: string,
  change: { version: string; commit?: string },
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { http } = serving(
    ..."https://e.org/2.0.tgz https://e.org/a https://e.org/b https://e.org/v2.0-rc1.tgz".split(" "),
  );
  return text(await newVersion(recipe(pkgbuild, files), change, { http }), "PKGBUILD");
}

describe("the version is set where the recipe has it", () => {
  const sum = hashed("sha256", "https://e.org/2.0.tgz");
  test.each([
    ["pkgver=1.0", "pkgver=2.0"],
    ['export pkgver="1.0" # the newest', 'export pkgver="2.0" # the newest'],
    ["_ver=1.0; pkgver=$_ver", "_ver=2.0; pkgver=$_ver"],
    ["_tag='v1.0'\npkgver=${_tag#v}", "_tag='v2.0'\npkgver=${_tag#v}"],
    ["_tag=REL_1_0\n_t=${_tag#REL_}\npkgver=${_t//_/.}", "_tag=REL_2_0\n_t=${_tag#REL_}\npkgver=${_t//_/.}"],
    ["_other=1.0\n_pkgver=1.0\npkgver=${_pkgver}", "_other=1.0\n_pkgver=2.0\npkgver=${_pkgver}"],
  ])("%j becomes %j", async (before, after) => {
    const rest = `\n${base}${one}`;
    expect(await changed(`${before}${rest}sha256sums=(${old(64)})\n`, { version: "2.0" })).toBe(
      `${after}${rest}sha256sums=(${sum})\n`,
    );
  });

  test("a hyphen in the version goes where the recipe takes it out", async () => {
    const pkgbuild = `_pkgver=1.0-rc9\npkgver=\${_pkgver//-/}\n${base}source=("https://e.org/v$_pkgver.tgz")\nsha256sums=(${old(64)})\n`;
    const after = await changed(pkgbuild, { version: "2.0-rc1" });
    expect(after).toContain("_pkgver=2.0-rc1\n");
    expect(after).toContain(hashed("sha256", "https://e.org/v2.0-rc1.tgz"));
  });
});

test("a new commit of the same version leaves the version as the recipe makes it", async () => {
  const pkgbuild = `_pkgver=1.0-rc1\n_commit=${"0".repeat(40)}\npkgver=\${_pkgver/-/_}\n${base}source=("git+https://e.org/x#commit=$_commit")\nsha256sums=(SKIP)\n`;
  expect(await changed(pkgbuild, { version: "1.0_rc1", commit })).toBe(
    pkgbuild.replace("0".repeat(40), commit),
  );
});

describe("a recipe that can't be changed with certainty is refused, with the reason, before anything is downloaded", () => {
  const sums = `sha256sums=(${old(64)})\n`;
  test.each([
    ["pkgver=1.0\npkgver=1.1\n" + base + one + sums, "more than once"],
    ["[[ $CARCH = x ]] || pkgver=1.0\n" + base + one + sums, "pkgver"],
    ["pkgver=$(date)\n" + base + one + sums, "neither a literal"],
    ["pkgver='1'.0\n" + base + one + sums, "quoted in pieces"],
    ["_a=1 _b=0\npkgver=$_a.$_b\n" + base + one + sums, "neither a literal"],
    ["pkgver=1.0\npkgrel=$(x)\n" + (base + one + sums).replace("pkgrel=1\n", ""), "pkgrel isn't a literal"],
    ["pkgver=1.0\n_commit=$(git rev-parse)\n" + base + one + sums, "_commit isn't a literal"],
    ["pkgver=1.0\n" + base + one + "sha256sums=($(sha256sum x))\n", "a command would have to be run"],
    ["pkgver=1.0\n" + base + one + "sha256sums=(1 2)\n", "1 sources have 2 sha256sums"],
    ["pkgver=1.0\n" + base + one + "_s=(" + old(64) + ')\nsha256sums=("${_s[@]}")\n', "isn't a literal"],
    [
      "pkgver=1.0\n" + base + 'source=("https://e.org/$pkgver-$CARCH.tgz")\n' + sums,
      "another for each architecture",
    ],
    ["pkgver=1.0\n" + base + 'source=("ftp://e.org/$pkgver.tgz")\n' + sums, "isn't a plain download"],
    [
      "pkgver=1.0\n" + base + 'source=("git+https://e.org/a.git#tag=$pkgver")\n' + sums,
      "isn't a plain download",
    ],
    ["pkgver=1.0\n" + base + 'source=("fix-$pkgver.patch")\n' + sums, "no such file"],
    [
      "pkgver=1.0\n" + base + "source=(git+https://e.org/a.git#tag=v1)\nsha256sums=(SKIP)\n",
      "None of the recipe's sources",
    ],
    ["pkgver=1.0\n" + base + one + sums + "url=$(x)\n", "url"],
    ["pkgver=1.0\n" + base + one + "sha256sums=(", "isn't closed"],
  ])("%j: %s", async (pkgbuild, reason) => {
    const { http, asked } = serving("https://e.org/2.0.tgz");
    const attempt = newVersion(recipe(pkgbuild), { version: "2.0", commit }, { http });
    await expect(attempt).rejects.toThrow(reason);
    await expect(attempt).rejects.toBeInstanceOf(SluiceError);
    expect(asked).toEqual([]);
  });

  test("a hyphen that pkgver can't hold", async () => {
    const attempt = changed(`pkgver=1.0\n${base}${one}${sums}`, { version: "2.0-rc1" });
    await expect(attempt).rejects.toThrow("pkgver can't hold the hyphen of 2.0-rc1");
  });

  test("a commit that the recipe pins and nobody knows", async () => {
    const attempt = changed(`pkgver=1.0\n_commit=${commit}\n${base}${one}${sums}`, { version: "2.0" });
    await expect(attempt).rejects.toThrow("the version's commit isn't known");
  });

  test.each(["HEAD", "0123456", "main#x", `${commit}\n`])("the commit %j", async (commit) => {
    const attempt = changed(`pkgver=1.0\n${base}${one}${sums}`, { version: "2.0", commit });
    await expect(attempt).rejects.toMatchObject({ code: "version-text" });
  });
});

function fetching(source: string, version: string, sums: string): string {
  return `pkgver=${version}\n${base}${source}${sums}`;
}

describe("checksums", () => {
  test("each declared kind is kept, whichever it is", async () => {
    const kinds = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
    const url = "https://e.org/2.0.tgz";
    const lines = (sum: (kind: string) => string): string =>
      [...kinds, "b2"].map((kind) => `${kind}sums=('${sum(kind)}')\n`).join("");
    expect(await changed(fetching(one, "1.0", lines(() => "0") + "cksums=(1)\n"), { version: "2.0" })).toBe(
      // printf %s https://e.org/2.0.tgz | cksum
      fetching(
        one,
        "2.0",
        lines((kind) => hashed(kind === "b2" ? "blake2b512" : kind, url)) + "cksums=(185217397)\n",
      ),
    );
  });

  test("SKIP stays SKIP, a hash never becomes one, and what doesn't move keeps its hash", async () => {
    const pkgbuild = `pkgver=1.0\n${base}source=(https://e.org/a "https://e.org/$pkgver.tgz"{,.sig} "x::git+https://e.org/x#tag=$pkgver" own.txt "https://e.org/$pkgver.zip")
sha256sums=(aa bb SKIP SKIP cc SKIP)\n`;
    expect(await changed(pkgbuild, { version: "2.0" }, { "own.txt": "x" })).toBe(
      pkgbuild.replace("1.0", "2.0").replace("bb", hashed("sha256", "https://e.org/2.0.tgz")),
    );
  });

  test("every architecture's own sources are followed, two at one address with one download", async () => {
    const pkgbuild = `pkgver=1.0\n${base}source_x86_64=("a-$pkgver::https://e.org/a")\nsource_aarch64=("b-$pkgver::https://e.org/a")
sha256sums_x86_64=(1)\nsha512sums_aarch64=(2)\n`;
    const { http, asked } = serving("https://e.org/a");
    const after = text(await newVersion(recipe(pkgbuild), { version: "2.0" }, { http }), "PKGBUILD");
    expect(after).toContain(`sha256sums_x86_64=(${hashed("sha256", "https://e.org/a")})`);
    expect(after).toContain(`sha512sums_aarch64=(${hashed("sha512", "https://e.org/a")})`);
    expect(asked).toEqual(["https://e.org/a"]);
  });

  test("where no address holds the version, the content behind them has to be new", async () => {
    const rolling = "source=(https://e.org/a)\n";
    const now = hashed("sha256", "https://e.org/a");
    expect(await changed(fetching(rolling, "1.0", `sha256sums=(${old(64)})\n`), { version: "2.0" })).toBe(
      fetching(rolling, "2.0", `sha256sums=(${now})\n`),
    );
    await expect(
      changed(fetching(rolling, "1.0", `sha256sums=(${now})\n`), { version: "2.0" }),
    ).rejects.toMatchObject({
      code: "sources-unchanged",
    });
  });

  test("entries that share a variable are changed only where all of them change alike", async () => {
    const shared = `pkgver=1.0\n_s=0\n${base}source=("x::https://e.org/$pkgver.tgz" https://e.org/b)\nsha256sums=($_s $_s)\n`;
    await expect(changed(shared, { version: "2.0" })).rejects.toMatchObject({ code: "recipe-edit" });
  });

  test.each([
    [{ "content-type": "text/html; charset=utf-8" }, "unavailable"],
    [{ "content-encoding": "gzip" }, "source-encoded"],
  ])("what isn't the file itself (%j) is not hashed", async (headers, code) => {
    const { http } = serving();
    const odd: Http = {
      ...http,
      stream: (url, _, consume) =>
        consume(
          { status: 200, headers, url },
          (async function* () {
            yield Buffer.from("x");
          })(),
        ),
    };
    const attempt = newVersion(
      recipe(`pkgver=1.0\n${base}${one}sha256sums=(0)\n`),
      { version: "2.0" },
      { http: odd },
    );
    await expect(attempt).rejects.toMatchObject({ code });
  });
});
