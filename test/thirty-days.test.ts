import { execFileSync } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planOnCommit } from "../tools/ci/on-commit/on-commit.ts";
import { applyOnCommit } from "../tools/ci/on-commit/apply-on-commit.ts";
import { planOnTrigger } from "../tools/ci/on-schedule/on-trigger.ts";
import { planScheduleByHand } from "../tools/ci/operations/schedule-by-hand.ts";
import { runRequest } from "../tools/ci/pipeline/push-request.ts";
import { budget, seed } from "./world/budget.ts";
import { Builders } from "./world/builders.ts";
import { missingPrograms } from "./world/programs.ts";
import { pick, seededRandom } from "./world/random.ts";
import { recipe, ScheduleDays } from "./world/schedule-days.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms);
const sources = ["a-git", "b-git", "nightly-git"];

/**
 * An origin, the clone of a pipeline that overwrites its commits, a person's clone and those of two builders. What is
 * to be built is worked out here by rules of its own, from what happened since builders looked last.
 */
class Month {
  readonly days = new ScheduleDays();
  readonly #random: () => number;
  readonly #person: string;
  readonly builders: Builders;
  /** By pkgbase, of what pipelines asked for since builders looked: the upstream commit, or `anyway`. */
  readonly #asked = new Map<string, string>();
  /** The newest commits upstream that a half-hourly run has seen. */
  readonly #looked = new Map<string, string>();
  /** What each package's last build was of: that, and the recipe's version. */
  readonly #made = new Map<string, string>();
  /** What was built or failed. */
  readonly #tried = new Set<string>();
  /** Packages that pushed commits ask for, and no pipeline has read those yet. */
  readonly #unread = new Set<string>();
  /** The AUR's version of the app, and main's. */
  #offered = 1;
  #recipe = 1;
  #commits = 0;

