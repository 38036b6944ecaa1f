import { afterEach, describe, expect, test } from "vitest";
import type { Outcome } from "./outcome.ts";
import type { Claim, Queue, QueueEvent, QueueEventDetail, Submission, SubmittedBuild } from "./queue.ts";

/** One storage, which several handles use at once. */
export interface Storage {
  /** Another handle, as another process has one. `now` is the clock that it asks. */
  open(now: () => number): Promise<Queue>;
  destroy(): Promise<void>;
}

const target = "repo";
const arch = "x86_64";
const leaseMs = 60_000;
const cleanUps: (() => Promise<void>)[] = [];

/** What every implementation of the queue must do. */
export function queueContract(create: () => Promise<Storage>): void {
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function start(): Promise<Desk> {
    const storage = await create();
    cleanUps.push(() => storage.destroy());
    const clock = { ms: 1_000_000 };
    const open = async (): Promise<Queue> => {
      const queue = await storage.open(() => clock.ms);
      cleanUps.push(() => queue.close());
      return queue;
    };
    return new Desk(await open(), open, clock);
  }

  describe("order", () => {
    test("a build is handed out only after what it needs has finished", async () => {
      const desk = await start();
      await desk.submit({ app: ["lib"], lib: ["base"], base: [] });
      const base = await desk.claim("base");
      expect(await desk.claimAny()).toBeUndefined();
      await desk.finish(base, "built");
      await desk.finish(await desk.claim("lib"), "already-built");
      await desk.finish(await desk.claim("app"), "skipped");
      expect(await desk.statuses()).toEqual({});
    });

    test("a build waits for a need that is submitted after it", async () => {
      const desk = await start();
      await desk.submit({ app: ["lib"] });
      await desk.submit({ lib: [] });
      expect(await desk.statuses()).toEqual({ app: "waiting for lib", lib: "ready" });
    });

    test("needs of another architecture or target hold nobody up", async () => {
      const desk = await start();
      await desk.submit({ lib: [] });
      await desk.submit({ app: ["lib"] }, { arch: "aarch64" });
      await desk.submit({ app: ["lib"] }, { target: "other" });
      const claims = [await desk.claimAny(), await desk.claimAny(), await desk.claimAny()];
      expect(claims.map((claim) => claim?.build.pkgbase).sort()).toEqual(["app", "app", "lib"]);
    });

    test("the longest remaining chain goes first", async () => {
      const desk = await start();
      await desk.submit({
        alone: [],
        short: [],
        shorter: ["short"],
        long: [],
        longer: ["long"],
        longest: ["longer"],
      });
      expect(await desk.drain()).toEqual(["long", "short", "longer", "alone", "shorter", "longest"]);
    });

    test("a chain is as long as its packages took the last time", async () => {
      const desk = await start();
      await desk.submit({ slow: [], quick: [] });
      const [slow, quick] = [await desk.claim("slow"), await desk.claim("quick")];
      desk.clock.ms += 1000;
      await desk.finish(quick, "built");
      desk.clock.ms += 50_000;
      await desk.finish(slow, "built");
      expect(await desk.queue.packages()).toMatchObject([
        { pkgbase: "quick", durationMs: 1000 },
        { pkgbase: "slow", durationMs: 51_000 },
      ]);
      await desk.submit({ quick: [], slow: [] });
      expect(await desk.drain()).toEqual(["slow", "quick"]);
    });

    test("a later submission lengthens the chain of what is queued already", async () => {
      const desk = await start();
      await desk.submit({ first: [], second: [] });
      await desk.submit({ tail: ["second"] });
      expect(await desk.drain()).toEqual(["second", "first", "tail"]);
    });

    test("a builder gets its own classes and those without one, and all only if it asks so", async () => {
      const desk = await start();
      await desk.submit({ heavy: [] }, { class: "heavy" });
      await desk.submit({ any: [] });
      expect((await desk.claimAny([]))?.build.pkgbase).toBe("any");
      expect(await desk.claimAny(["light"])).toBeUndefined();
      expect((await desk.claimAny(["light", "heavy"]))?.build.pkgbase).toBe("heavy");
      await desk.submit({ huge: [] }, { class: "huge" });
      expect((await desk.claimAny("all"))?.build.pkgbase).toBe("huge");
    });
  });

  describe("scheduling twice", () => {
    test("a queued build merges: the later commit, class and needs win, reasons are joined once", async () => {
      const desk = await start();
      await desk.submit({ app: ["lib"], lib: [] }, { commit: "old", reason: "changed" });
      const [merged] = await desk.submit(
        { app: [] },
        { commit: "new", reason: "trigger daily", class: "heavy" },
      );
      await desk.submit({ app: [] }, { commit: "new", reason: "changed", class: "heavy" });
      expect(merged).toMatchObject({ kind: "merged", pkgbase: "app" });
      const app = await desk.claim("app", ["heavy"]);
      expect(app.build).toMatchObject({
        id: merged?.build,
        commit: "new",
        class: "heavy",
        needs: [],
        reasons: ["changed", "trigger daily"],
      });
    });

    test("an active build gets exactly one more, which starts after it", async () => {
      const desk = await start();
      await desk.submit({ app: [] }, { commit: "one" });
      const first = await desk.claim("app");
      expect(await desk.submit({ app: [] }, { commit: "two" })).toMatchObject([{ kind: "after-active" }]);
      expect(await desk.submit({ app: [] }, { commit: "three" })).toMatchObject([{ kind: "merged" }]);
      expect(await desk.claimAny()).toBeUndefined();
      expect((await desk.queue.state()).builds.map(({ status }) => status)).toMatchObject([
        { kind: "active" },
        { kind: "waiting", for: ["app"] },
      ]);
      await desk.finish(first, "built");
      const second = await desk.claim("app");
      expect(second.build.commit).toBe("three");
      await desk.finish(second, "built");
      expect(await desk.claimAny()).toBeUndefined();
    });

    test("what needs a package waits for its build after the active one too", async () => {
      const desk = await start();
      await desk.submit({ app: ["lib"], lib: [] });
      const lib = await desk.claim("lib");
      await desk.submit({ lib: [] });
      await desk.finish(lib, "built");
      expect(await desk.statuses()).toEqual({ app: "waiting for lib", lib: "ready" });
    });

    test("a package that names itself or one need twice doesn't wait for itself", async () => {
      const desk = await start();
      await desk.submit({ app: ["app", "lib", "lib"] });
      expect(await desk.drain()).toEqual(["app"]);
    });

    test("the same pkgbase twice in one submission is one build", async () => {
      const desk = await start();
      const build = { pkgbase: "app", class: null, pkgnames: ["app"], needs: [] };
      await desk.queue.submit({
        ...desk.submission({}),
        builds: [
          { ...build, reason: "one" },
          { ...build, reason: "two" },
        ],
      });
      expect((await desk.claim("app")).build.reasons).toEqual(["one", "two"]);
      expect(await desk.claimAny()).toBeUndefined();
    });
  });

  describe("cycles", () => {
    test("cycles don't stop the queue: the oldest submission's need is dropped, and an event says so", async () => {
      const desk = await start();
      await desk.submit({ a: ["b"] });
      await desk.submit({ b: ["c"] });
      await desk.submit({ c: ["a"] });
      expect(await desk.statuses()).toEqual({ a: "ready", b: "waiting for c", c: "waiting for a" });
      expect(await desk.events("cycle-broken")).toMatchObject([
        { pkgbase: "a", need: "b", cycle: ["a", "b", "c"] },
      ]);
      expect(await desk.drain()).toEqual(["a", "c", "b"]);
    });

    test("a cycle within one submission is broken by name", async () => {
      const desk = await start();
      await desk.submit({ y: ["x"], x: ["y"] });
      expect(await desk.drain()).toEqual(["x", "y"]);
    });

    test("a lost build that comes back into a cycle doesn't stop the queue", async () => {
      const desk = await start();
      await desk.submit({ a: ["b"] });
      const a = await desk.claim("a");
      await desk.submit({ b: ["a"] });
      await desk.finish(a, "lost");
      desk.clock.ms += 1000;
      expect(await desk.drain()).toEqual(["a", "b"]);
    });
  });

  describe("failures", () => {
    test.each<Outcome>(["failed", "timed-out", "cancelled"])(
      "whatever needs a %s build is blocked, is told by whom, and is released by its success",
      async (outcome) => {
        const desk = await start();
        await desk.submit({ app: ["lib"], lib: ["base"], base: [], other: [] });
        await desk.finish(await desk.claim("base"), outcome);
        const blocked = {
          lib: `blocked by base because of base ${outcome}`,
          app: `blocked by lib because of base ${outcome}`,
        };
        expect(await desk.statuses()).toEqual({ ...blocked, other: "ready" });
        expect(await desk.events("blocked")).toMatchObject([
          { pkgbase: "lib", by: "base", cause: { pkgbase: "base", outcome } },
          { pkgbase: "app", by: "lib", cause: { pkgbase: "base", outcome } },
        ]);

        await desk.submit({ base: [] });
        expect(await desk.statuses()).toMatchObject({ lib: "waiting for base", app: "waiting for lib" });
        await desk.finish(await desk.claim("base"), outcome);
        expect(await desk.statuses()).toMatchObject(blocked);

        await desk.submit({ base: [] });
        expect(await desk.drain()).toEqual(expect.arrayContaining(["base", "lib", "app"]));
      },
    );

    test("a failure is remembered: what needs it and is submitted later is blocked too", async () => {
      const desk = await start();
      await desk.submit({ lib: [] });
      await desk.finish(await desk.claim("lib"), "failed");
      await desk.submit({ app: ["lib"], top: ["app"] });
      const blocked = {
        app: "blocked by lib because of lib failed",
        top: "blocked by app because of lib failed",
      };
      expect(await desk.statuses()).toEqual(blocked);
      await desk.submit({ app: ["lib"] });
      expect(await desk.statuses()).toEqual(blocked);
      expect(await desk.queue.packages()).toMatchObject([
        { pkgbase: "lib", outcome: "failed", blocking: true },
      ]);
      await desk.submit({ lib: [] });
      expect(await desk.drain()).toEqual(["lib", "app", "top"]);
    });

    test("a blocked build that no longer needs what failed goes on, and with it whatever needs it", async () => {
      const desk = await start();
      await desk.submit({ lib: [], app: ["lib"], top: ["app"] });
      await desk.finish(await desk.claim("lib"), "failed");
      await desk.submit({ app: [] });
      expect(await desk.drain()).toEqual(["app", "top"]);
    });

    test("with two failures the release of one isn't enough", async () => {
      const desk = await start();
      await desk.submit({ one: [], two: [], app: ["one", "two"] });
      await desk.finish(await desk.claim("one"), "failed");
      await desk.finish(await desk.claim("two"), "timed-out");
      expect(await desk.statuses()).toEqual({
        app: "blocked by one, two because of one failed, two timed-out",
      });
      await desk.submit({ one: [] });
      await desk.finish(await desk.claim("one"), "built");
      expect(await desk.statuses()).toEqual({ app: "blocked by two because of two timed-out" });
      await desk.submit({ two: [] });
      expect(await desk.drain()).toEqual(["two", "app"]);
    });

    test("onDependencyFailure=build builds against what is published, after the attempt has ended", async () => {
      const desk = await start();
      await desk.submit({ lib: [], app: ["lib"] }, { onDependencyFailure: "build" });
      const lib = await desk.claim("lib");
      expect(await desk.claimAny()).toBeUndefined();
      await desk.finish(lib, "failed");
      expect(await desk.drain()).toEqual(["app"]);
    });

    test("a need that the published repository satisfies can be set aside, for this build alone", async () => {
      const desk = await start();
      await desk.submit({ lib: [], app: ["lib"], top: ["app"], other: ["lib"] });
      await desk.finish(await desk.claim("lib"), "failed");
      expect(await desk.queue.release({ target, arch, pkgbase: "app" }, ["lib", "unheard-of"])).toBe(true);
      expect(await desk.statuses()).toEqual({
        app: "ready",
        top: "waiting for app",
        other: "blocked by lib because of lib failed",
      });
      await desk.submit({ app: ["lib"] });
      expect(await desk.statuses()).toMatchObject({ app: "blocked by lib because of lib failed" });
      expect(await desk.queue.release({ target, arch, pkgbase: "lib" }, ["app"])).toBe(false);
    });

    test("an active build is not stopped by a failure of what it needs", async () => {
      const desk = await start();
      await desk.submit({ app: ["lib"] });
      const app = await desk.claim("app");
      await desk.submit({ lib: [] });
      await desk.finish(await desk.claim("lib"), "failed");
      expect(await desk.statuses()).toEqual({ app: "active" });
      await desk.finish(app, "built");
      expect(await desk.statuses()).toEqual({});
    });
  });

  describe("lost builders", () => {
    test("a build whose builder died is handed out again, three times with growing pauses, then it is lost", async () => {
      const desk = await start();
      await desk.submit({ lib: [], app: ["lib"] });
      for (const pause of [1000, 4000, 16_000]) {
        await desk.claim("lib");
        desk.clock.ms += leaseMs + 1;
        expect(await desk.claimAny()).toBeUndefined();
        expect(await desk.statuses()).toEqual({ lib: `delayed ${pause}`, app: "waiting for lib" });
        desk.clock.ms += pause - 1;
        expect(await desk.claimAny()).toBeUndefined();
        desk.clock.ms += 1;
      }
      expect((await desk.claim("lib")).build.losses).toBe(3);
      desk.clock.ms += leaseMs + 1;
      expect(await desk.claimAny()).toBeUndefined();
      expect(await desk.statuses()).toEqual({ app: "blocked by lib because of lib lost" });
      expect(await desk.queue.history({ limit: 1 })).toMatchObject([
        { pkgbase: "lib", outcome: "lost", message: "tester was not heard from for 60 s" },
      ]);
    });

    test("a builder may report its loss itself", async () => {
      const desk = await start();
      await desk.submit({ lib: [] });
      await desk.finish(await desk.claim("lib"), "lost");
      expect(await desk.events("retry")).toMatchObject([
        { pkgbase: "lib", losses: 1, until: desk.clock.ms + 1000 },
      ]);
      desk.clock.ms += 1000;
      await desk.claim("lib");
    });

    test("a lease that is kept alive doesn't run out", async () => {
      const desk = await start();
      await desk.submit({ app: [] });
      const claim = await desk.claim("app");
      for (let hour = 0; hour < 60; hour++) {
        desk.clock.ms += leaseMs;
        expect(await desk.queue.keepAlive(claim)).toBe("kept");
        expect(await desk.claimAny()).toBeUndefined();
      }
      expect(await desk.queue.finish(claim, { outcome: "built" })).toBe("finished");
    });

    test("a builder that was given up is told so, and its result doesn't count", async () => {
      const desk = await start();
      await desk.submit({ app: [] });
      const given = await desk.claim("app");
      desk.clock.ms += leaseMs + 1;
      await desk.claimAny();
      desk.clock.ms += 1000;
      const taken = await desk.claim("app");
      expect(taken.build.id).toBe(given.build.id);
      expect(await desk.queue.keepAlive(given)).toBe("gone");
      expect(await desk.queue.finish(given, { outcome: "failed" })).toBe("gone");
      expect(await desk.queue.finish(taken, { outcome: "built" })).toBe("finished");
    });

    test("finishing twice changes nothing", async () => {
      const desk = await start();
      await desk.submit({ app: [] });
      const claim = await desk.claim("app");
      await desk.finish(claim, "built");
      await desk.submit({ app: [] });
      const again = await desk.claim("app");
      expect(await desk.queue.finish(claim, { outcome: "failed" })).toBe("finished");
      expect(await desk.statuses()).toEqual({ app: "active" });
      await desk.finish(again, "built");
      expect((await desk.queue.history({ limit: 9 })).map(({ outcome }) => outcome)).toEqual([
        "built",
        "built",
      ]);
    });

    test("a lost build that was scheduled again meanwhile isn't retried besides", async () => {
      const desk = await start();
      await desk.submit({ app: [] }, { commit: "one" });
      const claim = await desk.claim("app");
      await desk.submit({ app: [] }, { commit: "two" });
      await desk.finish(claim, "lost");
      expect(await desk.drain()).toEqual(["app"]);
    });

    test("scheduling a build that waits for its retry starts it now", async () => {
      const desk = await start();
      await desk.submit({ app: [] });
      await desk.finish(await desk.claim("app"), "lost");
      await desk.submit({ app: [] });
      expect((await desk.claim("app")).build.losses).toBe(0);
    });
  });

  describe("cancelling", () => {
    test("a queued build ends as cancelled and blocks what needs it", async () => {
      const desk = await start();
      await desk.submit({ lib: [], app: ["lib"] });
      expect(await desk.queue.cancel({ target, arch, pkgbase: "lib" }, "by Ada")).toBe(true);
      expect(await desk.statuses()).toEqual({ app: "blocked by lib because of lib cancelled" });
      expect(await desk.queue.history({ limit: 1 })).toMatchObject([
        { pkgbase: "lib", outcome: "cancelled", message: "by Ada", worker: null, startedAt: null },
      ]);
      expect(await desk.queue.cancel({ target, arch, pkgbase: "lib" }, "again")).toBe(false);
    });

    test("an active build's worker is asked to stop, and is not retried if it dies instead", async () => {
      const desk = await start();
      await desk.submit({ app: [] });
      const claim = await desk.claim("app");
      await desk.queue.cancel({ target, arch, pkgbase: "app" }, "by Ada");
      expect(await desk.statuses()).toEqual({ app: "active, cancelling" });
      expect(await desk.queue.keepAlive(claim)).toBe("cancel");
      desk.clock.ms += leaseMs + 1;
      expect(await desk.claimAny()).toBeUndefined();
      expect(await desk.queue.history({ limit: 1 })).toMatchObject([
        { outcome: "cancelled", message: "by Ada" },
      ]);
    });
  });

  describe("removals", () => {
    const removal = { pkgbase: "old", pkgnames: ["old", "old-docs"], reason: "commit abc removed it" };

    test("a removal stays pending until it is acknowledged", async () => {
      const desk = await start();
      await desk.submit({}, { removals: [removal] });
      const reopened = await desk.open();
      const [pending] = await reopened.removals();
      expect(pending).toMatchObject({ ...removal, target, arch, source: "workspace" });
      await reopened.removed(pending!.id);
      await reopened.removed(pending!.id);
      expect(await desk.queue.removals()).toEqual([]);
      expect(await desk.events("removal", "removed")).toMatchObject([
        { kind: "removal" },
        { kind: "removed" },
      ]);
    });

    test("a removed package is no longer built, and its failure no longer blocks", async () => {
      const desk = await start();
      await desk.submit({ failed: [], app: ["failed"], queued: [], top: ["queued"] });
      await desk.finish(await desk.claim("failed"), "failed");
      await desk.submit(
        {},
        {
          removals: [
            { ...removal, pkgbase: "failed" },
            { ...removal, pkgbase: "queued" },
          ],
        },
      );
      expect(await desk.statuses()).toEqual({ app: "ready", top: "ready" });
      expect(await desk.queue.packages()).toMatchObject([
        { pkgbase: "failed", blocking: false },
        { pkgbase: "queued", outcome: "cancelled", blocking: false },
      ]);
    });

    test("a removal waits until the active build of that package has stopped", async () => {
      const desk = await start();
      await desk.submit({ old: [], app: ["old"] });
      const claim = await desk.claim("old");
      await desk.submit({}, { removals: [removal] });
      expect(await desk.queue.removals()).toEqual([]);
      expect((await desk.queue.state()).removals).toMatchObject([removal]);
      expect(await desk.queue.keepAlive(claim)).toBe("cancel");
      await desk.finish(claim, "cancelled");
      expect(await desk.queue.removals()).toMatchObject([removal]);
      expect(await desk.statuses()).toEqual({ app: "ready" });
    });

    test("a package that comes back before it was removed is only built", async () => {
      const desk = await start();
      await desk.submit({}, { removals: [removal] });
      await desk.submit({ old: [] });
      expect(await desk.queue.removals()).toEqual([]);
      expect(await desk.events("removal-withdrawn")).toHaveLength(1);
      await desk.claim("old");
    });

    test("removing twice before it is carried out takes out what either names", async () => {
      const desk = await start();
      await desk.submit({}, { removals: [removal] });
      await desk.submit({}, { removals: [{ ...removal, pkgnames: ["old-libs"] }] });
      expect(await desk.queue.removals()).toMatchObject([{ pkgnames: ["old", "old-docs", "old-libs"] }]);
    });
  });

  describe("reading", () => {
    test("a follower sees each event once and in order, from wherever it left off, across processes", async () => {
      const desk = await start();
      await desk.submit({ app: [] });
      const seen: QueueEvent[] = [];
      const stop = new AbortController();
      const following = (async (): Promise<void> => {
        for await (const event of desk.queue.events({ after: 0, signal: stop.signal })) {
          seen.push(event);
          if (event.kind === "finished") stop.abort();
        }
      })();
      const other = await desk.open();
      const claim = await other.claim({ worker: "other", classes: [], leaseMs });
      await other.finish(claim!, { outcome: "failed", message: "exit code 4" });
      await following;
      expect(seen).toMatchObject([
        { kind: "queued", target, arch, pkgbase: "app", reason: "changed", at: desk.clock.ms },
        { kind: "claimed", worker: "other" },
        { kind: "finished", outcome: "failed", message: "exit code 4" },
      ]);
      expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b));
      const { value } = await other.events({ after: seen[1]!.seq })[Symbol.asyncIterator]().next();
      expect(value).toEqual(seen[2]);
      expect((await other.state()).seq).toBe(seen[2]!.seq);
    });

    test("a follower ends when its queue is closed", async () => {
      const desk = await start();
      const queue = await desk.open();
      const next = queue.events({ after: 0 })[Symbol.asyncIterator]().next();
      await queue.close();
      expect(await next).toMatchObject({ done: true });
    });

    test("all is still there when the queue is opened again", async () => {
      const desk = await start();
      const pipeline = { commit: "def", id: "7", url: "https://ci.example/7" };
      await desk.submit({ done: [], active: [], queued: ["active"] }, { pipeline });
      await desk.finish(await desk.claim("active"), "lost");
      await desk.finish(await desk.claim("done"), "built");
      const [state, history] = [await desk.queue.state(), await desk.queue.history({ limit: 9 })];
      await desk.queue.close();
      const reopened = await desk.open();
      expect(await reopened.state()).toEqual(state);
      expect(await reopened.history({ limit: 9 })).toEqual(history);
      expect(state.builds).toMatchObject([{ pkgbase: "active", pipeline, losses: 1 }, { pkgbase: "queued" }]);
    });

    test("a package's history is told apart from others'", async () => {
      const desk = await start();
      await desk.submit({ one: [], two: [] });
      await desk.drain();
      const key = { target, arch, pkgbase: "one" };
      expect((await desk.queue.history({ key, limit: 9 })).map(({ pkgbase }) => pkgbase)).toEqual(["one"]);
      expect(await desk.queue.history({ limit: 1 })).toHaveLength(1);
    });

    test("names and texts are taken literally", async () => {
      const desk = await start();
      const name = "a@b_+c.d'; drop table build; --";
      await desk.submit({ [name]: ["$(x)"] }, { reason: "`id` \u0000 %s ?1 🎉" });
      expect((await desk.claim(name)).build).toMatchObject({
        needs: ["$(x)"],
        reasons: ["`id` \u0000 %s ?1 🎉"],
      });
    });
  });

  test("two handles never get the same build", async () => {
    const desk = await start();
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
    await desk.submit(Object.fromEntries(names.map((name) => [name, []])));
    const handles = [desk.queue, await desk.open(), await desk.open()];
    const worker = { worker: "w", classes: [], leaseMs };
    const claims = await Promise.all(names.map((_, index) => handles[index % 3]!.claim(worker)));
    expect(claims.map((claim) => claim?.build.pkgbase).sort()).toEqual(names.toSorted());
  });
}

