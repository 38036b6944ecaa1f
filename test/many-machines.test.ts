import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { Farm } from "./world/farm.ts";
import { namcapRecipe } from "./world/namcap.ts";
import { pacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { missingForSsh, SshGateway } from "./world/ssh-gateway.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server", "gpgv"), ...missingForSsh()].filter(
  (name) => name !== "",
);

describe.skipIf(missing.length > 0)(
  `builders on other machines (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let farm: Farm;
    let gateway: SshGateway;
    beforeAll(async () => {
      farm = await Farm.start();
      gateway = await SshGateway.start([farm.redis.port, farm.port]);
    });
    afterAll(async () => {
      await farm.close();
      await gateway.close();
    });

    test("two builders, one of them over SSH, build this repository's packages, and a client installs them", async () => {
      cpSync("packages", join(farm.workspace.dir, "packages"), { recursive: true });
      farm.workspace.addRecipe("namcap");
      const fields = "pkgname=namcap\npkgver=1\npkgrel=1\narch=(any)\nlicense=(0BSD)";
      farm.workspace.write("packages/namcap/PKGBUILD", `${fields}\n${namcapRecipe().code}\n`);
      farm.workspace.addRecipe("checked", { makedepends: ["namcap"] });
      farm.commit("our own packages");
      const [one, two] = [await farm.builder("one"), await farm.builder("two", [], gateway.env)];
      const manager = farm.manager(["--once"]);
      expect({ code: await manager.ended, said: manager.said() }).toMatchObject({ code: 0 });
      expect(`${one.said()}${two.said()}`).toMatch(/sluice-greeter: built/);

      const served = farm.manager();
      await served.saying(/Serving/);
      const client = await pacmanClient("test", `${farm.url}/$repo/$arch`);
      await client.trust(join(farm.state, "repositories/test/test.asc"));
      expect(await client.pacman("-Sy", "sluice-greeter", "sluice-tweaked")).toMatchObject({ ok: true });
      expect(Object.keys(await client.installed())).toContain("sluice-greeter");
      await client.close();

      const logs = readdirSync(join(farm.state, "logs/sluice-greeter"));
      const name = logs.find((one) => one.endsWith(".log"))!;
      const log = readFileSync(join(farm.state, "logs/sluice-greeter", name), "utf8");
      expect(log).toMatch(/It is built by (one|two)\.\n(.*\n)*.*Finished making.*\n(.*\n)*:: built: .*\.\n$/);
      expect(readdirSync(join(farm.state, "landing"))).toEqual([]);

      const [{ id }] = (await answerOf(`${farm.url}/api/builds?pkgbase=checked`)) as [{ id: number }];
      expect(await answerOf(`${farm.url}/api/builds/${id}`)).toMatchObject({
        namcap: { state: "ran", lines: [{ level: "error", package: "checked" }, {}, {}, {}] },
      });
      const page = await (await fetch(`${farm.url}/build/${id}`)).text();
      expect(page).toContain("zlib (libraries [&#39;usr/lib/libz.so.1&#39;])");

      const secrets = [farm.redis.password, await farm.token("one"), await farm.token("two")];
      const told = {
        "the list of processes": execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }),
        "what the builders say": `${one.said()}${two.said()}`,
        "what the manager says": manager.said(),
        "the state folder": readAll(farm.state),
      };
      for (const [where, text] of Object.entries(told)) {
        for (const secret of secrets) expect(text.includes(secret), `a secret is in ${where}`).toBe(false);
      }
      for (const builder of [one, two]) builder.kill("SIGTERM");
      expect(await Promise.all([one.ended, two.ended])).toEqual([0, 0]);
    });
  },
);

async function answerOf(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

/** All that a folder's files say. */
function readAll(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}
