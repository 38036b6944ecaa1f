import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { audit } from "../tools/ci/operations/audit.ts";
import { readAuditFacts } from "../tools/ci/operations/audit-facts.ts";
import { listReviews } from "../tools/ci/operations/reviews/list-reviews.ts";
import { planAccept } from "../tools/ci/operations/reviews/accept-review.ts";
import { runOperation } from "../tools/ci/operations/operation.ts";
import { branchReviews } from "../tools/forge/branch-reviews.ts";
import { openGit } from "../tools/git/git.ts";
import { runOnSchedule } from "../tools/ci/on-schedule/run-on-schedule.ts";
import { aurRecipe } from "./world/aur-recipe.ts";
import { connect, standIns } from "./world/forges.ts";
import { Operations } from "./world/operations.ts";
import { writeTar } from "./world/tar.ts";

const here = new Operations();

async function complaints(database?: string): Promise<string[]> {
  const facts = await readAuditFacts(await here.ports(), { database });
  return audit(facts).map(({ kind, name, why }) => `${kind} ${name}: ${why}`);
}

/** `foo` from the AUR and `bar` from a Git repository, both taken by the half-hourly run. */
async function workspace(): Promise<string> {
  here.letAccountAge();
  here.aur.push("foo", aurRecipe("foo"));
  const files = aurRecipe("bar");
  here.aur.git.commit("bar", { files, branch: "main", date: 1, message: "bar" });
  const url = `${here.aur.git.url("bar")}#branch=main`;
  here.world.publishScheduled();
  await here.halfHourly();
  await here.add(["foo/aur", `bar/${url}`]);
  here.published({ foo: "1-1", bar: "1-1" });
  return url;
}

/** Main goes back behind what the state says was taken: as a careless revert does it. */
function revert(pkgbase: string): void {
  here.world.git("pull", "-q", "origin", "main");
  for (const name of ["PKGBUILD", ".SRCINFO"]) {
    const path = `packages/${pkgbase}/${name}`;
    here.world.write(path, here.world.read(path).replaceAll(/(pkgver ?= ?)2/g, "$11"));
  }
  here.world.publishScheduled("back to before");
}

/** What the audit tells a person to do about a lost update. */
function forget(pkgbase: string): void {
  const clone = join(here.world.base, "state");
  here.world.git("clone", "-q", "--branch", "state", here.world.origin, clone);
  const file = join(clone, pkgbase);
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(
    file,
    lines.filter((line) => !/^(?:CI_PKGBUILD_TIMESTAMP|SLUICE_REVISION)=/.test(line)).join("\n"),
  );
  here.world.git("-C", clone, "commit", "-q", "--all", "-m", "look again");
  here.world.git("-C", clone, "push", "-q", "origin", "state");
}

describe("sluice audit", () => {
  test("has nothing to say where everything came through", async () => {
    await workspace();
    expect(await complaints()).toEqual([]);
  });

  test("finds updates that count as taken and were lost, from the AUR and from Git", async () => {
    await workspace();
    here.aur.push("foo", aurRecipe("foo", { pkgver: "2" }));
    here.aur.git.commit("bar", {
      files: aurRecipe("bar", { pkgver: "2" }),
      branch: "main",
      date: 2,
      message: "2",
    });
    expect(await complaints()).toEqual([]);
    expect(await here.halfHourly()).toContain("updated foo: 1-1 → 2-1");
    here.published({ foo: "2-1", bar: "2-1" });
    expect(await complaints()).toEqual([]);
    revert("foo");
    revert("bar");
    expect(await complaints()).toEqual([
      "lost-update bar: upstream has 2-1, main 1-1, although it counts as taken",
      "lost-update foo: upstream has 2-1, main 1-1, although it counts as taken",
    ]);
    expect(await here.halfHourly()).toEqual([]);
    forget("foo");
    expect(await here.halfHourly()).toContain("updated foo: 1-1 → 2-1");
  });

  test("finds builds that were lost and packages that nobody owns, by CI_LIB_DB, an address or a file", async () => {
    await workspace();
    here.published({ foo: "0.9-1", old: "3-1" });
    const expected = [
      "lost-build bar: it isn't published",
      "lost-build foo: 0.9-1 is published, main asks for 1-1",
      "orphan old: is published, and no package of the workspace",
    ];
    expect(await complaints()).toEqual(expected);
    expect(await complaints(here.mirror.database("test"))).toEqual(expected);
    const file = join(here.world.base, "test.db");
    const desc = "%NAME%\nfoo\n\n%BASE%\nfoo\n\n%VERSION%\n0.9-1\n\n%FILENAME%\nfoo\n\n";
    const old = desc.replaceAll("foo", "old");
    writeFileSync(file, writeTar({ "foo-0.9-1/desc": desc, "old-3-1/desc": old }));
    expect(await complaints(file)).toEqual(expected);
  });

  test("says that the published repository can't be read, instead of calling all of it lost", async () => {
    await workspace();
    here.mirror.server.faults = [{ kind: "answers", status: 503 }];
    const { unasked, published } = await readAuditFacts(await here.ports(), {});
    expect({ codes: unasked.map(({ code }) => code), published }).toEqual({
      codes: ["database-unavailable"],
      published: [],
    });
  });

  test("goes on with the others where the AUR doesn't answer", async () => {
    await workspace();
    here.aur.git.commit("bar", {
      files: aurRecipe("bar", { pkgver: "2" }),
      branch: "main",
      date: 2,
      message: "2",
    });
    await here.halfHourly();
    here.published({ foo: "1-1", bar: "2-1" });
    revert("bar");
    here.aur.web.faults = [{ kind: "down" }];
    const { unasked, ...facts } = await readAuditFacts(await here.ports(), {});
    expect(unasked).toHaveLength(1);
    expect(audit({ unasked, ...facts } as typeof facts).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "lost-update bar",
    ]);
  });
});

