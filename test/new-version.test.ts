import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseSrcinfo, srcinfoVersion } from "../tools/alpm/srcinfo.ts";
import { judge, type RecipeFiles } from "../tools/gate/judge.ts";
import type { Http } from "../tools/http/http.ts";
import { newVersion, type VersionChange } from "../tools/upstream/new-version/new-version.ts";
import { context, filesOf, type RecipeName } from "./gate/recipes.ts";
import { missingPrograms } from "./world/programs.ts";

/** Every address has content, which is the address. */
const http: Http = {
  fetch: () => Promise.reject(new Error("not asked for")),
  politely: () => Promise.reject(new Error("not asked for")),
  close: () => Promise.resolve(),
  stream(url, _request, consume) {
    const body = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(url);
    };
    return consume({ status: 200, headers: {}, url }, body());
  },
};

const commit = "76543210fedcba9876543210fedcba9876543210";
const missing = missingPrograms("makepkg", "fakeroot");
const scratch = mkdtempSync(join(tmpdir(), "sluice-new-version-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const changes: readonly [RecipeName, VersionChange, version: string][] = [
  ["binary", { version: "1.5.0" }, "1.5.0-1"],
  ["cmake", { version: "2.2" }, "1:2.2-1"],
  ["python", { version: "0.10.0" }, "0.10.0-1"],
  ["go", { version: "1.2.0-beta.2", commit }, "1.2.0_beta.2-1"],
  ["rust", { version: "14.1.1", commit }, "14.1.1-1"],
  ["split", { version: "5.7.0" }, "5.7.0-1"],
];

describe("an honest recipe at its new version", () => {
  test.each(changes)("%s passes the gate on its own", async (name, change, version) => {
    const before = filesOf(name);
    const after = await newVersion(before, change, { http });
    const pkgbase = name === "split" ? "suite" : parseSrcinfo(text(after, ".SRCINFO")).pkgbase;
    const { findings, needs } = judge({ pkgbase, before, after }, context);
    // Whether a pinned commit is the tag's own is for Git to answer.
    const open = needs.length > 0 ? [] : findings.filter(({ severity }) => severity !== "info");
    expect(open).toEqual([]);
    expect(srcinfoVersion(parseSrcinfo(text(after, ".SRCINFO")))).toBe(version);
  });

  test.skipIf(missing.length > 0)(`.SRCINFO is what makepkg makes of it ${missing.join(" ")}`, async () => {
    for (const [name, change] of changes) {
      const after = await newVersion(filesOf(name), change, { http });
      expect(text(after, ".SRCINFO")).toBe(makepkgWrites(name, after));
    }
  });
});

/** What recipes write in many ways: fields and how packages override them. */
const elaborate = `pkgbase=tools
pkgname=('tools'
         "tools-extra" tools-data)
pkgver=1.0
pkgrel=2.1
epoch=3
pkgdesc="Tools   for \\$HOME	and   'quotes'  "
arch=(x86_64 aarch64)
url='https://e.org'
license=('MIT' "custom: own")
groups=(toys)
depends=('glibc>=2.3' sh)
depends_x86_64=(lib32-glibc)
makedepends=(git); checkdepends=(bats)
optdepends=('vim: to edit' "emacs: to edit")
provides=("tools=$pkgver" libtools.so)
conflicts=() replaces=('old-tools<2')
backup=(etc/tools.conf)
options=(!strip staticlibs)
noextract=("data-$pkgver.zip")
install=tools.install changelog=ChangeLog
validpgpkeys=(ABCDEF0123456789ABCDEF0123456789ABCDEF01)
source=("tools-$pkgver.tgz::https://e.org/v\${pkgver%.*}/t.tgz"{,.asc}
  "git+https://e.org/tools.git#tag=v$pkgver"   # signed
  conf-{a,b}.txt)
source_x86_64=("https://e.org/$pkgver-$CARCH.zip")
source_aarch64=("https://e.org/$pkgver-aarch64.zip")
md5sums=(SKIP SKIP SKIP aaa bbb)
sha256sums=('0' SKIP
  'SKIP'); sha256sums+=("ccc" ddd)
_sum=0000
sha256sums_x86_64=("$_sum")
sha256sums_aarch64=(1111)
`;

const functions = `
package_tools() {
  depends+=(more)
  pkgdesc="The tools at $pkgver"
  optdepends=()
  true
}
package_tools-extra() {
  arch=(any)
  depends=("tools=$epoch:$pkgver-$pkgrel")
  if [[ -d x ]]; then
    provides=(extra)
  fi
  install=
  license+=(GPL)
}
package_tools-data() { :; }
`;

test.skipIf(missing.length > 0)(
  "a recipe of all fields has the .SRCINFO that makepkg makes of it",
  async () => {
    const files = filesOf("split", elaborate + functions, {
      "conf-a.txt": "a",
      "conf-b.txt": "b",
      "tools.install": "",
      ChangeLog: "",
    });
    const after = await newVersion(files, { version: "1.1" }, { http });
    expect(text(after, ".SRCINFO")).toBe(makepkgWrites("elaborate", after));
    const [old, now] = [elaborate + functions, text(after, "PKGBUILD")].map((all) => all.split("\n"));
    expect(
      now!.filter((line, at) => line !== old![at]).map((line) => line.replace(/[0-9a-f]{64}/, "…")),
    ).toEqual(["pkgver=1.1", "pkgrel=1", "sha256sums=('…' SKIP", "_sum=…", "sha256sums_aarch64=(…)"]);
  },
);

function text(files: RecipeFiles, path: string): string {
  return Buffer.from(files.get(path)!.bytes).toString();
}

function makepkgWrites(name: string, files: RecipeFiles): string {
  const folder = join(scratch, name);
  // makepkg refuses root.
  const unprivileged = process.getuid?.() === 0 ? { uid: 1500, gid: 1500 } : {};
  mkdirSync(folder);
  for (const [path, { bytes }] of files) writeFileSync(join(folder, path), bytes);
  if (unprivileged.uid !== undefined) for (const path of [scratch, folder]) chownSync(path, 1500, 1500);
  const { stdout, stderr } = spawnSync("makepkg", ["--printsrcinfo"], {
    cwd: folder,
    ...unprivileged,
    env: { PATH: process.env["PATH"], HOME: folder, CARCH: "x86_64" },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout;
}
