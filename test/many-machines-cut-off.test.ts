import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { ChaosFarm } from "./world/chaos.ts";
import { startCuttingProxy } from "./world/cutting-proxy.ts";
import { missingPrograms } from "./world/programs.ts";
import { missingForSsh } from "./world/ssh-gateway.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server", "gpgv"), ...missingForSsh()].filter(Boolean);
const isRoot = process.getuid?.() === 0;

/** Waits for what nothing tells; the test's own limit ends what never comes. */
async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(100);
}

const isPublished = async (farm: ChaosFarm): Promise<boolean> =>
  (await farm.queue()).pending.length === 0 &&
  JSON.stringify(await farm.published()) === JSON.stringify(farm.expected);

describe.skipIf(missing.length > 0)(
  `many machines that don't reach each other (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    test("an upload whose connection is cut again and again goes on where it ended, and arrives as it was", async () => {
      const farm = await ChaosFarm.start();
      const proxy = await startCuttingProxy(farm.port, 3 * 2 ** 20);
      try {
        farm.commit({ large: [] }, 10 * 2 ** 20);
        await farm.begin("manager");
        await farm.begin("one", proxy.port);
        await until(() => isPublished(farm));
        // A connection carries less than a third of it.
        expect(proxy.cuts()).toBeGreaterThanOrEqual(3);
        expect((await farm.queue()).ended).toEqual(["large built 1-1"]);
        expect(farm.log).toBe("large 1-1 one\n");
        expect(farm.said).not.toContain(": REFUSED");
      } finally {
        proxy.close();
        await farm.close();
      }
    });

    test("a network that carries nothing for longer than a lease, and then does again: the build is another's, and published once", async () => {
      const farm = await ChaosFarm.start();
      try {
        farm.commit({ lib: [] });
        await farm.begin("manager");
        await farm.begin("two");
        await until(async () => farm.log.includes("lib 1-1 two"));
        farm.freeze("tunnel");
        await farm.begin("one");
        farm.freeze("redis");
        await sleep(500);
        farm.thaw("redis");
        await until(() => isPublished(farm));
        farm.thaw("tunnel");
        await until(async () => /^two: lib (gone|built)/m.test(farm.said));
        const { ended } = await farm.queue();
        expect(ended).toEqual(["lib built 1-1"]);
        // It takes part again.
        farm.commit({ lib: [], app: ["lib"] });
        await farm.kill("one");
        await until(() => isPublished(farm));
        expect(farm.log).toContain("app 2-1 two");
        expect(farm.complaints).toEqual([]);
      } finally {
        await farm.close();
      }
    });

    test("a log holds what was said until builder and manager died, ends once, and whoever reads it isn't left waiting", async () => {
      const farm = await ChaosFarm.start();
      try {
        farm.commit({ endless: [] });
        await farm.begin("manager");
        await farm.begin("one");
        await until(async () => farm.log.includes("endless 1-1 one"));
        const reader = farm.follow("endless");
        await reader.saying(/^:: building endless$/m);
        await farm.kill("one");
        await farm.kill("manager");
        await farm.begin("manager");
        await farm.begin("two");
        await reader.saying(/^:: building endless$[^]*^:: building endless$/m);
        await farm.cancel("endless");
        expect(await reader.ended).toBe(0);
        const log = farm.buildLog("endless", 1);
        expect(log).toMatch(
          // A slow machine may lose its lease, and be given it once more.
          /^:: endless, .* It is built by one\.\n:: building endless\n(:: endless, .* It is built by two\.\n(:: building endless\n)?)+:: cancelled.*\n$/,
        );
        expect(reader.said()).toBe(log);
      } finally {
        await farm.close();
      }
    });

    test.skipIf(!isRoot)(
      `packages wait on their builder while the manager's disk is full (needs ${isRoot ? "nothing more" : "root, to mount a disk"})`,
      async () => {
        const farm = await ChaosFarm.start();
        const size = (option: string): void => {
          const mount = ["-t", "tmpfs", "-o", option, "sluice-test", farm.state];
          execFileSync("mount", mount, { stdio: "pipe" });
        };
        size("size=800m");
        try {
          farm.commit({ lib: [] });
          await farm.begin("manager");
          await farm.begin("one");
          await until(async () => farm.said.includes("there is no room for what was built"));
          expect(await farm.published()).toEqual({});
          size("remount,size=2g");
          await until(() => isPublished(farm));
          expect((await farm.queue()).ended).toEqual(["lib built 1-1"]);
          expect(farm.log).toBe("lib 1-1 one\n");
        } finally {
          await farm.kill("manager");
          execFileSync("umount", ["--lazy", farm.state]);
          await farm.close();
        }
      },
    );
  },
);
