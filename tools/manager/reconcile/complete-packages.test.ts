import { afterAll, expect, test } from "vitest";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import { sameRecipe } from "../../workspace/identity.ts";
import { comparableRecords } from "./complete-packages.ts";
import { difference } from "./reconcile.ts";
import { revisionsOf } from "./revision.ts";

const workspace = new ScratchWorkspace();
afterAll(() => workspace.remove());

test("records of an earlier release rebuild nothing: not at once, and not when a setting changes", async () => {
  workspace.addPackage("foo");
  workspace.addPackage("bar");
  const first = workspace.commit("packages");
  const git = openGit(workspace.dir, process.env);
  const revisions = revisionsOf(git, "x86_64");
  const recordOf = async (pkgbase: string, commit: string) => {
    const { inputs: _inputs, ...earlier } = (await revisions.identity(commit, pkgbase))!;
    return { ...earlier, commit, vcs: {}, pkgnames: [pkgbase] };
  };
  const records = new Map([
    ["bar", await recordOf("bar", first)],
    ["foo", await recordOf("foo", first)],
  ]);
  const buildsAt = async (commit: string): Promise<string[]> => {
    const revision = await revisions.at(commit);
    const comparable = await comparableRecords(revisions, revision, records);
    return difference(revision, comparable).builds.map(({ pkgbase }) => pkgbase);
  };
  expect(await buildsAt(first)).toEqual([]);

  workspace.write("packages/foo/.CI/config", "CI_PKGBUILD_SOURCE=aur\n");
  workspace.write("packages/bar/.CI/config", "BUILDER_ALLOW_PROHIBITED=true\n");
  const second = workspace.commit("settings");
  expect(await buildsAt(second)).toEqual(["bar"]);
  const foo = await revisions.identity(second, "foo");
  expect(sameRecipe(records.get("foo"), foo)).toBe(false);
});
