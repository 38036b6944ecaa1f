import { describe, expect, test } from "vitest";
import { aurRecipe } from "../../../test/world/aur-recipe.ts";
import { AurRuns, followed, taken } from "../../../test/world/aur-runs.ts";
import { startHttpProxy } from "../../../test/world/proxies.ts";
import { openAur } from "./aur.ts";
import type { Followed, Sighting, UpstreamPorts } from "../upstream.ts";

const runs = new AurRuns();

async function look(
  packages: readonly Followed[],
  ports: Partial<UpstreamPorts> = {},
): Promise<ReadonlyMap<string, Sighting>> {
  return openAur(await runs.open(ports)).look(packages);
}

describe.each([
  ["the AUR's own Git", (): Partial<UpstreamPorts> => ({})],
  ["a mirror with a branch per package", (): Partial<UpstreamPorts> => ({ aurGit: runs.aur.mirrorUrl })],
])("recipes from %s", (_, ports) => {
  test("what was pushed since it was last looked at is taken, with all that is known of it", async () => {
    runs.aur.push("foo", aurRecipe("foo"), "alice");
    const before = runs.seenNow("foo");
    runs.aur.setCoMaintainers("foo", ["bob"]);
    const commit = runs.aur.push(
      "foo",
      aurRecipe("foo", { pkgver: "2", files: { "keys/pgp/A.asc": "key" } }),
    );
    const pushedAt = runs.aur.now;
    const sightings = await look([followed("foo", before)], ports());
    expect(sightings.get("foo")).toMatchObject({
      kind: "recipe",
      seen: { timestamp: pushedAt, revision: commit },
      recipe: {
        revision: commit,
        committedAt: pushedAt * 1000,
        maintainers: ["alice", "bob"],
        metadataTime: runs.aur.now * 1000,
        aur: { votes: 3, firstSubmitted: pushedAt - 120 },
      },
    });
    const sighting = sightings.get("foo");
    const files = sighting?.kind === "recipe" ? [...sighting.recipe.files.keys()] : [];
    expect(files.toSorted()).toEqual([".SRCINFO", "PKGBUILD", "keys/pgp/A.asc"]);
  });

  test("a second look at once finds nothing new, and fetches nothing", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    const first = (await look([followed("foo")], ports())).get("foo");
    const asked = runs.aur.git.http.asked.length + runs.aur.mirror.http.asked.length;
    const seen = first?.kind === "recipe" ? first.seen : {};
    const second = (await look([followed("foo", seen)], ports())).get("foo");
    expect(second).toEqual({ kind: "unchanged", seen, maintainers: ["packager"] });
    expect(runs.aur.git.http.asked.length + runs.aur.mirror.http.asked.length).toBe(asked);
  });

  test("names with characters that mean something in an address are found", async () => {
    const names = ["libsigc++", "c++-gtk-utils", "a@b", "x.y_z", "0ad-git"];
    for (const name of names) runs.aur.push(name, aurRecipe(name, { pkgver: "3" }));
    const sightings = await look(
      names.map((name) => followed(name)),
      ports(),
    );
    expect(names.map((name) => [name, taken(sightings.get(name))])).toEqual(names.map((name) => [name, "3"]));
  });

  test("a package whose Git can't be had fails alone, and the next run takes it", async () => {
    for (const name of ["foo", "bar"]) runs.aur.push(name, aurRecipe(name));
    runs.aur.list(new Map([["not-yet", aurRecipe("not-yet")]]));
    runs.aur.git.create("not-yet", "master");
    const packages = ["foo", "not-yet", "bar"].map((name) => followed(name));
    const sightings = await look(packages, ports());
    expect([...sightings].map(([name, one]) => [name, taken(one)])).toEqual([
      ["foo", "1"],
      ["not-yet", "unavailable: stale"],
      ["bar", "1"],
    ]);
    runs.aur.push("not-yet", aurRecipe("not-yet"));
    expect(taken((await look(packages, ports())).get("not-yet"))).toBe("1");
  });

  test("Git that is down leaves its packages for the next run", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    for (const server of [runs.aur.git.http, runs.aur.mirror.http]) server.faults = [{ kind: "down" }];
    const sightings = await look([followed("foo")], ports());
    expect(taken(sightings.get("foo"))).toBe("unavailable: unavailable");
    for (const server of [runs.aur.git.http, runs.aur.mirror.http]) server.faults = [];
    expect(taken((await look([followed("foo")], ports())).get("foo"))).toBe("1");
  });

  test("Git that breaks off halfway leaves its packages for the next run", async () => {
    runs.aur.push("foo", aurRecipe("foo", { files: { patch: "x".repeat(50_000) } }));
    const cut = [{ kind: "cut" as const, only: /^POST/ }];
    for (const server of [runs.aur.git.http, runs.aur.mirror.http]) server.faults = cut;
    const sightings = await look([followed("foo")], ports());
    expect(taken(sightings.get("foo"))).toBe("unavailable: unavailable");
  });

  test("a recipe that is too large is a person's matter, and spoils no other", async () => {
    runs.aur.push("huge", aurRecipe("huge", { files: { blob: Buffer.alloc(21 * 1024 * 1024, "a") } }));
    runs.aur.push("foo", aurRecipe("foo"));
    const sightings = await look([followed("huge"), followed("foo")], ports());
    expect(taken(sightings.get("huge"))).toBe("problem: recipe-too-large");
    expect(taken(sightings.get("foo"))).toBe("1");
  });

  test("a proxy is used for the metadata and for Git", async () => {
    runs.aur.push("foo", aurRecipe("foo"));
    const proxy = await startHttpProxy();
    runs.cleanUps.push(() => proxy.stop());
    await look([followed("foo")], { ...ports(), aurProxy: proxy.url });
    const { web, git, mirror } = runs.aur;
    const recipes = ports().aurGit === undefined ? git.http : mirror.http;
    expect(proxy.asked).toContain(new URL(web.url).host);
    expect(proxy.asked).toContain(new URL(recipes.url).host);
  });
});
