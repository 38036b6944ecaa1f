import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const pkgbases = readdirSync("packages");
const hasMakepkg = spawnSync("makepkg", ["--version"]).error === undefined;

// makepkg refuses root, and an unprivileged user may not be able to reach this folder.
const unprivileged = process.getuid?.() === 0 ? { uid: 1500, gid: 1500 } : {};
const scratch = mkdtempSync(join(tmpdir(), "sluice-own-packages-"));
beforeAll(() => {
  cpSync("packages", scratch, { recursive: true });
  if (unprivileged.uid === undefined) return;
  for (const path of ["", ...readdirSync(scratch, { recursive: true, encoding: "utf8" })]) {
    chownSync(join(scratch, path), unprivileged.uid, unprivileged.gid);
  }
});
afterAll(() => rmSync(scratch, { recursive: true }));

test.skipIf(!hasMakepkg).each(pkgbases)("%s: .SRCINFO is what makepkg makes of the PKGBUILD", (pkgbase) => {
  const { stdout, stderr } = spawnSync("makepkg", ["--printsrcinfo"], {
    cwd: join(scratch, pkgbase),
    ...unprivileged,
    env: { PATH: process.env["PATH"], HOME: scratch },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(read(pkgbase, ".SRCINFO")).toBe(stdout);
});

test.each(pkgbases)("%s: the checksums are those of the files beside the PKGBUILD", (pkgbase) => {
  const srcinfo = read(pkgbase, ".SRCINFO");
  const sources = values(srcinfo, "source");
  expect(sources).not.toEqual([]);
  expect(sources.map((source) => sha256(read(pkgbase, source)))).toEqual(values(srcinfo, "sha256sums"));
});

test("sluice-tweaked: its own prepare, patch and checksum fit the recipe that they change", () => {
  const folder = join(scratch, "sluice-tweaked");
  const run = (program: string, args: string[]): string | null =>
    spawnSync(program, args, {
      cwd: folder,
      ...unprivileged,
      env: { PATH: process.env["PATH"], TMPDIR: folder },
      encoding: "utf8",
    }).stdout;

  run("bash", [".CI/prepare"]);
  const prepared = sha256(readFileSync(join(folder, "prepared.txt"), "utf8"));
  expect(read("sluice-tweaked", ".CI/PKGBUILD.append")).toContain(`sha256sums+=('${prepared}')`);
  expect(run("patch", ["--dry-run", "-Np1", "-i", ".CI/interfere.patch"])).toBe("checking file PKGBUILD\n");
});

function read(pkgbase: string, file: string): string {
  return readFileSync(join("packages", pkgbase, file), "utf8");
}

function values(srcinfo: string, key: string): string[] {
  const start = `\t${key} = `;
  const lines = srcinfo.split("\n").filter((line) => line.startsWith(start));
  return lines.map((line) => line.slice(start.length));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
