import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { type Git, openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { newVersion } from "./new-version.ts";

let server: GitServer;
let http: Http;
let scratch: Git;

beforeEach(async () => {
  server = new GitServer();
  await server.start();
  http = openHttp({ parallel: 4, perHost: 4, delaySeconds: 0 }, hurry);
  const folder = mkdtempSync(join(tmpdir(), "sluice-git-archive-sums-"));
  execFileSync("git", ["init", "--quiet", "--bare", folder]);
  scratch = openGit(folder, process.env);
});

afterEach(async () => {
  await http.close();
  await server.stop();
  rmSync(scratch.dir, { recursive: true });
});

function release(tag: string, files: Readonly<Record<string, string>> = { "a.txt": tag }): string {
  const commit = server.commit("tool", { files });
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  server.git("tool", ...identity, "tag", "-m", tag, tag, commit);
  return commit;
}

/** As makepkg's own command in a whole clone has it. */
function sumInClone(at: string): string {
  const options = { cwd: server.folder("tool"), maxBuffer: 2 ** 24 };
  return createHash("sha256")
    .update(execFileSync("git", ["-c", "core.abbrev=no", "archive", "--format", "tar", at], options))
    .digest("hex");
}

async function at(fragment: string, change: { version: string; commit?: string }): Promise<string> {
  const pkgbuild = `pkgname=tool\npkgver=1.0\n_commit=${"0".repeat(40)}\npkgrel=1\narch=(any)
source=("tool::git+${server.url("tool")}#${fragment}")\nsha256sums=(${"1".repeat(64)})\n`.replace(
    /_commit=.*\n/,
    (line) => (fragment.includes("_commit") ? line : ""),
  );
  const files: RecipeFiles = new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(pkgbuild) }]]);
  const after = await newVersion(files, change, { http, scratch });
  return Buffer.from(after.get("PKGBUILD")!.bytes).toString();
}

test("the hash of a Git source is that of its tag's archive, and nothing of it is kept", async () => {
  const empty = readdirSync(scratch.dir);
  release("v1.0");
  release("v1.1", { "a.txt": "x", "dir/b.sh": "y" });
  release("v1.2");
  expect(await at("tag=v$pkgver", { version: "1.1" })).toContain(`sha256sums=(${sumInClone("v1.1")})`);
  expect(readdirSync(scratch.dir)).toEqual(empty);
});

test("the hash of a Git source is that of its commit's archive", async () => {
  const commit = release("v1.1");
  release("v1.2");
  expect(await at("commit=$_commit", { version: "1.1", commit })).toContain(
    `sha256sums=(${sumInClone(commit)})`,
  );
});

test("an archive that depends on how it was cloned has no certain hash", async () => {
  release("v1.1", {
    ".gitattributes": "*.txt text\n",
    "sub/.gitattributes": "v.txt export-subst\n",
    "sub/v.txt": "$Format:%D$",
  });
  await expect(at("tag=v$pkgver", { version: "1.1" })).rejects.toMatchObject({ code: "source-checksum" });
});

test("a tag that isn't there, and a server that is down, leave the recipe as it was", async () => {
  release("v1.0");
  await expect(at("tag=v$pkgver", { version: "1.1" })).rejects.toMatchObject({ exitCode: 1 });
  server.http.faults = [{ kind: "down" }];
  await expect(at("tag=v$pkgver", { version: "1.1" })).rejects.toMatchObject({ code: "unavailable" });
});

test.each(["branch=v$pkgver", "tag=../../$pkgver", "tag=-$pkgver", "commit=$pkgver"])(
  "%s can't be fetched for good",
  async (fragment) => {
    await expect(at(fragment, { version: "1.1" })).rejects.toMatchObject({ code: "source-checksum" });
    expect(server.http.asked).toEqual([]);
  },
);
