import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { publishingPrograms } from "../../../test/world/scratch-repository.ts";
import { writeTinyPackage } from "../../../test/world/tiny-package.ts";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import { makeLocalKey } from "../../pkgrepo/signing/signing-key.ts";
import type { Repository } from "../../pkgrepo/repository.ts";
import { publishedPackages } from "../../pkgrepo/snapshot.ts";
import { readJobResults, writeResult } from "./job-results.ts";
import { host } from "../../sandbox/host.ts";
import { openBuildingPlace } from "../installation.ts";
import { buildInto } from "./build-into.ts";
import { keepFinished } from "../builds/finished.ts";
import { publishJobResults, type PublishedResult } from "./publish-results.ts";
import { revisionsOf, type Revision } from "../reconcile/revision.ts";

const missing = missingPrograms(...publishingPrograms);

describe.skipIf(missing.length > 0)(
  `publishing what jobs built (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let workspace: ScratchWorkspace;
    let repository: Repository;
    let built: string;

    beforeEach(async () => {
      workspace = new ScratchWorkspace();
      const home = join(workspace.base, "keys");
      const key = await makeLocalKey(home, "Test <test@example.org>");
      repository = { root: join(workspace.base, "root"), name: "test", arch: "x86_64", key, keepDays: 7 };
      built = join(workspace.base, "built");
      mkdirSync(built);
      workspace.addPackage("foo");
      workspace.addPackage("tip", { lines: ["source = git+https://example.org/tip.git"] });
      workspace.commit("packages");
    });
    afterEach(() => workspace.remove());

    const head = (): Promise<Revision> =>
      revisionsOf(openGit(workspace.dir, process.env), "x86_64").at(workspace.git("rev-parse", "HEAD"));

    /** What a job leaves that built the package at HEAD. */
    async function leave(pkgbase: string, version: string, build = 1): Promise<void> {
      const revision = await head();
      const file = writeTinyPackage(join(workspace.base, "made"), { pkgname: pkgbase, version });
      const madeFrom = { commit: revision.commit, ...revision.identity(pkgbase)!, vcs: {} };
      await keepFinished(built, pkgbase, { build, madeFrom, pkgnames: [pkgbase], version, files: [file] });
      await writeResult(built, pkgbase, { outcome: "built", message: version });
    }

    async function publish(): Promise<readonly PublishedResult[]> {
      const jobResults = await readJobResults([built]);
      return publishJobResults(repository, await head(), [...jobResults.values()], new Date());
    }

    const published = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await publishedPackages(repository)).map(({ name, version }) => [name, version]));

    test("takes a package that follows upstream whichever build made it, and every newer one of the same recipe", async () => {
      await leave("tip", "1-1", 7);
      expect(await publish()).toEqual([{ pkgbase: "tip", outcome: "built", message: "1-1" }]);
      await leave("tip", "2-1", 3);
      await publish();
      expect(await published()).toEqual({ tip: "2-1" });
    });

    test("a pipeline that comes late doesn't put an older build in a newer one's place", async () => {
      await leave("tip", "2-1");
      await publish();
      await leave("tip", "1-1");
      expect(await publish()).toMatchObject([
        { outcome: "skipped", message: expect.stringContaining("2-1") },
      ]);
      expect(await published()).toEqual({ tip: "2-1" });
    });

    test("what was built from a recipe that main no longer has isn't published", async () => {
      await leave("foo", "1-1");
      workspace.addPackage("foo", { pkgver: "2" });
      workspace.commit("foo 2");
      expect(await publish()).toMatchObject([{ pkgbase: "foo", outcome: "skipped" }]);
      expect(await published()).toEqual({});
    });

    test("what main no longer has leaves the repository, also with nothing built", async () => {
      await leave("foo", "1-1");
      await leave("tip", "1-1");
      await publish();
      workspace.delete("packages/foo");
      workspace.commit("drop foo");
      const jobResults = await publishJobResults(repository, await head(), [], new Date());
      expect(jobResults).toMatchObject([{ pkgbase: "foo", message: expect.stringContaining("removed") }]);
      expect(await published()).toEqual({ tip: "1-1" });
    });

    test("a package that claims to be of another pkgbase is refused, and the others are published", async () => {
      await leave("foo", "1-1");
      await leave("tip", "1-1");
      writeTinyPackage(join(built, "tip"), { pkgname: "tip", pkgbase: "foo", version: "1-1" });
      expect(await publish()).toMatchObject([
        { pkgbase: "foo", outcome: "built" },
        { pkgbase: "tip", outcome: "failed", message: expect.stringContaining("pkgbase foo") },
      ]);
      expect(await published()).toEqual({ foo: "1-1" });
    });

    test("a revert takes the file that was published before, without a build", async () => {
      await leave("foo", "1-1");
      await publish();
      workspace.addPackage("foo", { pkgver: "2" });
      workspace.commit("foo 2");
      await leave("foo", "2-1");
      await publish();
      workspace.addPackage("foo");
      const commit = workspace.commit("back to foo 1");

      const state = join(workspace.base, "state");
      const place = await openBuildingPlace({
        git: openGit(workspace.dir, process.env),
        settings: { BUILD_REPO: repository.name },
        arch: "x86_64",
        state,
        sandbox: host(),
        build: () => Promise.reject(new Error("nothing is to be built")),
      });
      const results = await buildInto(
        { ...place, repository },
        {
          commit,
          pkgbases: ["foo"],
          after: [],
          earlier: undefined,
          into: built,
          signal: new AbortController().signal,
          listen: () => undefined,
          ended: () => undefined,
        },
      );
      expect(results).toEqual([{ outcome: "built", message: "1-1" }]);
      await publish();
      expect(await published()).toEqual({ foo: "1-1" });
    });

    test("a manifest can't name files outside its folder", async () => {
      await leave("foo", "1-1");
      const manifest = join(built, "foo/manifest.json");
      const file = writeTinyPackage(join(workspace.base, "secret"), { pkgname: "foo", version: "9-9" });
      const { madeFrom } = (await readJobResults([built])).get("foo")!.packages!;
      const forged = {
        build: 1,
        madeFrom,
        pkgnames: ["foo"],
        version: "9-9",
        files: [`../../secret/${file}`],
      };
      writeFileSync(manifest, JSON.stringify(forged));
      expect(await publish()).toMatchObject([
        { outcome: "failed", message: expect.stringContaining("no such file") },
      ]);
      expect(await published()).toEqual({});
    });

    test("a job's note that is no such thing is named and not taken for success", async () => {
      await leave("foo", "1-1");
      writeFileSync(join(built, "foo/result.json"), '{"outcome":"fine"}');
      await expect(publish()).rejects.toMatchObject({ code: "job-result-damaged", exitCode: 2 });
    });
  },
);
