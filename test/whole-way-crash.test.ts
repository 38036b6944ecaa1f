import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { steps } from "../tools/steps.ts";
import { budget, deathsAmong, seed } from "./world/budget.ts";
import { inTurn, surviveAll, type Survival } from "./world/deaths.ts";
import { missingPrograms } from "./world/programs.ts";
import { seededRandom } from "./world/random.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { WholeWay, type Death, type Run } from "./world/whole-way.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "git");
const way = new WholeWay();
afterAll(() => way.close());

/** Passed while publishing or by half-hourly runs, which have crash tests of their own, or not on this way at all. */
const elsewhere = new Set<string>([
  ...steps.forge,
  ...steps.releases,
  "main pushed",
  "signing key placed",
  "signature replaced",
  "damaged package deleted",
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
  "removal failed",
  "unread events listed",
  "events marked as read",
  "counts added",
  "reviews noted",
  "build cancelled",
  "package held",
  "history forgotten",
  "builder drained",
  "AUR repository pushed",
]);

describe.skipIf(missing.length > 0)(
  `the whole way killed (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let passed: readonly string[] = [];
    let milliseconds = 0;

    beforeAll(() => way.prepare());

    test("without a kill everything is built once and published, and no files are left over", async () => {
      const world = way.fresh();
      expect(await way.installable(world)).toEqual(way.before);
      const run = await way.run(world);
      milliseconds = run.milliseconds;
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
      expect(await surviveAll(inTurn(deaths, 4), survive)).toEqual([]);
    });

    const moments = budget(4, 200);
    test(`killed at ${moments} random moments (seed ${seed}), nothing is lost, built twice or published twice`, async () => {
      const random = seededRandom(seed);
      const deaths = Array.from({ length: moments }, () => ({ delay: Math.floor(random() * milliseconds) }));
      expect(await surviveAll(inTurn(deaths, 2), survive)).toEqual([]);
    });
  },
);

/** Kills the way, looks at what is left after each death, goes it to its end, and says what isn't as it should be. */
async function survive(deaths: readonly Death[]): Promise<Survival<Death>> {
  const troubles: string[] = [];
  const missed: Death[] = [];
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) troubles.push(`${JSON.stringify(deaths)}: ${what}`);
  };
  const world = way.fresh();
  const published = new Set([...Object.entries(way.before), ...Object.entries(way.after)].map(String));
  let built = new Set<string>();
  let switched = 0;
  const go = async (death?: Death): Promise<Run> => {
    const run = await way.run(world, death);
    expectThat(!run.begun.some((build) => built.has(build)), `built twice: ${run.begun.join(", ")}`);
    switched += run.passed.filter((step) => step === "after database switched").length;
    return run;
  };
  for (const [at, death] of deaths.entries()) {
    const { killed } = await go(death);
    if (!killed && "checkpoint" in death) {
      if (at > 0) missed.push(death);
      expectThat(at > 0, "the process wasn't killed");
    }
    const left = await way.installable(world).catch(String);
    expectThat(
      Object.entries(left).every((entry) => published.has(String(entry))),
      `after ${JSON.stringify(death)} published is ${JSON.stringify(left)}`,
    );
    expectThat(typeof left !== "string" && "moved" in left, "a pkgname that moves is gone in between");
    built = await way.built(world);
  }

  await go();
  const installable = await way.installable(world).catch(String);
  expectThat(isDeepStrictEqual(installable, way.after), `not finished: ${JSON.stringify(installable)}`);
  // One for each build, and one for the removals.
  expectThat(switched <= way.builds.length + 1, `published ${switched} times`);
  const leftovers = await way.leftovers(world);
  expectThat(leftovers.length === 0, `left over: ${leftovers.join(", ")}`);

  const third = await way.run(world);
  expectThat(third.begun.length === 0 && !third.passed.includes("after database switched"), "not at rest");
  way.discard(world);
  return { troubles, missed };
}
