import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openGit } from "../../git/git.ts";
import { readPlatform } from "./platform.ts";
import { readWorkspaceRefs } from "./workspace-refs.ts";

test.each([
  ["without a remote", false, "Commit first: git add --all && git commit"],
  [
    "with an empty remote",
    true,
    "Commit and push first: git add --all && git commit && git push origin main",
  ],
])("a workspace before its first commit, %s: the error says the next step", async (_what, isRemote, hint) => {
  const base = mkdtempSync(join(tmpdir(), "refs-"));
  onTestFinished(() => rmSync(base, { recursive: true }));
  const dir = join(base, "work");
  execFileSync("git", ["init", "-q", "-b", "main", dir]);
  if (isRemote) {
    execFileSync("git", ["init", "-q", "--bare", join(base, "origin.git")]);
    execFileSync("git", ["-C", dir, "remote", "add", "origin", join(base, "origin.git")]);
  }
  await expect(readWorkspaceRefs(openGit(dir, process.env), readPlatform({}))).rejects.toMatchObject({
    code: "no-commits",
    hint,
  });
});
