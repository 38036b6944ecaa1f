import { afterEach, beforeEach, expect, test } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { openGit, type Git } from "../../git/git.ts";
import { recipesFromCommits, type CommitRecipe } from "./recipe-from-commit.ts";

let server: GitServer;
beforeEach(() => {
  server = new GitServer();
});
afterEach(() => server.stop());

function repository(): Git {
  return openGit(server.folder("foo"), process.env);
}

function texts(recipe: CommitRecipe | undefined): Record<string, string> {
  if (recipe?.kind !== "recipe") throw new Error(`${recipe?.kind}`);
  const entries = [...recipe.files].map(([path, { mode, bytes }]) => [
    path,
    `${mode} ${Buffer.from(bytes).toString()}`,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

test("a recipe has every file of the commit with its mode, so that the gate sees what is no regular file", async () => {
  const files = {
    PKGBUILD: "pkgver=1\n",
    "sub/run me.sh": { mode: "100755", bytes: "exit\n" },
    link: { mode: "120000", bytes: "/etc/passwd" },
    module: { mode: "160000", bytes: "a".repeat(40) },
    ".CI/config": "CI_MANAGE_AUR=true\n",
    copy: "pkgver=1\n",
    empty: "",
  };
  const commit = server.commit("foo", { files, date: 1_600_000_000 });
  const recipe = (await recipesFromCommits(repository(), [commit, commit])).get(commit);
  expect(texts(recipe)).toEqual({
    PKGBUILD: "100644 pkgver=1\n",
    "sub/run me.sh": "100755 exit\n",
    link: "120000 /etc/passwd",
    module: `160000 ${"a".repeat(40)}`,
    ".CI/config": "100644 CI_MANAGE_AUR=true\n",
    copy: "100644 pkgver=1\n",
    empty: "100644 ",
  });
  expect(recipe).toMatchObject({ committedAt: 1_600_000_000_000 });
});

test("a recipe that is too large, or of too many files, is a problem and spoils no other", async () => {
  const many = Object.fromEntries(Array.from({ length: 2001 }, (_, at) => [`f${at}`, "x"]));
  const commits = [
    server.commit("foo", { files: { PKGBUILD: "1" } }),
    server.commit("foo", { files: { PKGBUILD: "2", big: Buffer.alloc(20 * 1024 * 1024) } }),
    server.commit("foo", { files: many }),
    server.commit("foo", { files: { PKGBUILD: "4" } }),
  ];
  const recipes = await recipesFromCommits(repository(), commits);
  expect(commits.map((commit) => recipes.get(commit)!.kind)).toEqual([
    "recipe",
    "problem",
    "problem",
    "recipe",
  ]);
  expect(texts(recipes.get(commits[3]!))).toEqual({ PKGBUILD: "100644 4" });
  const excess = commits.slice(1, 3).map((commit) => recipes.get(commit));
  expect(excess).toMatchObject([
    {
      error: {
        code: "recipe-too-large",
        message: "upstream's recipe has 20971521 bytes; at most 20971520 are taken",
      },
    },
    {
      error: {
        code: "recipe-too-large",
        message: "upstream's recipe has 2001 files; at most 2000 are taken",
      },
    },
  ]);
});

test("recipes of more bytes than one process hands over are read whole, and an empty commit is an empty recipe", async () => {
  const size = 15 * 1024 * 1024;
  const commits = [1, 2, 3, 4, 5].map((at) =>
    server.commit("foo", { files: { PKGBUILD: Buffer.alloc(size, at) } }),
  );
  const empty = server.commit("foo", { files: {} });
  const recipes = await recipesFromCommits(repository(), [...commits, empty]);
  for (const [at, commit] of commits.entries()) {
    const recipe = recipes.get(commit);
    const bytes = recipe?.kind === "recipe" ? recipe.files.get("PKGBUILD")!.bytes : undefined;
    expect([bytes?.length, bytes?.[0], bytes?.at(-1)]).toEqual([size, at + 1, at + 1]);
  }
  expect(texts(recipes.get(empty))).toEqual({});
});

test("a commit that the repository hasn't is said so, none are none", async () => {
  server.commit("foo", { files: {} });
  await expect(recipesFromCommits(repository(), ["0".repeat(40)])).rejects.toMatchObject({ code: "git" });
  expect(await recipesFromCommits(repository(), [])).toEqual(new Map());
});
