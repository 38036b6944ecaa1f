import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { publishingPrograms } from "../../../test/world/scratch-repository.ts";
import { writeTinyPackage } from "../../../test/world/tiny-package.ts";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import { publishedPackages } from "../../pkgrepo/snapshot.ts";
import type { Repository } from "../../pkgrepo/repository.ts";
import { makeLocalKey } from "../../pkgrepo/signing/signing-key.ts";
import { completePackages } from "../reconcile/complete-packages.ts";
import { difference } from "../reconcile/reconcile.ts";
import { revisionsOf } from "../reconcile/revision.ts";
import { adoptPublished } from "./adopt-published.ts";

const missing = missingPrograms(...publishingPrograms, "repo-add");

describe.skipIf(missing.length > 0)(`adopting (needs ${missing.join(", ") || "nothing more"})`, () => {
  let workspace: ScratchWorkspace;
  beforeEach(() => {
    workspace = new ScratchWorkspace();
  });
  afterEach(() => workspace.remove());

  test("what another tool has published in main's version isn't built again, and all else is", async () => {
    for (const pkgbase of ["same", "newer", "damaged"]) workspace.addPackage(pkgbase);
    workspace.write(
      "packages/newer/PKGBUILD",
      workspace.read("packages/newer/PKGBUILD").replace(/pkgver=.*/, "pkgver=9"),
    );
    workspace.write(
      "packages/newer/.SRCINFO",
      workspace.read("packages/newer/.SRCINFO").replace(/pkgver = .*/, "pkgver = 9"),
    );
    workspace.commit("packages");
    const revisions = revisionsOf(openGit(workspace.dir, process.env), "x86_64");
    const head = await revisions.at(workspace.git("rev-parse", "HEAD"));
    const version = (await head.knownVersion("same"))!;
    const folder = join(workspace.base, "old");
    mkdirSync(folder);
    const files = ["same", "newer", "damaged", "elsewhere"].map((pkgname) =>
      writeTinyPackage(folder, { pkgname, version }),
    );
    execFileSync("repo-add", ["-q", join(folder, "old.db.tar.gz"), ...files], { stdio: "pipe" });
    writeFileSync(files[2]!, "something else");
    const home = join(workspace.base, "keys");
    const key = await makeLocalKey(home, "Test <test@example.org>");
    const root = join(workspace.base, "root");
    const repository: Repository = { root, name: "test", arch: "x86_64", key, keepDays: 7 };

    const adopted = await adoptPublished(repository, head, join(folder, "old.db"), new Date());
    expect(adopted.map(({ pkgbase, outcome }) => [pkgbase, outcome])).toEqual([
      ["damaged", "left-out"],
      ["elsewhere", "left-out"],
      ["newer", "left-out"],
      ["same", "adopted"],
    ]);
    expect((await publishedPackages(repository)).map(({ name }) => name)).toEqual(["same"]);
    const { builds } = difference(head, await completePackages(repository));
    expect(builds.map(({ pkgbase }) => pkgbase)).toEqual(["damaged", "newer"]);

    const again = await adoptPublished(repository, head, join(folder, "old.db"), new Date());
    expect(again.find(({ pkgbase }) => pkgbase === "same")?.message).toContain("published here already");
  });
});
