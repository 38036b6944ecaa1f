import { describe, expect, test } from "vitest";
import { aurRecipe } from "../../../test/world/aur-recipe.ts";
import { AurRuns, errorOf, followed, taken } from "../../../test/world/aur-runs.ts";
import { openAur, type AurMemory } from "./aur.ts";
import type { Followed, Sighting, UpstreamPorts } from "../upstream.ts";

const runs = new AurRuns();

async function look(
  packages: readonly Followed[],
  ports: Partial<UpstreamPorts> = {},
  memory: AurMemory = {},
): Promise<ReadonlyMap<string, Sighting>> {
  return openAur(await runs.open(ports), memory).look(packages);
}

function throughMirror(): Partial<UpstreamPorts> {
  return { aurGit: runs.aur.mirrorUrl };
}

describe("a recipe that is older than the metadata promised isn't taken for current", () => {
  test("a mirror that lags has another version: nothing is taken, and the next run looks again", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    const packages = [followed("foo", { timestamp: runs.aur.now - 1 })];
    runs.aur.letMirrorLag();
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2", epoch: "1" }));
    const lagging = (await look(packages, throughMirror())).get("foo");
    expect(lagging?.kind).toBe("unavailable");
    expect(errorOf(lagging)).toMatchObject({ code: "stale", exitCode: 1, facts: { pkgbase: "foo" } });
    expect(errorOf(lagging)?.message).toContain("1:2-1");
    runs.aur.letMirrorCatchUp();
    expect(taken((await look(packages, throughMirror())).get("foo"))).toBe("2");
  });

  test("a mirror that lags by a push without a new version is found out by its commit", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    const packages = [followed("foo", runs.seenNow("foo"))];
    runs.aur.letMirrorLag();
    runs.aur.push("foo", aurRecipe("foo", { depends: ["musl"] }));
    expect(taken((await look(packages, throughMirror())).get("foo"))).toBe("unavailable: stale");
    runs.aur.letMirrorCatchUp();
    expect(taken((await look(packages, throughMirror())).get("foo"))).toBe("1");
  });

  test("where no commit is remembered, one from before that time doesn't count as the new push", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    const timestamp = runs.aur.now;
    runs.aur.letMirrorLag();
    runs.aur.push("foo", aurRecipe("foo", { depends: ["musl"] }));
    const first = (await look([followed("foo", { timestamp })], throughMirror())).get("foo");
    expect(first).toMatchObject({ kind: "recipe", seen: { timestamp } });
    const seen = first?.kind === "recipe" ? first.seen : {};
    expect(taken((await look([followed("foo", seen)], throughMirror())).get("foo"))).toBe(
      "unavailable: stale",
    );
    runs.aur.letMirrorCatchUp();
    const last = (await look([followed("foo", seen)], throughMirror())).get("foo");
    expect(last).toMatchObject({ kind: "recipe", seen: runs.seenNow("foo") });
  });

  test("a new version that was committed before that time, and pushed later, counts", async () => {
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2" }));
    const timestamp = runs.aur.now + 30;
    const files = aurRecipe("foo", { pkgver: "2", files: { patch: "" } });
    runs.aur.list(new Map([["foo", files]]));
    const packages = [followed("foo", { timestamp })];
    const sighting = (await look(packages, throughMirror())).get("foo");
    expect(sighting).toMatchObject({ kind: "recipe", seen: runs.seenNow("foo") });
  });

  test("a recipe whose .SRCINFO can't be read is passed to the gate", async () => {
    runs.aur.list(new Map([["foo", aurRecipe("foo")]]));
    const files = { ...aurRecipe("foo"), ".SRCINFO": "no = base\n" };
    runs.aur.mirror.commit("aur", { branch: "foo", files });
    expect(taken((await look([followed("foo")], throughMirror())).get("foo"))).toBe("1");
  });
});

