import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { startSluice, type Running } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot", "pacman", "pacman-key");
if (probeBubblewrap()) missing.push("a working bubblewrap");

describe.skipIf(missing.length > 0)(
  `from a commit to a package that pacman installs (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const workspace = new ScratchWorkspace();
    const folder = join(workspace.dir, ".sluice/repositories/test/x86_64");
    let up: Running;
    let client: PacmanClient;

    beforeAll(async () => {
      workspace.publishScheduled("empty");
      workspace.addRecipe("libs", { pkgnames: ["liba", "liba-doc"] });
      workspace.addRecipe("app++", { depends: ["liba>=1"], makedepends: ["tool"] });
      workspace.addRecipe("tool");
      workspace.addRecipe("nightly");
      workspace.write("packages/nightly/.CI/config", "CI_ON_TRIGGER=daily\n");
      workspace.commit("add packages");
    });
    afterAll(async () => {
      up?.kill("SIGKILL");
      await up?.ended;
      await client?.close();
      workspace.remove();
    });

    test("a commit is scheduled, queued, built in dependency order and published", async () => {
      expect(await workspace.onCommit()).toMatchObject({ code: 0 });
      const enqueued = await workspace.sluice(["enqueue"]);
      expect(enqueued).toMatchObject({ code: 0, stderr: "" });
      const lines = ["app++: queued", "libs: queued", "nightly: queued", "tool: queued"];
      expect(enqueued.stdout.split("\n").sort()).toEqual(lines);
      const queue = await workspace.sluice(["queue"]);
      expect(queue.stdout).toMatch(/^app\+\+ +any +waits for libs, tool +commit/m);

      const { code, stdout, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
      expect(stdout).toContain(`Published in ${folder.replace("/test/x86_64", "")}/test/x86_64`);
      const built = [...stderr.matchAll(/^(\S+): built/gm)].map((match) => match[1]);
      expect(built.toSorted()).toEqual(["app++", "libs", "nightly", "tool"]);
      expect(built.indexOf("app++")).toBeGreaterThan(built.indexOf("libs"));
      expect(built.indexOf("app++")).toBeGreaterThan(built.indexOf("tool"));
    });

    test("a second run does nothing", async () => {
      const before = readdirSync(join(folder, "databases"));
      const { code, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/all is published/) });
      expect(stderr.split("\n")).toHaveLength(1);
      expect(readdirSync(join(folder, "databases"))).toEqual(before);
    });

    test("pacman installs it over HTTP, every signature required, split and dependent packages too", async () => {
      up = startSluice(["up", "--port", "0"], { cwd: workspace.dir });
      const [, url = ""] = await up.saying(/^Serving .* at (\S+)$/m);
      expect(up.said()).toContain("SigLevel = Required DatabaseRequired");
      client = await pacmanClient("test", `${url}/$repo/$arch`);
      await client.trust(join(folder, "../test.asc"));
      expect(await client.pacman("-Sy", "app++", "liba-doc")).toMatchObject({ ok: true });
      expect(await client.installed()).toEqual({ "app++": "1-1", liba: "1-1", "liba-doc": "1-1" });
      expect(client.read("usr/share/app++/hello")).toBe("1\n");
    });

    test("while it serves, a new commit is built and upgraded to", async () => {
      workspace.addRecipe("libs", { pkgver: "2", pkgnames: ["liba"] });
      workspace.commit("libs 2, without the manual");
      await up.saying(/libs: built: 2-1/);
      expect(await client.pacman("-Syu")).toMatchObject({ ok: true });
      expect(await client.installed()).toMatchObject({ liba: "2-1" });
      const { output } = await client.pacman("-S", "liba-doc");
      expect(output).toContain("target not found: liba-doc");
    });

    test("logs are served as text", async () => {
      const [, url = ""] = await up.saying(/^Serving .* at (\S+)$/m);
      const logs = readdirSync(join(workspace.dir, ".sluice/logs/app++"));
      const log = logs.find((name) => name.endsWith(".log")) ?? "";
      const response = await fetch(`${url}/logs/app%2B%2B/${log}`);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(await response.text()).toMatch(/^:: built: 1-1\.$/m);
      for (const path of ["/logs/app++/../../queue.sqlite", "/logs/%2e%2e/1.log", "/logs/nothing/1.log"]) {
        expect((await fetch(`${url}${path}`)).status).toBe(404);
      }
    });

    test("what a commit removes is gone", async () => {
      workspace.delete("packages/tool");
      workspace.addRecipe("app++", { pkgver: "2", depends: ["liba>=1"] });
      workspace.commit("app++ no longer needs tool");
      await up.saying(/tool: removed \(tool\)/);
      await up.saying(/app\+\+: built: 2-1/);
      await client.pacman("-Sy");
      const { output } = await client.pacman("-S", "tool");
      expect(output).toContain("target not found: tool");
    });

    test("a pkgname that moves to another package folder in one commit moves in the repository", async () => {
      workspace.delete("packages/libs");
      workspace.addRecipe("libs-ng", { pkgver: "3", pkgnames: ["liba"] });
      workspace.commit("libs is libs-ng now");
      const [said] = await up.saying(/libs-ng: (?!building).*/);
      expect(said).toMatch(/built: 3-1/);
      expect(await client.pacman("-Syu")).toMatchObject({ ok: true });
      expect(await client.installed()).toMatchObject({ liba: "3-1" });
    });

    test("a tampered package is refused by pacman, and so is a tampered database", async () => {
      const file = join(folder, "app++-2-1-any.pkg.tar.zst");
      const bytes = readFileSync(file);
      const [middle, database] = [bytes.length >> 1, join(folder, "databases/current/test.db.tar.gz")];
      writeFileSync(
        file,
        Buffer.concat([bytes.subarray(0, middle), Buffer.from([255]), bytes.subarray(middle + 1)]),
      );
      const fresh = await pacmanClient("test", `file://${folder}`);
      await fresh.trust(join(folder, "../test.asc"));
      expect(await fresh.pacman("-Sy", "app++")).toMatchObject({ ok: false });
      writeFileSync(file, bytes);
      expect(await fresh.pacman("-Sy", "app++")).toMatchObject({ ok: true });
      const before = readFileSync(database);
      writeFileSync(database, Buffer.concat([before, Buffer.alloc(8)]));
      expect((await fresh.pacman("-Syy")).output).toContain("invalid or corrupted database (PGP signature)");
      writeFileSync(database, before);
      await fresh.close();
    });

    test("Ctrl-C ends it in order: nothing is left running, and it says goodbye with 0", async () => {
      up.kill("SIGINT");
      expect(await up.ended).toBe(0);
    });

    test("what got lost comes back, and nothing else is built", async () => {
      for (const suffix of ["", "-wal", "-shm"]) {
        rmSync(join(workspace.dir, `.sluice/queue.sqlite${suffix}`), { force: true });
      }
      rmSync(join(folder, "liba-3-1-any.pkg.tar.zst"));
      const { code, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
      const built = [...stderr.matchAll(/^(\S+): built/gm)].map((match) => match[1]);
      expect(built).toEqual(["libs-ng"]);
      expect(readdirSync(folder)).toContain("liba-3-1-any.pkg.tar.zst");
    });

    test("a repository that is lost altogether comes back, but for what waits for its trigger", async () => {
      rmSync(join(workspace.dir, ".sluice/repositories"), { recursive: true });
      const { code, stderr } = await workspace.sluice(["up", "--once", "--jobs", "2"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
      const packages = execFileSync("bsdtar", ["-tf", join(folder, "test.db")], { encoding: "utf8" });
      expect(packages.match(/^[^/]+\/$/gm)?.sort()).toEqual(["app++-2-1/", "liba-3-1/"]);
    });
  },
);
