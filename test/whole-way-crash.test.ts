import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { steps } from "../tools/steps.ts";
import { budget, deathsAmong, seed } from "./world/budget.ts";
import { missingPrograms } from "./world/programs.ts";
import { seededRandom } from "./world/random.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { WholeWay, type Death } from "./world/whole-way.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "git");
const way = new WholeWay();
afterAll(() => way.close());

/** Passed while publishing or by half-hourly runs, which have crash tests of their own, or not on this way at all. */
const elsewhere = new Set<string>([
  ...steps.forge,
  "main pushed",
  "signing key placed",
  "public key placed",
  "name linked",
  "old snapshot deleted",
  "old package deleted",
  "old signature deleted",
  "ready builds listed",
  "lease renewed",
  "leases renewed",
  "claims abandoned",
  "build released",
  "build cancelled",
  "AUR repository pushed",
]);

describe.skipIf(missing.length > 0)(
  `the whole way killed (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let passed: readonly string[] = [];
    let milliseconds = 0;

    beforeAll(() => way.prepare());

    test("without a kill everything is built once and published, and nothing is left lying about", async () => {
      const world = way.fresh();
      expect(await way.installable(world)).toEqual(way.before);
      const run = await way.run(world);
      // Once more, since the first one reads the programs from the disk.
      milliseconds = Math.min(run.milliseconds, (await way.run(way.fresh())).milliseconds);
      passed = run.passed;
      expect(await way.installable(world)).toEqual(way.after);
      expect([...run.begun].sort()).toEqual(way.builds);
      expect(await way.leftovers(world)).toEqual([]);
    });

    test("every step of the list is taken on the way, or by the tests of one room", () => {
      const seen = new Set(passed.map((checkpoint) => checkpoint.replace(/^(before|after) /, "")));
      const all = Object.values(steps).flat();
      expect(all.filter((step) => !seen.has(step) && !elsewhere.has(step))).toEqual([]);
    });

    test("killed between every two steps, nothing is lost, built twice or published twice", async () => {
      const random = seededRandom(7);
      const deaths = deathsAmong(passed)
        .filter((checkpoint) => !elsewhere.has(checkpoint.replace(/^(before|after) /, "")))
        .map((checkpoint) => {
          const times = passed.filter((other) => other === checkpoint).length;
          return { checkpoint, time: 1 + Math.floor(random() * times) };
        });
      expect(await surviveAll(deaths)).toEqual([]);
    });

    const moments = budget(4, 200);
    test(`killed at ${moments} random moments (seed ${seed}), nothing is lost, built twice or published twice`, async () => {
      const random = seededRandom(seed);
      const deaths = Array.from({ length: moments }, () => ({ delay: Math.floor(random() * milliseconds) }));
      expect(await surviveAll(deaths)).toEqual([]);
    });
  },
);

/** Two at a time. */
async function surviveAll(deaths: readonly Death[]): Promise<string[]> {
  const troubles: string[] = [];
  const left = [...deaths];
  const next = async (): Promise<void> => {
    for (let death = left.pop(); death; death = left.pop()) {
      troubles.push(...(await survive(death, left.length % 4 === 0)));
    }
  };
  await Promise.all([next(), next()]);
  return troubles;
}

/** Kills the way, looks at what is left, goes it again, and says all that isn't as it should be. */
async function survive(death: Death, onceMore: boolean): Promise<string[]> {
  const troubles: string[] = [];
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) troubles.push(`${JSON.stringify(death)}: ${what}`);
  };
  const world = way.fresh();
  const first = await way.run(world, death);
  expectThat(first.killed || "delay" in death, "the process wasn't killed");

  const left = await way.installable(world).catch(String);
  const versions = new Set([...Object.entries(way.before), ...Object.entries(way.after)].map(String));
  expectThat(
    Object.entries(left).every((entry) => versions.has(String(entry))),
    `published is ${JSON.stringify(left)}`,
  );
  const built = await way.built(world);

  const second = await way.run(world);
  const installable = await way.installable(world).catch(String);
  expectThat(isDeepStrictEqual(installable, way.after), `not finished: ${JSON.stringify(installable)}`);
  expectThat(!second.begun.some((build) => built.has(build)), `built twice: ${second.begun.join(", ")}`);
  const switched = [...first.passed, ...second.passed].filter((step) => step === "after database switched");
  // One for each build, and one for the removals.
  expectThat(switched.length <= way.builds.length + 1, `published ${switched.length} times`);
  const leftovers = await way.leftovers(world);
  expectThat(leftovers.length === 0, `left over: ${leftovers.join(", ")}`);

  const third = onceMore ? await way.run(world) : { begun: [], passed: [] as readonly string[] };
  expectThat(third.begun.length === 0 && !third.passed.includes("after database switched"), "not at rest");
  way.discard(world);
  return troubles;
}
