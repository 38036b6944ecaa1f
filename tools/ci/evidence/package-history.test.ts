import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openGit } from "../../git/git.ts";
import { recipeHistories } from "./package-history.ts";

const dir = mkdtempSync(join(tmpdir(), "sluice-history-"));
afterAll(() => rmSync(dir, { recursive: true }));
const email = "sluice@example.org";
const digest = "0123456789abcdef";

function git(who: string, ...args: string[]): void {
  const [name = ""] = who.split("@");
  const as = (kind: string) => ({ [`GIT_${kind}_NAME`]: name, [`GIT_${kind}_EMAIL`]: who });
  const env = { ...process.env, ...as("AUTHOR"), ...as("COMMITTER") };
  execFileSync("git", args, { cwd: dir, env });
}

function commit(subject: string, who: string, ...files: string[]): void {
  for (const path of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), `${subject} ${who}\n`);
  }
  git(who, "add", "-A");
  git(who, "commit", "-q", "--allow-empty", "-m", subject);
}

test("each commit of a recipe is told with who made it and how, a merge as whoever merged", async () => {
  git("ann@e.org", "init", "-q", "-b", "main");
  commit("add", "ann@e.org", "packages/foo/PKGBUILD", "packages/foo.b/PKGBUILD");
  commit("chore(update): foo", email, "packages/foo/PKGBUILD");
  commit("settings", "ann@e.org", "packages/foo/.CI/config");
  commit("another package", "ann@e.org", "packages/foo.b/PKGBUILD", "README.md");
  commit("foo: 1 → 2", "bob@e.org", "packages/foo/PKGBUILD");
  commit("chore(update): foo (#7)", "carol@e.org", 'packages/foo/patches/\nodd/"name');
  const branch = `update-foo-${digest}`;
  git(email, "checkout", "-q", "-b", branch);
  commit("chore(update): foo", email, "packages/foo/PKGBUILD");
  git("rita@e.org", "checkout", "-q", "main");
  git("rita@e.org", "merge", "-q", "--no-ff", "-m", `Merge branch '${branch}' into 'main'`, branch);
  commit("nothing", "ann@e.org");
  const place = { head: "HEAD", packagesDir: "packages", email };
  const found = await recipeHistories(openGit(dir, process.env), place, ["foo", "foo.b", "gone"]);
  expect(found.get("foo")).toMatchObject({
    isWhole: true,
    changes: [
      { how: "accepted", by: "rita" },
      { how: "accepted", by: "carol" },
      { how: "accepted", by: "bob" },
      { how: "taken" },
      { how: "by hand", by: "ann" },
    ],
  });
  expect(found.get("foo.b")!.changes).toHaveLength(2);
  expect(found.get("gone")).toEqual({ changes: [], isWhole: true });
});
