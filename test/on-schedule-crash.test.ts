import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { steps } from "../tools/steps.ts";
import { budget, deathsAmong, seed } from "./world/budget.ts";
import { inTurn, surviveAll, type Survival } from "./world/deaths.ts";
import { seededRandom } from "./world/random.ts";
import { ScheduleCrash, type CrashWorld, type Death } from "./world/schedule-crash.ts";

const crash = new ScheduleCrash();
afterAll(() => crash.close());

describe("the half-hourly run killed", () => {
  let passed: readonly string[] = [];
  let milliseconds = 0;

  beforeAll(() => crash.prepare());

  test("without a kill it does all there is to do, and once more does nothing", async () => {
    const world = await crash.fresh();
    const run = await crash.run(world);
    passed = run.passed;
    milliseconds = run.milliseconds;
    expect(troublesOf(world)).toEqual([]);
    // The one after a rebuild remembers what it compared.
    await crash.run(world);
    expect(troublesOf(world)).toEqual([]);
    const refs = crash.refs(world.folder);
    await crash.run(world);
    expect(crash.refs(world.folder)).toBe(refs);
    await crash.discard(world);
  });

  test("every step that pipelines and forges have is passed, but those of other tests", () => {
    const elsewhere = [
      "AUR repository pushed",
      "old schedule file deleted",
      "scheduled tag pushed",
      "scheduled tag moved",
      "review marked",
      "review evidence kept",
      "review edited",
      "AUR repository pushed",
    ];
    const all = [...steps.ci, ...steps.forge, ...elsewhere];
    const seen = new Set(passed.map((checkpoint) => checkpoint.replace(/^(before|after) /, "")));
    expect(all.filter((step) => !seen.has(step) && !elsewhere.includes(step))).toEqual([
      "review branch deleted",
    ]);
  });

  test("between every two steps, no update is lost, none is committed or scheduled twice", async () => {
    const deaths = deathsAmong(passed).map((checkpoint) => ({ checkpoint }));
    expect(await surviveAll(inTurn(deaths, 4), survive)).toEqual([]);
  });

  const moments = budget(3, 150);
  test(`at ${moments} random moments (seed ${seed}), no update is lost, none is committed or scheduled twice`, async () => {
    const random = seededRandom(seed);
    const deaths = Array.from({ length: moments }, () => ({ delay: Math.floor(random() * milliseconds) }));
    expect(await surviveAll(inTurn(deaths, 3), survive)).toEqual([]);
  });
});

async function survive(deaths: readonly Death[]): Promise<Survival<Death>> {
  const world = await crash.fresh();
  const missed: Death[] = [];
  const troubles: string[] = [];
  for (const [at, death] of deaths.entries()) {
    const { killed } = await crash.run(world, death);
    if (killed || "delay" in death) continue;
    if (at === 0) troubles.push("the process wasn't killed");
    else missed.push(death);
  }
  await crash.run(world);
  troubles.push(...troublesOf(world));
  await crash.discard(world);
  return { troubles: troubles.map((trouble) => `${JSON.stringify(deaths)}: ${trouble}`), missed };
}

/** All that isn't as it should be when everything is done. */
function troublesOf({ folder, server, emitted }: CrashWorld): string[] {
  const git = (...args: string[]): string => crash.git(folder, ...args);
  const versions = ["minor", "held", "obsolete", "quiet"].map((name) => {
    return `${name} ${/^pkgver=(.*)$/m.exec(git("show", `main:packages/${name}/PKGBUILD`))![1]}`;
  });
  const open = server.current().filter(({ state }) => state === "open");
  const state = ["minor", "held", "obsolete"].map((name) => {
    return `${name} ${/TIMESTAMP=(\d+)/.exec(git("show", `state:${name}`))![1]}`;
  });
  const found = {
    commits: git("log", "--format=%s", "main"),
    versions: versions.join(", "),
    state: state.join(", "),
    vcs: git("show", "state:tool-git"),
    rebuilt: git("show", "main:packages/linked/.CI/config"),
    asked: git("show", "state:.broken.json").replace(/\s+/g, ""),
    tag: git("rev-parse", "scheduled^{commit}"),
    emitted: [...emitted].sort().join(" "),
    reviews: open.map(({ branch }) => branch.replace(/-[0-9a-f]+$/, "")).join(" "),
    branches: git("for-each-ref", "--format=%(refname:short)", "refs/heads/update-*").replace(
      /-[0-9a-f]+$/gm,
      "",
    ),
  };
  const wanted = {
    commits: "chore(update): linked, minor, obsolete\nby hand\nstart",
    versions: "minor 2, held 1, obsolete 3, quiet 1",
    state: "minor 2, held 2, obsolete 3",
    vcs: `CI_GIT_COMMIT=${"b".repeat(40)}`,
    rebuilt: "CI_PACKAGE_BUMP=1-1/1",
    asked: found.asked.includes('"asked":{"x86_64-64:libfoo.so.1":"foo2-1"},"askedAt":"1-1"')
      ? found.asked
      : "that a rebuild was asked for",
    tag: git("rev-parse", "main"),
    emitted: crash.builds.join(" "),
    reviews: "update-held",
    branches: "update-held",
  };
  return (Object.keys(wanted) as (keyof typeof wanted)[]).flatMap((key) =>
    found[key] === wanted[key] ? [] : [`${key} is ${JSON.stringify(found[key])}`],
  );
}