describe("what changed is remembered per package", () => {
  test("an outage loses no update: what was pushed meanwhile is found afterwards", async () => {
    for (const name of ["foo", "bar"]) runs.aur.push(name, aurRecipe(name));
    const packages = ["foo", "bar"].map((name) => followed(name, runs.seenNow(name)));
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2" }));
    runs.aur.web.faults = [{ kind: "down" }];
    const during = await look(packages);
    expect([...during.values()].map(taken)).toEqual(Array(2).fill("unavailable: unavailable"));
    runs.aur.push("bar", aurRecipe("bar", { pkgver: "2" }));
    runs.aur.web.faults = [];
    expect([...(await look(packages)).values()].map(taken)).toEqual(["2", "2"]);
  });

  test.each([403, 404, 414, 500])(
    "an answer %i makes all unavailable and nothing deleted",
    async (status) => {
      runs.aur.push("foo", aurRecipe("foo"));
      runs.aur.web.faults = [{ kind: "answers", status, body: "no" }];
      expect(taken((await look([followed("foo")])).get("foo"))).toBe("unavailable: unavailable");
      expect(taken((await look([...runs.listCrowd(), followed("foo")])).get("foo"))).toBe(
        "unavailable: unavailable",
      );
    },
  );

  test("an AUR that asks to wait is waited for", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    runs.aur.web.faults = [{ kind: "answers", status: 429, headers: { "retry-after": "1" }, times: 1 }];
    expect(taken((await look([followed("foo")])).get("foo"))).toBe("1");
  });

  test("a stale dump hides a push for a while, and the next dump brings it", async () => {
    const others = runs.listCrowd();
    runs.aur.push("foo", aurRecipe("foo"));
    const packages = [...others, followed("foo", runs.seenNow("foo"))];
    runs.aur.freezeDump();
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2" }));
    expect((await look(packages)).get("foo")).toMatchObject({
      kind: "unchanged",
      seen: packages.at(-1)!.seen,
    });
    runs.aur.thawDump();
    expect(taken((await look(packages)).get("foo"))).toBe("2");
  });

  test("a dump from before what was seen changes nothing, and doesn't tell the maintainers of now", async () => {
    const others = runs.listCrowd();
    runs.aur.push("foo", aurRecipe("foo"), "alice");
    runs.aur.freezeDump();
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2" }));
    const seen = runs.seenNow("foo");
    const sightings = await look([...others, followed("foo", seen)]);
    expect(sightings.get("foo")).toEqual({ kind: "unchanged", seen });
  });

  test("who adopted a package is reported even where its recipe is unchanged", async () => {
    runs.aur.push("foo", aurRecipe("foo"), "alice");
    const packages = [followed("foo", runs.seenNow("foo"))];
    const maintainers = async (): Promise<unknown> => {
      const sighting = (await look(packages)).get("foo");
      return sighting?.kind === "unchanged" && sighting.maintainers;
    };
    expect(await maintainers()).toEqual(["alice"]);
    runs.aur.orphan("foo");
    expect(await maintainers()).toEqual([]);
    runs.aur.adopt("foo", "mallory");
    expect(await maintainers()).toEqual(["mallory"]);
  });

  test("what an adopter pushed after the dump was made isn't covered by the trust in who had it before", async () => {
    const others = runs.listCrowd();
    runs.aur.push("foo", aurRecipe("foo"), "alice");
    const packages = [...others, followed("foo", runs.seenNow("foo"))];
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2" }));
    runs.aur.freezeDump();
    runs.aur.orphan("foo");
    runs.aur.adopt("foo", "mallory");
    runs.aur.push("foo", aurRecipe("foo", { pkgver: "2", depends: ["curl"] }));
    const sighting = (await look(packages)).get("foo");
    expect(errorOf(sighting)).toMatchObject({
      code: "stale",
      message: expect.stringContaining("pushed again"),
    });

    runs.aur.web.faults = [{ kind: "answers", status: 404, only: /\/rpc\// }];
    const unconfirmed = (await look(packages)).get("foo");
    expect(unconfirmed).toMatchObject({ kind: "recipe", recipe: { metadataTime: undefined } });
  });

  test("a deleted package is a person's matter, with what to do about it", async () => {
    for (const name of ["foo", "bar"]) runs.aur.push(name, aurRecipe(name));
    const packages = ["foo", "bar"].map((name) => followed(name, runs.seenNow(name)));
    runs.aur.delete("foo");
    for (const all of [packages, [...runs.listCrowd(), ...packages]]) {
      const sightings = await look(all);
      expect(sightings.get("foo")?.kind).toBe("problem");
      expect(errorOf(sightings.get("foo"))?.hint).toContain("CI_PKGBUILD_SOURCE=custom");
      expect(sightings.get("bar")?.kind).toBe("unchanged");
    }
  });

  test("after a takeover, only what was pushed since then is looked at", async () => {
    runs.aur.push("old", aurRecipe("old"));
    const takenOverAt = runs.aur.now;
    runs.aur.push("new", aurRecipe("new", { pkgver: "2" }));
    const sightings = await look([followed("old"), followed("new")], {}, { takenOverAt });
    expect(sightings.get("old")).toMatchObject({ kind: "unchanged", seen: { timestamp: takenOverAt } });
    expect(taken(sightings.get("new"))).toBe("2");
  });

  test("nothing to follow asks nothing", async () => {
    expect((await look([])).size).toBe(0);
    expect(runs.aur.web.asked).toEqual([]);
  });
});

describe("a dump that hasn't changed isn't downloaded again", () => {
  test("all are unchanged then, and the answer costs nothing", async () => {
    const packages = runs.listCrowd();
    const first = openAur(await runs.open());
    await first.look(packages);
    const etag = first.etag();
    expect(etag).toMatch(/^"/);
    const second = openAur(await runs.open(), { etag });
    const sightings = await second.look(packages);
    expect(sightings.get("crowd-7")).toEqual({ kind: "unchanged", seen: packages[7]!.seen });
    expect(second.etag()).toBe(etag);
    runs.aur.push("crowd-7", aurRecipe("crowd-7", { pkgver: "2" }));
    const third = openAur(await runs.open(), { etag });
    expect(taken((await third.look(packages)).get("crowd-7"))).toBe("2");
    expect(third.etag()).not.toBe(etag);
  });

  test("a package that was never looked at is looked at all the same", async () => {
    const packages = runs.listCrowd();
    runs.aur.push("foo", aurRecipe("foo"));
    const first = openAur(await runs.open());
    await first.look(packages);
    const second = openAur(await runs.open(), { etag: first.etag() });
    expect(taken((await second.look([...packages, followed("foo")])).get("foo"))).toBe("1");
  });

  test("a dump that couldn't be read isn't remembered", async () => {
    const packages = runs.listCrowd();
    runs.aur.web.faults = [{ kind: "cut" }];
    const run = openAur(await runs.open());
    await run.look(packages);
    expect(run.etag()).toBeUndefined();
  });
});