  constructor(random: () => number) {
    this.#random = random;
    const { days } = this;
    appendFileSync(join(days.world.dir, ".ci/config"), "CI_OVERWRITE_COMMITS=true\n");
    days.follow("app");
    const source = ["source = git+https://example.org/x.git"];
    for (const pkgbase of sources) {
      days.follow(pkgbase, pkgbase === "nightly-git" ? "CI_ON_TRIGGER=daily\n" : "", source);
      this.#commitUpstream(pkgbase);
    }
    days.world.publishScheduled();
    this.#person = join(days.world.base, "person");
    execFileSync("git", ["clone", "-q", days.world.origin, this.#person]);
    this.builders = new Builders(days);
  }

  /** Six hours: something happens, pipelines run, and perhaps builders do. Returns what is wrong. */
  async pass(hours: number): Promise<string[]> {
    const { days } = this;
    days.now = new Date(days.now.getTime() + 6 * 3600_000);
    for (let events = 1 + Math.floor(this.#random() * 2); events > 0; events--) {
      await pick(
        [
          () => this.#commitUpstream(pick(sources, this.#random)),
          () => this.#commitUpstream("a-git", true),
          () => this.#update(),
          () => this.#deploy(pick(sources, this.#random)),
          () => this.#byHand(pick(sources, this.#random)),
        ],
        this.#random,
      )();
    }
    if (hours % 24 === 0) await this.#fire();
    // What upstream has now may be built before a pipeline sees it.
    const early = this.#random() < 0.3 ? await this.#look(this.#random()) : [];
    await this.#halfHourly();
    const luck = this.#random();
    // Nobody builds for a while.
    return luck < 0.35 ? early : [...early, ...(await this.#look(luck))];
  }

  /** Lets builders work, and compares what they did with what was to be done. */
  async #look(luck: number): Promise<string[]> {
    const { builders } = this;
    const expected = this.#expected();
    builders.ended.length = 0;
    if (luck < 0.5) await builders.run("one", true);
    if (luck < 0.65) await builders.run("two");
    else if (luck < 0.8) await builders.run("one");
    else await Promise.all([builders.run("one"), builders.run("two")]);
    const built = builders.ended.map(({ pkgbase, what }) => `${pkgbase} ${what}`).toSorted();
    return String(built) === String(expected)
      ? []
      : [`${this.days.now.toISOString()}: built ${built.join(", ")}; expected ${expected.join(", ")}`];
  }

  #expected(): string[] {
    const builds: string[] = [];
    const build = (pkgbase: string, what: string): void => {
      const isBad = this.builders.bad.has(`${pkgbase} ${what}`);
      this.#tried.add(pkgbase);
      builds.push(`${pkgbase} ${isBad ? "failed " : ""}${what}`);
      if (!isBad) this.#made.set(pkgbase, what);
    };
    for (const pkgbase of ["a-git", "b-git"]) {
      // Main alone asks for what was never built; a failure of the very first build ends that.
      if (!this.#tried.has(pkgbase) && !this.#asked.has(pkgbase)) this.#asked.set(pkgbase, "anyway");
    }
    for (const [pkgbase, wanted] of this.#asked) {
      if (this.#made.get(pkgbase) !== wanted) build(pkgbase, this.#newest(pkgbase));
    }
    this.#asked.clear();
    if (this.#made.get("app") !== String(this.#recipe)) build("app", String(this.#recipe));
    return builds.toSorted();
  }

  #newest(pkgbase: string): string {
    const sighting = this.days.commits.get(pkgbase);
    return sighting?.kind === "commit" ? sighting.commit : "";
  }

  #commitUpstream(pkgbase: string, isBad = false): void {
    const commit = (++this.#commits).toString(16).padStart(40, "c");
    this.days.commits.set(pkgbase, { kind: "commit", commit, url: "https://example.org/x" });
    if (isBad) this.builders.bad.add(`${pkgbase} ${commit}`);
  }

  /** The AUR has a new version, which the half-hourly run takes into main. */
  #update(): void {
    this.#offered++;
    this.days.offer("app", this.#offered, recipe("app", String(this.#offered)));
  }

  /** A person pushes a commit, and its pipeline runs at once, or the half-hourly one finds it. */
  async #deploy(pkgbase: string): Promise<void> {
    const git = (...args: string[]): void => void execFileSync("git", ["-C", this.#person, ...args]);
    git("fetch", "-q", "origin");
    git("reset", "-q", "--hard", "origin/main");
    writeFileSync(join(this.#person, "notes"), `${this.#commits} ${this.#random()}\n`);
    git("add", "notes");
    git("commit", "-q", "-m", `again [deploy ${pkgbase}]`);
    git("push", "-q", "origin", "HEAD:main");
    this.#unread.add(pkgbase);
    if (this.#random() < 0.5) return;
    const { world, ports } = this.days;
    world.git("fetch", "-q", "origin");
    world.git("reset", "-q", "--hard", "origin/main");
    await applyOnCommit(ports.git, ports.platform, await planOnCommit(ports.git, ports.platform), ports.now);
    this.#read();
  }

  #read(): void {
    for (const pkgbase of this.#unread) this.#asked.set(pkgbase, "anyway");
    this.#unread.clear();
  }

  async #byHand(pkgbase: string): Promise<void> {
    const { ports } = this.days;
    await runRequest(ports, () => planScheduleByHand(ports, [pkgbase]));
    this.#asked.set(pkgbase, "anyway");
  }

  async #fire(): Promise<void> {
    const { ports } = this.days;
    await runRequest(ports, () => planOnTrigger(ports, "daily"));
    this.#asked.set("nightly-git", "anyway");
  }

  async #halfHourly(): Promise<void> {
    await this.days.run();
    this.#recipe = this.#offered;
    const deployed = new Set(this.#unread);
    this.#read();
    for (const pkgbase of ["a-git", "b-git"]) {
      const commit = this.#newest(pkgbase);
      if (this.#looked.get(pkgbase) === commit) continue;
      this.#looked.set(pkgbase, commit);
      // A [deploy …] that this very run found asks for it anyway.
      if (!deployed.has(pkgbase)) this.#asked.set(pkgbase, commit);
    }
  }
}

const days = budget(3, 30);

describe.skipIf(missing.length > 0)(
  `in ${days} days (seed ${seed}) every decision is carried out exactly once by one of two builders (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let month: Month;
    beforeAll(() => {
      month = new Month(seededRandom(seed));
    });
    afterAll(() => month.days.world.remove());

    test.each(Array.from({ length: days }, (_, at) => at + 1))("day %i", async (day) => {
      const troubles: string[] = [];
      for (let hours = 0; hours < 24; hours += 6) troubles.push(...(await month.pass(24 * day + hours)));
      expect(troubles).toEqual([]);
    });
  },
);
