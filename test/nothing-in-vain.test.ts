import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot", "pacman", "pacman-key");
if (probeBubblewrap()) missing.push("a working bubblewrap");

describe.skipIf(missing.length > 0)(
  `nothing is built in vain (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const workspace = new ScratchWorkspace();
    const folder = join(workspace.dir, ".sluice/repositories/test/x86_64");
    let client: PacmanClient;

    beforeAll(async () => {
      workspace.addRecipe("app");
      workspace.addRecipe("other");
      workspace.publishScheduled();
      expect(await workspace.sluice(["up", "--once"])).toMatchObject({ code: 0 });
      client = await pacmanClient("test", `file://${folder}`);
      await client.trust(join(folder, "../test.asc"));
      expect(await client.pacman("-Sy", "app")).toMatchObject({ ok: true });
    });
    afterAll(async () => {
      await client?.close();
      workspace.remove();
    });

    const editApp = (from: string, to: string): void => {
      for (const file of ["PKGBUILD", ".SRCINFO"]) {
        const path = `packages/app/${file}`;
        workspace.write(path, workspace.read(path).replaceAll(from, to));
      }
    };
    const installed = async (...args: string[]): Promise<string | undefined> => {
      expect(await client.pacman(...args)).toMatchObject({ ok: true });
      return (await client.installed())["app"];
    };
    const logs = (pkgbase: string): number => {
      const path = join(workspace.dir, ".sluice/logs", pkgbase);
      return existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".log")).length : 0;
    };

    test("settings about where updates come from and when they are taken build nothing", async () => {
      workspace.write("packages/app/.CI/config", "CI_PKGBUILD_SOURCE=aur\nCI_REBUILD_TRIGGERS=icu\n");
      workspace.commit("app follows the AUR");
      const planned = await workspace.sluice(["on-commit", "--dry-run"]);
      expect(planned.stdout).toMatch(/skip +app +.*\.CI\/config/);
      const { code, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/all is published$/) });
      expect(logs("app")).toBe(1);
    });

    test("a change without a new version isn't begun, and everybody is told of the choice", async () => {
      workspace.publishScheduled("what is scheduled");
      editApp("pkgdesc='app'", "pkgdesc='app, described'");
      expect(await workspace.sluice(["lint"])).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(
          /^packages\/app: PKGBUILD changed, and the version is still 1-1.*sluice bump app$/m,
        ),
      });
      workspace.commit("describe app");
      for (const command of [
        ["why", "app"],
        ["on-commit", "--dry-run"],
        ["check-changes", "scheduled..HEAD"],
      ]) {
        const { stdout, stderr } = await workspace.sluice(command);
        expect(`${stdout}${stderr}`).toMatch(/the version is still 1-1.*run: sluice bump app/);
      }
      const { code, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /app: failed: not started: app-1-1-any\.pkg\.tar\.zst was published from/,
        ),
      });
      expect(stderr).toContain("raise pkgrel in PKGBUILD and .SRCINFO, or run: sluice bump app");
      expect(await installed("-Syu")).toBe("1-1");
      workspace.git("tag", "-f", "scheduled");
      const { stdout } = await workspace.sluice(["why", "app"]);
      expect(stdout).toMatch(/^but: PKGBUILD changed, and the version is still 1-1/m);
    });

    test("with a new pkgrel it is built, and pacman upgrades to it", async () => {
      editApp("pkgrel=1", "pkgrel=2");
      editApp("pkgrel = 1", "pkgrel = 2");
      workspace.commit("app 1-2");
      expect(await workspace.sluice(["up", "--once"])).toMatchObject({ code: 0 });
      expect(await installed("-Syu")).toBe("1-2");
    });

    test("a revert takes the file that is still kept: nothing is built, and pacman goes back to it", async () => {
      workspace.addRecipe("app");
      workspace.commit("back to app 1-1");
      const { code, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/app: already-built: 1-1, which was kept, is published again/),
      });
      expect(await installed("-Syuu")).toBe("1-1");
      expect((await workspace.sluice(["up", "--once"])).stderr).toMatch(/all is published$/);
    });

    test("what is published isn't built again by itself, which is said, and is with --again", async () => {
      workspace.publishScheduled();
      workspace.commit("[deploy app]");
      for (const command of [
        ["schedule", "--dry-run", "app"],
        ["on-commit", "--dry-run"],
      ]) {
        const { stderr } = await workspace.sluice(command);
        expect(stderr).toContain("app: this very recipe is published, so it isn't built again");
      }
      const once = await workspace.sluice(["build", "app"]);
      expect(once.stdout).toMatch(/app +already-built +.*sluice build --again app, or sluice bump app/);
      const again = await workspace.sluice(["build", "--again", "app"]);
      expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/app +built +1-1\.1/) });
      const bump = await workspace.sluice(["bump", "--dry-run", "app"]);
      expect(bump.stdout).toContain("CI_PACKAGE_BUMP=1-1/2");
      expect(await installed("-Syu")).toBe("1-1.1");
      expect((await workspace.sluice(["up", "--once"])).stderr).toMatch(/all is published$/);
    });

    test("a recipe with pkgver() is built once more, too, whatever its bump says", async () => {
      const lines = "pkgver() { echo 2; }";
      workspace.addRecipe("own", { lines });
      workspace.commit("own");
      expect(await workspace.sluice(["build", "own"])).toMatchObject({ code: 0 });
      workspace.write("packages/own/.CI/config", "CI_PACKAGE_BUMP=1-1/1\n");
      workspace.commit("a bump of what .SRCINFO says");
      const again = await workspace.sluice(["build", "--again", "own"]);
      expect(again.stdout).toMatch(/own +built +2-1\.1/);
      workspace.delete("packages/own");
      workspace.commit("without own");
    });

    test("building one package leaves others in the queue alone, and they can be cancelled until something of them changes", async () => {
      workspace.addRecipe("broken", { lines: "build() { false; }" });
      workspace.addRecipe("wanted");
      workspace.commit("two more");
      workspace.git("push", "-q", "origin", "main");
      expect(await workspace.sluice(["on-commit"])).toMatchObject({ code: 0 });
      expect(await workspace.sluice(["enqueue"])).toMatchObject({ code: 0 });
      const { code, stderr } = await workspace.sluice(["build", "wanted"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("broken") });
      expect((await workspace.sluice(["cancel", "broken"])).stdout).toBe("broken: taken out of the queue");
      expect(await workspace.sluice(["cancel", "broken"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('neither queued nor being built: "broken"'),
      });
      await workspace.sluice(["up", "--once"]);
      expect(logs("broken")).toBe(0);
      workspace.write("packages/broken/.CI/config", "BUILDER_EXTRA_TIMEOUT=2\n");
      workspace.commit("more time for broken");
      await workspace.sluice(["up", "--once"]);
      expect(logs("broken")).toBe(1);
      workspace.delete("packages/broken");
      workspace.commit("without broken");
    });

    test("a renamed package is there all the time: the old one goes when the new one comes", async () => {
      workspace.delete("packages/app");
      const successor = { pkgver: "3", pkgnames: ["app", "app-doc"] };
      workspace.addRecipe("app-ng", { ...successor, lines: "build() { false; }" });
      workspace.commit("app is app-ng now");
      expect((await workspace.sluice(["up", "--once"])).code).toBe(1);
      expect((await client.pacman("-Syi", "app")).output).toMatch(/^Version +: 1-1\.1$/m);

      workspace.addRecipe("app-ng", successor);
      workspace.commit("mend app-ng");
      const { code, stderr } = await workspace.sluice(["up", "--once"]);
      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/app-ng: built: 3-1; removed: app /),
      });
      expect(await installed("-Syu")).toBe("3-1");
    });

    test("a pkgname that moves between packages is there all the time", async () => {
      workspace.addRecipe("app-ng", { pkgver: "5", pkgnames: ["app"] });
      const other = { pkgver: "5", pkgnames: ["other", "app-doc"] };
      workspace.addRecipe("other", { ...other, lines: "build() { false; }" });
      workspace.commit("the manual is made by other");
      expect((await workspace.sluice(["up", "--once"])).code).toBe(1);
      expect((await client.pacman("-Syi", "app-doc")).output).toMatch(/^Version +: 3-1$/m);
      workspace.addRecipe("other", other);
      workspace.commit("mend other");
      expect((await workspace.sluice(["up", "--once"])).code).toBe(0);
      expect((await client.pacman("-Syi", "app-doc")).output).toMatch(/^Version +: 5-1$/m);
      expect(await installed("-Syu")).toBe("5-1");
    });
  },
);
