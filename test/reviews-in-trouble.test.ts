import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { branchName } from "../tools/forge/branch-name.ts";
import { standIns } from "./world/forges.ts";
import { ReviewLife } from "./world/review-life.ts";

describe.each(standIns)("reviews in trouble on $kind", (standIn) => {
  let life: ReviewLife;

  beforeEach(async () => {
    life = await ReviewLife.begin(standIn);
  });

  afterEach(async () => {
    await life.end();
  });

  test("a person who pushes at the very moment of closing loses nothing", async () => {
    const two = life.update("foo", "2");
    const branch = branchName("foo", two.revision);
    await life.run({ wanted: [two] });
    const planned = await life.plan({});
    const theirs = life.personPushes(branch);
    const { failed } = await life.apply(planned);
    expect(failed.map(({ error }) => error.code)).toEqual(["lost-race"]);
    expect(life.server.review(1)).toMatchObject({ state: "open", head: theirs });
    expect(await life.run({})).toEqual(["tell foo: overtaken"]);
    expect(life.branches()).toEqual([branch]);
  });

  test("a run that broke off between push and review is finished by the next", async () => {
    const two = life.update("foo", "2");
    life.server.fault = { kind: "down", only: /^POST/ };
    expect(await life.run({ wanted: [two, life.update("bar", "2")] })).toEqual([
      "held back open foo: forge-unavailable",
      "held back open bar: forge-unavailable",
    ]);
    const pushed = life.world.atOrigin("rev-parse", branchName("foo", two.revision));
    expect(life.server.reviews).toEqual([]);
    life.server.fault = undefined;
    expect(await life.run({ wanted: [two, life.update("bar", "2")] })).toEqual([
      "open foo: pushed without a review",
      "open bar: held for review",
    ]);
    expect(life.server.review(1)!.head).toBe(pushed);
    expect(await life.run({ wanted: [two, life.update("bar", "2")] })).toEqual([]);
  });

  test("a leftover branch that nobody wants is pruned, but not one that a person worked on", async () => {
    life.server.fault = { kind: "down", only: /^POST/ };
    await life.run({ wanted: [life.update("foo", "2")] });
    await life.run({ wanted: [life.update("bar", "2")], unknown: ["foo"] });
    life.server.fault = undefined;
    life.personPushes(branchName("bar", life.update("bar", "2").revision), "packages/bar/PKGBUILD");
    expect(await life.run({})).toEqual(["prune foo: overtaken"]);
    const { kept } = await life.plan({ wanted: [life.update("bar", "2")] });
    expect(kept).toMatchObject([{ pkgbase: "bar", reason: "holds a person's commits" }]);
    expect(life.server.reviews).toEqual([]);
  });

  test.each(["comment", "close"])(
    "a run that broke off at the %s of closing is finished, with one word why",
    async (step) => {
      await life.run({ wanted: [life.update("foo", "2")] });
      const only = step === "comment" ? /^POST/ : /^P(?:UT|ATCH)/;
      // The request arrives, its answer doesn't.
      life.server.fault = { kind: "cut", only };
      expect(await life.run({})).toHaveLength(1);
      life.server.fault = undefined;
      await life.run({});
      expect(await life.run({})).toEqual([]);
      expect(life.server.review(1)!.state).toBe("closed");
      expect(life.server.review(1)!.comments.filter(({ system }) => !system)).toHaveLength(1);
      expect(life.branches()).toEqual([]);
    },
  );

  test("a review that broke off before it got its labels gets them", async () => {
    await life.run({ wanted: [life.update("foo", "2")] });
    life.server.review(1)!.labels = [];
    expect(await life.run({ wanted: [life.update("foo", "2")] })).toEqual([
      "mark foo: its labels are missing",
    ]);
    expect(life.server.review(1)!.labels).toEqual(["update"]);
  });

  test("two runs at once make one branch and one review", async () => {
    const wanted = [life.update("foo", "2")];
    const [first, second] = [await life.plan({ wanted }), await life.plan({ wanted })];
    await life.apply(first);
    const later = { now: new Date("2026-06-01T12:00:05Z") };
    const { failed } = await life.apply(second, later);
    expect(failed.map(({ error }) => error.code)).toEqual(["lost-race"]);
    expect(life.server.reviews).toHaveLength(1);
    expect(await life.run({ wanted })).toEqual([]);
  });

  test("a stranger's fork can't take a review's place by its name", async () => {
    const two = life.update("foo", "2");
    life.server.openFromFork(branchName("foo", two.revision), "mallory");
    life.server.refuse(1);
    life.server.openFromFork(branchName("foo", two.revision), "mallory");
    expect(await life.run({ wanted: [two] })).toEqual(["open foo: held for review"]);
    expect(await life.run({})).toEqual(["close foo: overtaken"]);
    expect(life.server.review(2)!.state).toBe("open");
  });

  test.each([
    ["down", { kind: "down" }],
    ["rate-limited", { kind: "answers", status: 429, headers: { "retry-after": "600" } }],
  ] as const)(
    "a forge that is %s holds reviews back and says so, and nothing is half done",
    async (_, fault) => {
      life.server.fault = fault;
      await expect(life.plan({ wanted: [life.update("foo", "2")] })).rejects.toMatchObject({
        code: "forge-unavailable",
      });
      expect(life.branches()).toEqual([]);
      life.server.fault = undefined;
      expect(await life.run({ wanted: [life.update("foo", "2")] })).toEqual(["open foo: held for review"]);
    },
  );

  test("a forge that limits the rate halfway keeps what is done and holds back the rest", async () => {
    await life.run({ wanted: [life.update("bar", "1")] });
    const planned = await life.plan({ wanted: [life.update("foo", "2"), life.update("bar", "2")] });
    life.server.fault = { kind: "answers", status: 429, headers: { "retry-after": "600" }, only: /^POST/ };
    const { done, heldBack } = await life.apply(planned);
    expect(done).toEqual([]);
    expect(heldBack.map(({ action, error }) => [action.kind, error.facts["retryAfter"]])).toEqual([
      ["open", 600],
      ["open", 600],
      ["close", 600],
    ]);
    expect(life.server.review(1)!.state).toBe("open");
  });

  test("one review that the forge refuses hides no other, and the old one stays until the new is there", async () => {
    await life.run({ wanted: [life.update("foo", "1")] });
    life.server.fault = { kind: "answers", status: 400, body: { message: "no" }, only: /^POST/, times: 1 };
    expect(await life.run({ wanted: [life.update("foo", "2"), life.update("bar", "2")] })).toEqual([
      "open bar: held for review",
      "failed to open foo: forge-refused",
      "held back close foo: forge-refused",
    ]);
    expect(life.server.review(1)!.state).toBe("open");
    expect(await life.run({ wanted: [life.update("foo", "2"), life.update("bar", "2")] })).toEqual([
      "open foo: pushed without a review",
      "close foo: superseded",
    ]);
  });

  test("an update whose files don't belong in a recipe is refused by name, the others go on", async () => {
    const content = Buffer.from("x");
    const evil = [
      ".CI/config",
      "../bar/PKGBUILD",
      ".git/hooks/pre-push",
      ".GITignore",
      "/etc/passwd",
      "a//b",
      "PKGBUILD",
    ];
    for (const path of evil) {
      const outcome = await life.run({
        wanted: [life.update("foo", "2", [{ path, mode: "100644", content }])],
      });
      expect(outcome).toEqual(["failed to open foo: recipe-path"]);
    }
    const badly = life.update("foo", "2", [{ path: ".CI/config", mode: "100644", content }]);
    expect(await life.run({ wanted: [badly, life.update("bar", "2")] })).toEqual([
      "open bar: held for review",
      "failed to open foo: recipe-path",
    ]);
  });

  test("a description too long for the forge is cut, not refused", async () => {
    expect(
      await life.run({ wanted: [{ ...life.update("foo", "2"), body: "x".repeat(100_000) }] }),
    ).toHaveLength(1);
    expect(life.server.review(1)!.body).toMatch(/cut here/);
  });
});