/** Holds an update of `foo` by another maintainer, as a run on a laptop does. */
async function holdHere(): Promise<void> {
  await workspace();
  here.aur.push("foo", aurRecipe("foo", { pkgver: "2", depends: ["musl"] }));
  here.aur.adopt("foo", "newcomer");
  const git = openGit(here.world.dir, process.env);
  const forge = branchReviews(git, { remote: "origin", targetBranch: "main" });
  await runOnSchedule({ ...(await here.ports()), forge });
}

describe("sluice review", () => {
  test("what a laptop held is opened for review by the next pipeline, on the same branch", async () => {
    await holdHere();
    const { kind, start } = standIns[0]!;
    const server = await start(here.world.origin);
    try {
      const forge = await connect(kind, server);
      const branches = here.world.atOrigin("branch", "--list", "update-*");
      await runOnSchedule({ ...(await here.ports()), forge });
      expect((await forge.openReviews()).map(({ branch }) => branch)).toEqual([branches.trim()]);
      expect(here.world.atOrigin("branch", "--list", "update-*")).toBe(branches);
    } finally {
      await server.stop();
    }
  });

  test("who accepts an update accepts the maintainer that it came from", async () => {
    await holdHere();
    const ports = await here.ports();
    const { done } = await runOperation(ports, () => planAccept(ports, "foo"));
    expect(done).toBe(true);
    expect(here.atOrigin("foo", "state")).toMatch(/^SLUICE_MAINTAINERS=newcomer$/m);
    expect(here.atOrigin("foo", "state")).not.toMatch(/SLUICE_HELD/);
    here.aur.push("foo", aurRecipe("foo", { pkgver: "3", depends: ["musl"] }));
    expect(await here.halfHourly()).toContain("updated foo: 2-1 → 3-1");
  });

  for (const { kind, start } of standIns) {
    test(`lists open reviews on ${kind} with a verdict of today`, async () => {
      await workspace();
      const server = await start(here.world.origin);
      try {
        const forge = await connect(kind, server);
        here.aur.push("foo", aurRecipe("foo", { pkgver: "2", depends: ["musl"] }));
        await runOnSchedule({ ...(await here.ports()), forge });
        const branch = execFileSync("git", ["-C", here.world.origin, "branch", "--list", "update-*"], {
          encoding: "utf8",
        });

        const listed = async () => listReviews({ ...(await here.ports()), forge });
        expect(await listed()).toMatchObject([
          { pkgbase: "foo", verdict: "major", branch: branch.trim(), url: expect.stringContaining("http") },
        ]);
        expect((await listed())[0]!.findings.map(({ rule }) => rule)).toContain("dependency-changed");
        expect(Date.parse((await listed())[0]!.openedAt)).toBeGreaterThan(0);
        expect(await complaints()).toEqual(["held foo: upstream has 2-1, main 1-1; a review waits"]);

        // Once main has it, nothing of the branch is left to judge.
        here.world.git("pull", "-q", "origin", "main");
        here.world.git("fetch", "-q", "origin", branch.trim());
        here.world.git("checkout", "-q", "FETCH_HEAD", "--", "packages/foo");
        here.world.publishScheduled("by hand");
        expect(await listed()).toMatchObject([{ pkgbase: "foo", verdict: "minor", findings: [] }]);

        await here.drop(["foo"]);
        expect(await listed()).toMatchObject([{ pkgbase: "foo", verdict: undefined }]);
      } finally {
        await server.stop();
      }
    });
  }
});
