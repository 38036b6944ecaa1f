import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { missingPrograms } from "./world/programs.ts";
import { RedisServer } from "./world/redis.ts";
import { openSleepingManager, sleepingGraph, startSleepingBuilders } from "./world/sleeping-farm.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server")].filter(Boolean);

describe.skipIf(missing.length > 0)(`many builders (needs ${missing.join(", ") || "nothing more"})`, () => {
  test("each build is done by one of them, once, after all that it needs", async () => {
    const graph = sleepingGraph(120);
    const tokens = Array.from({ length: 12 }, (_, at) => `the token of builder ${at}`.replaceAll(" ", "-"));
    const base = mkdtempSync(join(tmpdir(), "sluice-many-"));
    const redis = await RedisServer.start();
    const manager = await openSleepingManager(base, { graph, tokens, env: redis.env });
    try {
      const { url } = manager;
      const options = { url, env: redis.env, tokens, builds: graph.length, buildMs: 20 };
      const builders = await startSleepingBuilders(options);
      await manager.submit();
      const slept = await builders.done();
      expect(slept.map(({ pkgbase }) => pkgbase).sort()).toEqual(graph.map(({ pkgbase }) => pkgbase).sort());
      const endOf = new Map(slept.map(({ pkgbase, to }) => [pkgbase, to]));
      const from = new Map(slept.map((one) => [one.pkgbase, one.from]));
      const early = graph.filter(({ pkgbase, needs }) =>
        needs.some((need) => endOf.get(need)! > from.get(pkgbase)!),
      );
      expect(early).toEqual([]);
      const { queue } = manager.installation;
      const history = await queue.history({ limit: 1000 });
      expect(history.map(({ outcome, losses }) => `${outcome} ${losses}`)).toEqual(
        graph.map(() => "skipped 0"),
      );
    } finally {
      await manager.close();
      await redis.close();
      rmSync(base, { recursive: true, force: true });
    }
  });
});
