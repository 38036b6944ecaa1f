import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchWorkspace, pkgbuildText, srcinfoText } from "../../test/world/workspace.ts";
import { derive } from "./metadata/derived.ts";
import { KeptMetadata } from "./metadata/kept-metadata.ts";
import { lintWorkspace } from "./lint.ts";
import { describeProblem } from "./workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => (w = new ScratchWorkspace()));
afterEach(() => w.remove());

const problems = (): string[] =>
  lintWorkspace(w.dir, KeptMetadata.of(w.dir, derive)).problems.map(describeProblem);

test("a workspace without problems has none", () => {
  w.addPackage("foo");
  w.write("packages/foo/PKGBUILD", "pkgname=foo\npkgver=1 # now\npkgrel='1'\nepoch=\narch=(any)\n");
  w.write("packages/notes/README.md", "not a package");
  const { workspace, problems: found } = lintWorkspace(w.dir, KeptMetadata.of(w.dir, derive));
  expect([workspace.packages.size, found]).toEqual([1, []]);
});

test("a package that nothing here builds, by its arch, is a problem", () => {
  addFor("aarch64", "armv7h");
  expect(problems()).toEqual([
    "packages/foo/PKGBUILD: arch = aarch64 armv7h, and x86_64 is what is built here; add it, or any",
  ]);
  addFor("aarch64", "x86_64");
  expect(problems()).toEqual([]);
});

function addFor(...architectures: readonly string[]): void {
  const lines = architectures.map((name) => `\tarch = ${name}\n`).join("");
  w.write("packages/foo/PKGBUILD", `pkgname=foo\npkgver=1\npkgrel=1\narch=(${architectures.join(" ")})\n`);
  w.write("packages/foo/.SRCINFO", srcinfoText("foo").replace("\tarch = any\n", lines));
}

test("a person gets every problem of the whole workspace at once, by path", () => {
  w.write(".ci/config", "BUILD_REPO=test\nBUILDREPO=x\nREDIS_PORT=no\n");
  w.addPackage("config");
  w.write("packages/config/.CI/config", "CI_ON_TRIGER=daily\nwords\n");
  w.addPackage("stale", { pkgver: "2" });
  w.write("packages/stale/PKGBUILD", "pkgname=stale\npkgver=3\npkgrel=1\nepoch=1\narch=(any)\n");
  w.write("packages/bare/PKGBUILD", "pkgname=bare\n");
  w.write("packages/empty/PKGBUILD", "pkgname=empty\n");
  w.write("packages/empty/.SRCINFO", "\n");
  w.write("packages/renamed/PKGBUILD", pkgbuildText("original"));
  w.write("packages/renamed/.SRCINFO", srcinfoText("original"));
  w.write("packages/lost/.SRCINFO", srcinfoText("lost"));
  w.write("packages/-x/PKGBUILD", "");
  w.write("packages/broken/PKGBUILD", "");
  w.write("packages/broken/.SRCINFO", "pkgbase = broken\n\tnonsense\n");
  mkdirSync(join(w.dir, "packages/folder/.SRCINFO"), { recursive: true });
  w.write("packages/folder/PKGBUILD", "");
  w.write("packages/binary/.SRCINFO", srcinfoText("binary"));
  w.write("packages/binary/PKGBUILD", Buffer.from([0x61, 0x0a, 0xff]));
  symlinkSync("foo", join(w.dir, "packages/dangling"));
  symlinkSync("bare", join(w.dir, "packages/linked"));
  expect(problems()).toEqual([
    ".ci/config:2: unknown key BUILDREPO; did you mean BUILD_REPO?",
    ".ci/config:3: REDIS_PORT: `no` is not a whole number from 1 to 65535",
    "packages/-x: not a package name (letters, digits and @._+-, not beginning with - or .); the folder is ignored",
    "packages/bare/PKGBUILD: it has no pkgver, it has no pkgrel, it has no arch; run makepkg --printsrcinfo > .SRCINFO",
    "packages/binary/PKGBUILD: is not UTF-8 (line 2)",
    "packages/broken/.SRCINFO:2:2: expected `key = value`",
    "packages/config/.CI/config:1: unknown key CI_ON_TRIGER; did you mean CI_ON_TRIGGER?",
    "packages/config/.CI/config:2: expected KEY=value, found `words`",
    "packages/empty/.SRCINFO: it is empty; write it with: sluice srcinfo empty --write",
    "packages/folder/.SRCINFO: is a folder",
    "packages/linked: is a symbolic link to a folder, which is ignored; put the package folder itself here",
    "packages/lost/PKGBUILD: is missing; the folder is ignored",
    "packages/renamed/PKGBUILD: the folder is renamed, its pkgbase is original",
    "packages/stale/.SRCINFO: is stale in pkgver, epoch; write it with: sluice srcinfo stale --write",
  ]);
});

test("versions that only running the PKGBUILD would tell aren't called stale", () => {
  w.addPackage("foo", { pkgver: "5" });
  for (const recipe of [
    "pkgver=$(cat major).1",
    "pkgver=1\n[[ -e next ]] && pkgver=2",
    "pkgver=1\npkgver+=$(date)",
    "pkgver=5",
  ]) {
    w.write("packages/foo/PKGBUILD", `pkgname=foo\n${recipe}\npkgrel=1\narch=(any)\n`);
    expect(problems()).toEqual([]);
  }
});

test("a symbolic link out of the workspace isn't followed", () => {
  w.addPackage("foo");
  w.delete("packages/foo/.SRCINFO");
  symlinkSync("/etc/passwd", join(w.dir, "packages/foo/.SRCINFO"));
  symlinkSync("/etc", join(w.dir, "packages/foo/.CI"));
  w.delete("packages/foo/PKGBUILD");
  symlinkSync("/etc/hostname", join(w.dir, "packages/foo/PKGBUILD"));
  expect(problems()).toEqual([
    "packages/foo/.SRCINFO: is a symbolic link; put a regular file there",
    "packages/foo/PKGBUILD: is a symbolic link; put a regular file there",
  ]);
});