interface SubmissionOptions extends Partial<Omit<Submission, "builds">> {
  readonly class?: string;
  readonly reason?: string;
}

/** A queue with a clock that stands still, and the tests' short forms. */
class Desk {
  readonly queue: Queue;
  readonly open: () => Promise<Queue>;
  readonly clock: { ms: number };

  constructor(queue: Queue, open: () => Promise<Queue>, clock: { ms: number }) {
    this.queue = queue;
    this.open = open;
    this.clock = clock;
  }

  /** By pkgbase: what it needs. */
  submission(
    graph: Readonly<Record<string, readonly string[]>>,
    options: SubmissionOptions = {},
  ): Submission {
    const { class: buildClass = null, reason = "changed", ...rest } = options;
    const builds = Object.entries(graph).map(([pkgbase, needs]): SubmittedBuild => ({
      pkgbase,
      class: buildClass,
      pkgnames: [pkgbase],
      needs,
      reason,
    }));
    return { commit: "abc", target, arch, source: "workspace", removals: [], ...rest, builds };
  }

  submit(
    graph: Readonly<Record<string, readonly string[]>>,
    options?: SubmissionOptions,
  ): ReturnType<Queue["submit"]> {
    return this.queue.submit(this.submission(graph, options));
  }

  claimAny(classes: readonly string[] | "all" = []): Promise<Claim | undefined> {
    return this.queue.claim({ worker: "tester", classes, leaseMs });
  }

