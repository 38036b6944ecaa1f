import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bumped, filesOf, recipes } from "./recipes.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-classify-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, pkgbuild: string): string {
  const dir = join(folder, name);
  mkdirSync(dir);
  for (const [path, { bytes }] of filesOf("cmake", pkgbuild)) writeFileSync(join(dir, path), bytes);
  return dir;
}

function classify(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", "classify", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const old = write("old", recipes.cmake.PKGBUILD);
const next = write("next", bumped("cmake"));

test("a new version and nothing else is minor, and exits 0", () => {
  expect(classify(old, next)).toEqual({ status: 0, stdout: "minor\n", stderr: "" });
});

test("settings of the workspace are no part of the recipe", () => {
  mkdirSync(join(old, ".CI"));
  writeFileSync(join(old, ".CI/config"), "CI_PKGBUILD_SOURCE=aur\n");
  expect(classify(old, next)).toEqual({ status: 0, stdout: "minor\n", stderr: "" });
});

test("a download says where it is, worst first, and exits 1", () => {
  const text = bumped("cmake").replace("build() {\n", "build() {\n  curl -O https://x.example\n");
  const { status, stdout } = classify(old, write("evil", text));
  expect(status).toBe(1);
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    "dangerous",
    "danger  PKGBUILD:21: downloads something beside the sources: curl -O https://x.example (download)",
  ]);
});

test("new maintainers without a new version are an adoption", () => {
  const { status, stdout } = classify(
    old,
    old,
    "--maintainers-before",
    "ann",
    "--maintainers-after",
    "mallory",
    "--json",
  );
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: "dangerous",
    findings: [{ rule: "adoption", before: "ann", after: "mallory" }],
  });
});

test("a link is judged, not followed", () => {
  const dir = write("link", bumped("cmake"));
  symlinkSync("/etc/passwd", join(dir, "passwd"));
  const { status, stdout } = classify(old, dir);
  expect(status).toBe(1);
  expect(stdout).toContain("link-escapes");
  expect(stdout).not.toContain("root:");
});

test("a folder that isn't there is an error that says what to give", () => {
  const { status, stderr } = classify(old, join(folder, "missing"));
  expect(status).toBe(2);
  expect(stderr).toContain("two folders");
});

test("a file's name can't pass for lines of the report", () => {
  const dir = write("lines", bumped("cmake"));
  writeFileSync(join(dir, "x\nminor\n"), "");
  const { status, stdout } = classify(old, dir);
  expect(status).toBe(1);
  expect(stdout.split("\n")).not.toContain("minor");
});

test("a file name that isn't UTF-8 is an error that names it", () => {
  const dir = write("latin", bumped("cmake"));
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/x`), Buffer.from([0xff])]), "");
  const { status, stderr } = classify(old, dir);
  expect(status).toBe(2);
  expect(stderr).toContain("isn't a name in UTF-8");
  expect(stderr).not.toContain("bug:");
});

test("a recipe for any architecture is compared, too", () => {
  const text = `${recipes.cmake.PKGBUILD.replace("arch=(x86_64)", "arch=(any)")}# CARCH\n`;
  const other = text.replace("pkgver=2.1", "pkgver=2.2").replace("depends=(qt6-base)", "depends=(evil)");
  const { stdout } = classify(write("any", text), write("any-evil", other));
  expect(stdout).toContain("dependency-changed");
});
