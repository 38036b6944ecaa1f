import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publish } from "../tools/pkgrepo/publishing/publish.ts";
import { serveRepositories, type Served } from "../tools/pkgrepo/serving/serve.ts";
import { budget, seed } from "./world/budget.ts";
import { cannotBuild } from "./world/building.ts";
import { languages, MovingWorld } from "./world/moving-world.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { seededRandom } from "./world/random.ts";
import { publishingPrograms, scratchRepository, type ScratchRepository } from "./world/scratch-repository.ts";

const missing = [
  cannotBuild,
  ...missingPrograms(...publishingPrograms, "gcc", "g++", "pacman-key", "perl"),
].filter(Boolean);

describe.skipIf(missing.length > 0)(
  `a distribution that moves (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let scratch: ScratchRepository;
    let world: MovingWorld;
    let served: Served;
    let client: PacmanClient;
    const random = seededRandom(seed);
    beforeAll(async () => {
      scratch = await scratchRepository();
      await publish(scratch.repository, [], new Date("2026-01-01"));
      served = await serveRepositories(scratch.repository.root, { port: 0 });
      world = new MovingWorld(scratch, random);
      const distribution = `[dist]\nSigLevel = Never\nServer = file://${world.mirror}\n`;
      client = await pacmanClient("tiny", `${served.url}/$repo/$arch`, { further: distribution });
      await client.trust(join(scratch.repository.root, "tiny/tiny.asc"));
    });
    afterAll(async () => {
      await client?.close();
      await served?.close();
      world?.days.world.remove();
      scratch?.close();
    });

    test(`breaks nothing for longer than a run, and nothing is rebuilt without need or twice (seed ${seed})`, async () => {
      const { days } = world;
      expect(world.packages.size).toBe(45);
      days.world.publishScheduled();
      await world.build(...world.packages.keys());
      let records = await world.records();
      days.published = () => records;
      const isTold = [expect.objectContaining({ pkgbase: "foreign" })];
      expect((await days.run()).plan.needs).toMatchObject({ bumps: [], broken: isTold });

      for (let round = 0; round < budget(2, 30); round++) {
        const moves: string[] = [];
        for (let n = 1 + Math.floor(random() * 3); n > 0; n--) moves.push(await world.move());
        const what = `round ${round}: ${moves.join(", ")}`;
        records = await world.records();
        const expected = world.broken();
        const { plan, outcome } = await days.run();
        const { builds } = outcome.schedule;
        const order = builds.map(({ pkgbase }) => pkgbase);
        expect(plan.needs.broken, what).toEqual(isTold);
        expect(order.toSorted(), what).toEqual(expected);
        for (const [at, { pkgbase, reason, needs }] of builds.entries()) {
          expect(reason, what).toMatch(/^rebuild: .* is gone/);
          const later = needs.filter((need) => order.indexOf(need) > at);
          expect(later, `${what}: ${pkgbase} before what it needs`).toEqual([]);
        }
        // Builders may take longer than until the next run.
        for (let more = 0; more < Math.floor(random() * 2); more++)
          expect((await days.run()).outcome.schedule.builds, what).toEqual([]);
        if (order.length > 0) await world.build(...order);
        records = await world.records();
        expect(world.broken(), what).toEqual([]);
        expect((await days.run()).outcome.schedule.builds, what).toEqual([]);
        expect(await failing(), what).toEqual([]);
      }
    }, 3_600_000);

    /** What doesn't start in a root that pacman made of both repositories. */
    async function failing(): Promise<string[]> {
      world.writeMirror();
      rmSync(client.root, { recursive: true });
      for (const folder of ["usr/lib", "var/lib/pacman"])
        mkdirSync(join(client.root, folder), { recursive: true });
      for (const name of ["lib", "lib64"]) symlinkSync("usr/lib", join(client.root, name));
      const { ok, output } = await client.pacman("-Sy", "glibc", ...world.packages.keys());
      if (!ok) return [output];
      return [...world.packages.values()].flatMap(({ pkgbase, kind }) => {
        if (kind === "library" || kind === "foreign") return [];
        const isModule = (languages as readonly string[]).includes(kind);
        const said = isModule ? loads(pkgbase, kind) : inRoot(`/usr/bin/${pkgbase}`);
        return said === "" ? [] : [`${pkgbase}: ${said}`];
      });
    }

    /** Whether what the root has of a language finds the module. */
    function loads(module: string, language: string): string {
      const lib = join(client.root, "usr/lib");
      switch (language) {
        case "python": {
          const version = versionWith(lib, "os.py");
          const folder = join(lib, version, "site-packages");
          if (missingPrograms("python3").length > 0) return existsSync(join(folder, module)) ? "" : folder;
          const script =
            "import sys, importlib; sys.path[:0] = [sys.argv[1]]; importlib.import_module(sys.argv[2])";
          return run("python3", "-S", "-c", script, folder, module);
        }
        case "perl": {
          const version = versionWith(join(lib, "perl5"), "core_perl");
          return run(
            "perl",
            "-I",
            join(lib, "perl5", version, "vendor_perl"),
            "-e",
            `require "${module}.pm"`,
          );
        }
        case "ruby": {
          const file = join("gems", versionWith(join(lib, "ruby"), "set.rb"), "gems", `${module}.rb`);
          return existsSync(join(lib, "ruby", file)) ? "" : file;
        }
        default:
          return inRoot("/usr/bin/node", `/usr/lib/node_modules/${module}/addon.node`);
      }
    }

    function inRoot(...command: readonly string[]): string {
      return run("bwrap", "--ro-bind", client.root, "/", "--unshare-all", ...command);
    }
  },
);

/** The folder that has what belongs to a language itself. */
function versionWith(folder: string, file: string): string {
  return readdirSync(folder).find((name) => existsSync(join(folder, name, file))) ?? "none";
}

/** What it said, where it failed. */
function run(program: string, ...args: readonly string[]): string {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? "" : stderr || `it ended with ${status}`;
}