  /** The next build, which must be this one. */
  async claim(pkgbase: string, classes: readonly string[] = []): Promise<Claim> {
    const claim = await this.claimAny(classes);
    if (claim?.build.pkgbase !== pkgbase) {
      throw new Error(
        `${claim?.build.pkgbase ?? "nothing"} was ready, not ${pkgbase}: ${JSON.stringify(await this.statuses())}`,
      );
    }
    return claim;
  }

  async finish(claim: Claim, outcome: Outcome): Promise<void> {
    const answer = await this.queue.finish(claim, { outcome });
    if (answer !== "finished") throw new Error(`${claim.build.pkgbase} was ${answer}`);
  }

  /** Builds all that can be built; returns the order. */
  async drain(): Promise<string[]> {
    const built: string[] = [];
    for (let claim = await this.claimAny(); claim; claim = await this.claimAny()) {
      await this.finish(claim, "built");
      built.push(claim.build.pkgbase);
    }
    return built;
  }

  async statuses(): Promise<Record<string, string>> {
    const { builds } = await this.queue.state();
    return Object.fromEntries(
      builds.map(({ pkgbase, status }) => {
        switch (status.kind) {
          case "ready":
            return [pkgbase, "ready"];
          case "waiting":
            return [pkgbase, `waiting for ${status.for.join(", ")}`];
          case "delayed":
            return [pkgbase, `delayed ${status.until - this.clock.ms}`];
          case "blocked": {
            const causes = status.causes.map((cause) => `${cause.pkgbase} ${cause.outcome}`);
            return [pkgbase, `blocked by ${status.by.join(", ")} because of ${causes.join(", ")}`];
          }
          case "active":
            return [pkgbase, status.cancelling ? "active, cancelling" : "active"];
        }
      }),
    );
  }

  /** The events of these kinds so far. */
  async events(...kinds: QueueEventDetail["kind"][]): Promise<QueueEvent[]> {
    const { seq } = await this.queue.state();
    const found: QueueEvent[] = [];
    for await (const event of this.queue.events({ after: 0 })) {
      if (kinds.includes(event.kind)) found.push(event);
      if (event.seq === seq) break;
    }
    return found;
  }
}
