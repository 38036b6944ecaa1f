import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GitServer } from "./world/git-server.ts";

let server: GitServer;
let folder: string;
beforeEach(async () => {
  server = new GitServer();
  await server.start();
  folder = mkdtempSync(join(tmpdir(), "sluice-git-client-"));
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function git(...args: readonly string[]): Promise<{ code: number; said: string }> {
  const child = spawn("git", args, { cwd: folder });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, said };
}

test("the stand-in serves clones, takes pushes and refuses them in its own words", async () => {
  const first = server.commit("foo", { files: { PKGBUILD: "pkgver=1\n", "a b/ü": "x" } });
  expect(await git("clone", "--quiet", server.url("foo"), "clone")).toEqual({ code: 0, said: "" });
  expect(readFileSync(join(folder, "clone/PKGBUILD"), "utf8")).toBe("pkgver=1\n");
  expect(readFileSync(join(folder, "clone/a b/ü"), "utf8")).toBe("x");

  execFileSync("git", ["-C", join(folder, "clone"), "commit", "--quiet", "--allow-empty", "-m", "more"]);
  server.rejectPushes("foo", "not today; $(id)");
  expect((await git("-C", "clone", "push", "--quiet")).said).toContain("not today; $(id)");
  expect(server.ref("foo", "refs/heads/main")).toBe(first);
  server.rejectPushes("foo", undefined);
  expect(await git("-C", "clone", "push", "--quiet")).toEqual({ code: 0, said: "" });
  expect(server.ref("foo", "refs/heads/main")).not.toBe(first);
});

test("the stand-in rewrites history, is cut, and goes back to what was", async () => {
  const first = server.commit("foo", { files: { PKGBUILD: "1" } });
  server.keepAsStale();
  const second = server.commit("foo", { files: { PKGBUILD: "2" }, rewrites: true });
  expect(server.git("foo", "rev-list", "--count", "main")).toBe("1");
  const asked = ["ls-remote", server.url("foo"), "refs/heads/main"];
  expect((await git(...asked)).said).toBe(`${second}\trefs/heads/main\n`);
  server.http.faults = [{ kind: "stale" }];
  expect((await git(...asked)).said).toBe(`${first}\trefs/heads/main\n`);
  server.http.faults = [{ kind: "cut", only: /^POST/ }];
  expect((await git("clone", server.url("foo"), "clone")).code).not.toBe(0);
});

test.each(["v2", "v0", "dumb"] as const)("the stand-in speaks %s", async (protocol) => {
  const commit = server.commit("foo", { files: { PKGBUILD: "1" } });
  server.git("foo", "update-server-info");
  server.speaks = protocol;
  expect((await git("ls-remote", server.url("foo"))).said).toContain(`${commit}\tHEAD\n`);
  expect(server.http.asked.some((line) => line.startsWith("POST"))).toBe(protocol === "v2");
});
