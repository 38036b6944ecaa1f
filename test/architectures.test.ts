import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishedKeys } from "../tools/pkgrepo/snapshot.ts";
import { cannotBuild } from "./world/building.ts";
import { Farm } from "./world/farm.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import type { Running } from "./world/sluice.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server", "gpgv")].filter((name) => name !== "");

describe.skipIf(missing.length > 0 || process.arch !== "x64")(
  `a repository for two architectures (needs ${["x86_64", ...missing].join(", ")})`,
  () => {
    let farm: Farm;
    let manager: Running;
    const clients: PacmanClient[] = [];
    const files = (arch: string): string[] =>
      readdirSync(join(farm.state, "repositories/test", arch)).filter((name) => name.endsWith(".zst"));
    const builtByArm = (pkgbase: string): boolean => {
      const folder = join(farm.state, "logs", pkgbase);
      return readdirSync(folder).some((name) =>
        readFileSync(join(folder, name), "utf8").includes("It is built by arm"),
      );
    };
    const audit = () => farm.workspace.sluice(["audit", "--state", farm.state, "--json"]);

    beforeAll(async () => {
      farm = await Farm.start();
      const { workspace } = farm;
      workspace.write(
        ".ci/config",
        "BUILD_REPO=test\nREPO_NAME=scratch\nCI_ARCHES=x86_64 aarch64\nCI_LIB_DB=\n",
      );
      workspace.addRecipe("data");
      workspace.addRecipe("tool", { arch: ["x86_64", "aarch64"], depends: ["data"] });
      workspace.addRecipe("on-arm", { arch: ["aarch64"], makedepends: ["tool"] });
      workspace.addRecipe("on-pc", { arch: ["x86_64"] });
      workspace.addRecipe("elsewhere", { arch: ["riscv64"] });
      workspace.publishScheduled("packages");
      farm.commit("for builders, too");
    });
    afterAll(async () => {
      for (const client of clients) await client.close();
      await farm.close();
    });

    test("builds each package where it may be, any once, and clients of both install", async () => {
      const alone = await farm.workspace.sluice(["up", "--once", "--jobs", "1", "--state", farm.state]);
      expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining("nobody builds for aarch64") });
      expect(files("x86_64").sort()).toEqual(
        ["data-1-1-any", "on-pc-1-1-x86_64", "tool-1-1-x86_64"].map((name) => `${name}.pkg.tar.zst`),
      );
      expect(files("aarch64")).toEqual(["data-1-1-any.pkg.tar.zst"]);
      const { stdout } = await farm.workspace.sluice(["queue", "--state", farm.state]);
      expect(stdout).toMatch(/^tool .*ready, but no builder is there for aarch64, only for x86_64/m);

      await farm.builder("arm", ["--arch", "aarch64", "--cross"]);
      manager = farm.manager(["--jobs", "1", "--once"]);
      expect({ code: await manager.ended, said: manager.said() }).toMatchObject({ code: 0 });
      expect(builtByArm("tool")).toBe(true);
      expect(builtByArm("data")).toBe(false);
      expect(files("aarch64").sort()).toEqual(
        ["data-1-1-any", "on-arm-1-1-aarch64", "tool-1-1-aarch64"].map((name) => `${name}.pkg.tar.zst`),
      );

      manager = farm.manager(["--jobs", "1"]);
      await manager.saying(/Serving/);
      for (const arch of ["x86_64", "aarch64"]) {
        const client = await pacmanClient("test", `${farm.url}/$repo/$arch`, { arch });
        clients.push(client);
        await client.trust(join(farm.state, "repositories/test/test.asc"));
        const own = arch === "aarch64" ? "on-arm" : "on-pc";
        expect(await client.pacman("-Sy", "tool", own)).toMatchObject({ ok: true });
        expect(Object.keys(await client.installed())).toEqual(["data", own, "tool"].sort());
        expect((await client.pacman("-Qi", "tool")).output).toMatch(new RegExp(`Architecture *: ${arch}`));
      }
    });

    test("what isn't for an architecture any more leaves that alone", async () => {
      farm.workspace.addRecipe("tool", { pkgver: "2", arch: ["x86_64"], depends: ["data"] });
      farm.workspace.delete("packages/on-arm");
      farm.commit("tool isn't for aarch64 any more");
      await manager.saying(/\(aarch64\): 2 to remove/);
      await manager.saying(/on-arm.*: removed/);
      await manager.saying(/tool.*: removed/);
      await manager.saying(/tool.*: built/);
      const listed = await Promise.all(
        clients.map(async (client) => {
          await client.pacman("-Sy");
          return (await client.pacman("-Slq", "test")).output.trim().split("\n");
        }),
      );
      expect(listed).toEqual([["data", "on-pc", "tool"], ["data"]]);
    });

    test("an audit says for which architecture something is lost, and the repository is made whole from the other", async () => {
      manager.kill("SIGTERM");
      await manager.ended;
      farm.workspace.publishScheduled("all of it");
      rmSync(join(farm.state, "repositories/test/aarch64/data-1-1-any.pkg.tar.zst"));
      const damaged = { kind: "damaged", name: "aarch64/data-1-1-any.pkg.tar.zst", why: "is missing" };
      expect(JSON.parse((await audit()).stdout)).toEqual([damaged]);
      const repaired = await farm.workspace.sluice(["up", "--once", "--jobs", "1", "--state", farm.state]);
      expect(repaired).toMatchObject({ code: 0, stderr: expect.stringMatching(/data.*: already-built/) });
      expect(files("aarch64")).toEqual(expect.arrayContaining(["data-1-1-any.pkg.tar.zst"]));
      expect(JSON.parse((await audit()).stdout)).toEqual([]);
    });

    test("another key signs the repositories of both", async () => {
      const signers = async (): Promise<(string | undefined)[]> => {
        const where = { root: join(farm.state, "repositories"), name: "test" };
        const keys = [
          { ...where, arch: "x86_64" },
          { ...where, arch: "aarch64" },
        ].map(publishedKeys);
        return (await Promise.all(keys)).map((record) => record?.signs.fingerprint);
      };
      const [before] = await signers();
      const rotated = await farm.workspace.sluice(["key", "rotate", "--after", "0", "--state", farm.state]);
      expect(rotated).toMatchObject({ code: 0 });
      const [now, other] = await signers();
      expect(now).not.toBe(before);
      expect(other).toBe(now);
    });
  },
);
