import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { Farm } from "./world/farm.ts";
import { pacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { sluice, startSluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server", "gpgv")].filter((name) => name !== "");

describe.skipIf(missing.length > 0)(
  `several workspaces on one manager (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let farm: Farm;
    const other = new ScratchWorkspace();
    const key = (name: string): string => join(farm.state, "repositories", name, `${name}.asc`);

    beforeAll(async () => {
      farm = await Farm.start();
      farm.gitServer.create("other");
      farm.workspace.addRecipe("lib");
      farm.commit("lib");
    });
    afterAll(async () => {
      await farm.close();
      other.remove();
    });

    /** A keyring package as distributions have one, of what signs the repository `test`. */
    function keyringPackage(): string {
      const root = join(farm.workspace.base, "keyring");
      const folder = join(root, "usr/share/pacman/keyrings");
      mkdirSync(folder, { recursive: true });
      mkdirSync(join(root, "gpg"), { mode: 0o700 });
      const gpg = (...args: string[]): string =>
        execFileSync("gpg", ["--homedir", join(root, "gpg"), "--batch", ...args], { encoding: "utf8" });
      gpg("--dearmor", "-o", join(folder, "test.gpg"), key("test"));
      const shown = gpg("--with-colons", "--show-keys", key("test"));
      writeFileSync(join(folder, "test-trusted"), `${/^fpr:+([0-9A-F]+):/m.exec(shown)![1]}:4:\n`);
      const path = join(farm.workspace.base, "test-keyring.pkg.tar.zst");
      execFileSync("bsdtar", ["-caf", path, "-C", root, "usr"]);
      return path;
    }

    /** The pages of the other one lie below those of the first, and lead to each other. */
    async function itsPages(): Promise<void> {
      const page = async (path: string): Promise<string> => (await fetch(`${farm.url}${path}`)).text();
      expect(await page("/")).toMatch(/<a href=".\/repositories\/other\/">other<\/a>/);
      expect(await page("/package/app")).toContain("There is no package");
      // Without a slash at its end it leads to the same.
      const overview = await page("/repositories/other");
      expect(overview).toMatch(/<strong>1 of 1<\/strong> packages are published/);
      expect(overview).toMatch(/<a href=".\/..\/..\/">test<\/a>/);
      expect(await page("/repositories/other/package/app")).toMatch(/app[^]*1-1[^]*any/);
      expect(await page("/repositories/other/assets/style.css")).toContain(":root");
      const [{ id }] = (await (await fetch(`${farm.url}/repositories/other/api/builds`)).json()) as [
        { id: number },
      ];
      expect((await fetch(`${farm.url}/build/${id}`)).url).toBe(`${farm.url}/repositories/other/build/${id}`);
      expect((await fetch(`${farm.url}/logs.html?id=app`)).url).toMatch(/\/repositories\/other\/build\/\d+$/);
      expect(await page("/api/logs/app")).toMatch(/:: built: 1-1\.\s*$/);
    }

    /** In the clone that the manager made of it, commands look at the manager's state, and change nothing of it. */
    async function itsCommands(): Promise<void> {
      const there = join(farm.state, "workspaces/other");
      const run = (...args: string[]): ReturnType<typeof sluice> => sluice(args, { cwd: there });
      expect(await run("status")).toMatchObject({ code: 0, stderr: /^1 of 1 packages are published/ });
      expect((await run("log", "app")).stdout).toMatch(/:: built: 1-1\.\s*$/);
      expect(await run("log", "lib")).toMatchObject({ stderr: /there is no log of "lib"/ });
      expect((await run("why", "app")).stdout).toMatch(/^app would be built: commit \w+ added the package\n/);
      expect((await run("key", "export")).stdout).toBe(readFileSync(key("other"), "utf8").trim());
      const web = startSluice(["web", "--port", "0", "--state", farm.state], { cwd: farm.workspace.dir });
      const [, url = ""] = await web.saying(/ at (http:\S+)/);
      expect(await (await fetch(`${url}repositories/other/`)).text()).toContain("<strong>1 of 1</strong>");
      web.kill("SIGTERM");
      await web.ended;
      expect(await run("up", "--once")).toMatchObject({ code: 2, stderr: /is the clone of a manager/ });
    }

    test("each has its own repository and key, and its builds find the other's packages as extra ones", async () => {
      const first = await farm.workspace.sluice(["up", "--once", "--state", farm.state]);
      expect(first).toMatchObject({ code: 0 });

      other.write(".ci/config", "BUILD_REPO=other\nREPO_NAME=other\n");
      other.addRecipe("app", {
        makedepends: ["lib"],
        lines: "build() { cat /usr/share/lib/hello; }",
      });
      other.commit("app");
      other.git("push", "-q", farm.gitServer.folder("other"), "HEAD:refs/heads/main");
      const extra = { name: "test", servers: [`${farm.url}/$repo/$arch`] };
      const env = {
        PACKAGE_REPOS: JSON.stringify({
          scratch: { url: farm.gitServer.url("workspace") },
          other: { url: farm.gitServer.url("other") },
          away: { url: farm.gitServer.url("away") },
        }),
        PACKAGE_TARGET_REPOS: JSON.stringify({
          other: { extra_repos: [extra], extra_keyrings: [`file://${keyringPackage()}`] },
        }),
      };
      await farm.builder("one");
      const manager = farm.manager(["--once"], env);
      expect({ code: await manager.ended, said: manager.said() }).toMatchObject({ code: 0 });
      expect(manager.said()).toContain("the workspace away can't be cloned");
      const folder = join(farm.state, "repositories/other/x86_64");
      expect(readdirSync(folder)).toContain("app-1-1-any.pkg.tar.zst");
      expect(readdirSync(join(farm.state, "repositories/test/x86_64"))).not.toContain(
        "app-1-1-any.pkg.tar.zst",
      );
      expect(readFileSync(key("other"), "utf8")).not.toBe(readFileSync(key("test"), "utf8"));

      const served = farm.manager([], env);
      await served.saying(/Serving/);
      const client = await pacmanClient("other", `${farm.url}/$repo/$arch`);
      await client.trust(key("other"));
      expect(await client.pacman("-Sy", "app")).toMatchObject({ ok: true });
      await client.close();

      await itsPages();
      await itsCommands();

      served.kill("SIGTERM");
      await served.ended;
      other.delete("packages/app");
      other.addRecipe("next");
      other.commit("next in app's place");
      other.git("push", "-q", farm.gitServer.folder("other"), "HEAD:refs/heads/main");
      const again = farm.manager(["--once", "--pipelines"], env);
      expect({ code: await again.ended, said: again.said() }).toMatchObject({ code: 0 });
      expect(again.said()).toMatch(/app.*: removed/);
      expect(again.said()).toMatch(/other: on-commit: commit \w+/);
      const decided = other.git("ls-remote", farm.gitServer.folder("other"), "refs/tags/scheduled");
      expect(decided).toContain(other.git("rev-parse", "HEAD"));
      expect(readdirSync(folder)).toContain("next-1-1-any.pkg.tar.zst");
    });
  },
);
