import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf, type Repository } from "../tools/pkgrepo/repository.ts";
import { publishedNeeds } from "../tools/pkgrepo/snapshot.ts";
import { steps } from "../tools/steps.ts";
import { budget, deathsAmong, seed } from "./world/budget.ts";
import { inTurn, surviveAll, type Survival } from "./world/deaths.ts";
import { missingPrograms } from "./world/programs.ts";
import { play, publishingStage, repositoryIn, rotation, type Scenario } from "./world/publishing.ts";
import { seededRandom } from "./world/random.ts";
import { installable, publishingPrograms } from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv");
const stage = publishingStage();
const { scenarios } = stage;
afterAll(() => stage.close());

/** Where the process is killed: at the so-manieth time that it passes a checkpoint, or after milliseconds. */
type Death = { readonly checkpoint: string; readonly time: number } | { readonly delay: number };

describe.skipIf(missing.length > 0)(
  `publishing killed (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const passed: string[][] = [];
    let longest = 0;

    beforeAll(async () => {
      for (const index of scenarios.keys()) {
        const checkpoints: string[] = [];
        const start = performance.now();
        await stage.rehearse(index, (moment, step) => checkpoints.push(`${moment} ${step}`));
        longest = Math.max(longest, performance.now() - start);
        passed.push(checkpoints);
      }
    });

    test("every step of the list is one that publishing, removing and sweeping take", () => {
      const seen = new Set(passed.flat().map((checkpoint) => checkpoint.replace(/^(before|after) /, "")));
      expect([...seen].sort()).toEqual([...steps.pkgrepo].sort());
    });

    test.each(scenarios.map(({ name }, index) => ({ name, index })))(
      "killed between every two steps of $name, nothing is lost and the next run finishes it",
      async ({ index }) => {
        const { rotate, repair } = scenarios[index]!;
        const deaths = rotate || repair ? firstOfEach : firstTwoOfEach;
        const lives = inTurn(deaths(passed[index] ?? []), 5);
        expect(await surviveAll(lives, (deaths) => survive(index, deaths))).toEqual([]);
      },
    );

    const moments = budget(4, 200);
    test(`killed at ${moments} random moments (seed ${seed}), nothing is lost and the next run finishes it`, async () => {
      const random = seededRandom(seed);
      const troubles: string[] = [];
      for (let i = 0; i < moments; i++) {
        const index = Math.floor(random() * scenarios.length);
        const { troubles: found } = await survive(index, [{ delay: Math.floor(random() * longest) }]);
        troubles.push(...found);
      }
      expect(troubles).toEqual([]);
    });
  },
);

/** The first two times that each checkpoint is passed: names are linked nine times over. */
function firstTwoOfEach(passed: readonly string[]): Death[] {
  return deathsAmong(passed).flatMap((checkpoint) => {
    const times = passed.filter((other) => other === checkpoint).length;
    return Array.from({ length: Math.min(2, times) }, (_, index) => ({ checkpoint, time: index + 1 }));
  });
}

/** The rest of what changes of the key and repairs do is what publishing does. */
function firstOfEach(passed: readonly string[]): Death[] {
  return deathsAmong(passed).map((checkpoint) => ({ checkpoint, time: 1 }));
}

/** Kills a scenario, looks at what is left after each death, plays it twice more, and says what isn't as it should be. */
async function survive(index: number, deaths: readonly Death[]): Promise<Survival<Death>> {
  const scenario = scenarios[index] ?? scenarios[0];
  const before = scenarios[index - 1]?.after ?? {};
  const troubles: string[] = [];
  const missed: Death[] = [];
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) troubles.push(`${scenario.name}, ${JSON.stringify(deaths)}: ${what}`);
  };
  const world = mkdtempSync(join(stage.home, "world-"));
  stage.set(index, world);
  const repository = repositoryIn(world);
  /** The snapshot that was published first. */
  let done: string | undefined;
  for (const [at, death] of deaths.entries()) {
    const wasKilled = await dieActing(world, scenario, death);
    if (!wasKilled && at > 0 && "checkpoint" in death) missed.push(death);
    expectThat(wasKilled || at > 0 || "delay" in death, "the process wasn't killed");
    const left = await installable(repository).catch(String);
    // What is damaged can't be installed before it is repaired.
    const isAsBefore = scenario.repair === true || isDeepStrictEqual(left, before);
    if (isDeepStrictEqual(left, scenario.after)) done ??= currentSnapshot(repository);
    else expectThat(!done && isAsBefore, `published is ${JSON.stringify(left)}`);
    expectThat(!done || currentSnapshot(repository) === done, "published twice");
  }

  await play(world, scenario);
  expectThat(isDeepStrictEqual(await installable(repository).catch(String), scenario.after), "not finished");
  const finished = currentSnapshot(repository);
  expectThat(!done || finished === done, "published twice");
  await play(world, scenario);
  expectThat(currentSnapshot(repository) === finished, "published a third time");
  const records = [...(await publishedNeeds(repository)).values()];
  const read = Object.fromEntries(records.map(({ pkgname, version }) => [pkgname, version]));
  expectThat(isDeepStrictEqual(read, scenario.after), `what ${JSON.stringify(read)} needs is known`);

  const names = readdirSync(folderOf(repository).folder).filter(
    (name) => !/^(tiny\.|made-from|needs\.json$|databases|\.checked\.json$)/.test(name),
  );
  const packages = names.filter((name) => /-[0-9]+-1-(x86_64|any)\.pkg\.tar\.zst$/.test(name));
  const expected = [".lock", ...packages.flatMap((name) => [name, `${name}.sig`])];
  expectThat(isDeepStrictEqual(names.sort(), expected.sort()), `the folder holds ${names.join(", ")}`);
  const isSwept = packages.length === Object.keys(scenario.after).length;
  expectThat(!scenario.sweep || isSwept, `old files are left: ${packages.join(", ")}`);
  rmSync(world, { recursive: true, force: true, maxRetries: 5 });
  return { troubles, missed };
}

/** Plays the scenario in a process of its own; whether that was killed, rather than done first. */
async function dieActing(world: string, scenario: Scenario, death: Death): Promise<boolean> {
  const args = ["--input-type=module", "--eval", script, JSON.stringify({ world, scenario, death })];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let said = "";
  child.stderr.on("data", (data: Buffer) => {
    said += data.toString();
  });
  await Promise.race([once(child.stdout, "data"), ended]);
  const timer = "delay" in death ? setTimeout(() => child.kill("SIGKILL"), death.delay) : undefined;
  const [status, signal] = (await ended) as [number | null, string | null];
  clearTimeout(timer);
  if (signal !== "SIGKILL" && status !== 0) throw new Error(said);
  return signal === "SIGKILL";
}

const built = join(import.meta.dirname, "../dist/pkgrepo");
const script = `
import { rotateKey } from "${built}/../manager/keys/rotation.js";
import { repairPublished } from "${built}/checking/repair.js";
import { publish } from "${built}/publishing/publish.js";
import { recordNeeds } from "${built}/publishing/record-needs.js";
import { sweep } from "${built}/publishing/sweep.js";
import { makeLocalKey } from "${built}/signing/signing-key.js";
const { world, scenario, death } = JSON.parse(process.argv[1]);
let times = 0;
const checkpoint = (moment, step) => {
  if (moment + " " + step === death.checkpoint && ++times === death.time) process.kill(process.pid, "SIGKILL");
};
process.stdout.write("ready");
const key = await makeLocalKey(world + "/keys", "Tiny <tiny@example.org>", checkpoint);
const repository = { root: world + "/root", name: "tiny", arch: "x86_64", key, keepDays: 7, checkpoint };
const now = new Date(scenario.now);
if (scenario.repair) await recordNeeds(repository, { now: () => now });
if (scenario.repair) await repairPublished(repository, { whole: true, now });
if (scenario.publish) await publish(repository, scenario.publish, now);
if (scenario.remove) await publish(repository, [], now, { packages: new Map(), removals: scenario.remove });
const places = { setting: "", home: key.home, gnupgHome: world + "/operator", repository, checkpoint };
if (scenario.rotate) await rotateKey(places, ${JSON.stringify(rotation)}, now);
if (scenario.sweep) await sweep(repository, now);
`;

function currentSnapshot(repository: Repository): string | undefined {
  try {
    return readlinkSync(folderOf(repository).current);
  } catch {
    return undefined;
  }
}
