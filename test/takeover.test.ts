import { afterEach, beforeEach, expect, test } from "vitest";
import { aurRecipe, type AurFiles, type AurRecipeParts } from "./world/aur-recipe.ts";
import { UpstreamWorld } from "./world/upstream-world.ts";

let world: UpstreamWorld;
beforeEach(async () => {
  world = new UpstreamWorld();
  await world.start();
});
afterEach(() => world.stop());

/** As its author pushed it. */
function pushed(pkgbase: string, parts: AurRecipeParts = {}): AurFiles {
  const { PKGBUILD, ...others } = aurRecipe(pkgbase, parts);
  const text = (PKGBUILD as string)
    .replaceAll("() {\n  :\n}", "()\n{\n    :   # nothing\n}")
    .replace("arch=('any')", "arch=( 'any' )");
  return { PKGBUILD: text, ...others };
}

/** The same after Chaotic-AUR's pipelines ran shfmt over it. */
function formatted(files: AurFiles): AurFiles {
  const text = (files["PKGBUILD"] as string)
    .replaceAll("()\n{\n    :   # nothing\n}", "() {\n\t: # nothing\n}")
    .replace("arch=( 'any' )", "arch=('any')");
  return { ...files, PKGBUILD: text };
}

const libraries = "CI_REBUILD_TRIGGERS=icu\n";
const followed: Readonly<Record<string, string>> = {
  "aur-quiet": "CI_PKGBUILD_SOURCE=aur\n",
  "aur-new": 'CI_PKGBUILD_SOURCE="aur"\nBUILDER_CACHE_SOURCES=true\n',
  "aur-again": "CI_PKGBUILD_SOURCE=aur\n",
  "aur-major": "CI_PKGBUILD_SOURCE=aur\n",
  "aur-daily": "CI_PKGBUILD_SOURCE=aur\nCI_ON_TRIGGER=daily\n",
  "aur-reviewed": "CI_PKGBUILD_SOURCE=aur\n",
  "aur.dots+plus": "CI_PKGBUILD_SOURCE=aur\n",
  "git-quiet": "CI_PKGBUILD_SOURCE=https://git.example.org/recipes/git-quiet.git\n",
  "git-new": "CI_PKGBUILD_SOURCE=https://git.example.org/recipes/git-new.git\n",
  "lib-new": `CI_PKGBUILD_SOURCE=custom\n${libraries}`,
  "lib-quiet": "CI_PKGBUILD_SOURCE=custom\nCI_REBUILD_TRIGGERS=boost\nCI_PACKAGE_BUMP=1-1/3\n",
};

/** A repository as Chaotic-AUR's pipelines leave it, and upstreams that have nothing else. */
function chaoticRepository(): void {
  const { workspace, aur, git } = world;
  const commits = ["vcs-quiet-git", "vcs-new-git"].map((pkgbase) => {
    const id = git.commit(`git.example.org/${pkgbase}`, { files: { code: "1" } });
    return [pkgbase, id] as const;
  });
  workspace.write(
    ".ci/config",
    `BUILD_REPO=chaotic\nGIT_AUTHOR_EMAIL=ci@example.org\nGIT_AUTHOR_NAME="Chaotic CI"\n` +
      `CI_LIB_DB="${world.libraryUrl("core")} ${world.libraryUrl("extra")}"\nCI_HUMAN_REVIEW=true\nREPO_NAME=chaotic\n`,
  );
  for (const [pkgbase, config] of Object.entries(followed)) {
    const files = pushed(pkgbase);
    if (config.includes("git.example.org")) git.commit(`git.example.org/recipes/${pkgbase}`, { files });
    else if (!config.includes("custom")) aur.push(pkgbase, files);
    add(pkgbase, formatted(files), config);
  }
  for (const [pkgbase] of commits) {
    const source = `source = git+https://git.example.org/${pkgbase}.git`;
    const recipe = aurRecipe(pkgbase);
    const srcinfo = (recipe[".SRCINFO"] as string).replace("\tarch", `\t${source}\n\tarch`);
    const pkgbuild = `${recipe["PKGBUILD"] as string}${source.replace(" = ", "=(")})\n`;
    add(pkgbase, { ...recipe, PKGBUILD: pkgbuild, ".SRCINFO": srcinfo }, "CI_PKGBUILD_SOURCE=custom\n");
  }
  // What was pushed last is opened for review, and isn't in main.
  aur.push("aur-reviewed", pushed("aur-reviewed", { pkgver: "2", depends: ["zlib"] }));
  workspace.write(".ci/aur-state", `${aur.now}\n`);
  workspace.write(".ci/aur-maintainers", "somebody-else\n");
  publishLibraries("75.1-1", 1);
  workspace.publishScheduled();
  workspace.git("push", "-q", "origin", "main:refs/heads/update-aur-reviewed", "main:refs/heads/update-gone");
  pushState({
    ".version-state": "icu:75.1-1\nboost:1.86-1\n",
    ...Object.fromEntries(commits.map(([pkgbase, id]) => [pkgbase, `CI_GIT_COMMIT="${id}"\n`])),
  });
}

function add(pkgbase: string, recipe: AurFiles, config: string): void {
  for (const [path, text] of Object.entries(recipe)) world.workspace.write(`${pkgbase}/${path}`, text);
  world.workspace.write(`${pkgbase}/.CI/config`, config);
}

function publishLibraries(icu: string, hour: number): void {
  const made = new Date(Date.UTC(2026, 4, 1, hour));
  world.mirror.publish("core", [{ name: "icu", version: icu }], { made });
  world.mirror.publish("extra", [{ name: "boost", version: "1.86-1" }], { made });
}

function pushState(files: Readonly<Record<string, string>>): void {
  const { workspace } = world;
  workspace.git("switch", "-q", "--orphan", "state");
  for (const [path, text] of Object.entries(files)) workspace.write(path, text);
  workspace.commit("chore(state): update state");
  workspace.git("push", "-q", "origin", "state");
  workspace.git("switch", "-q", "main");
}

test("a repository of Chaotic-AUR is continued: only what changed upstream since is changed, reviewed or scheduled", async () => {
  chaoticRepository();
  const { workspace, aur, git } = world;
  const start = workspace.atOrigin("rev-parse", "main");
  const news = {
    "aur-new": pushed("aur-new", { pkgver: "2" }),
    "aur.dots+plus": pushed("aur.dots+plus", { pkgver: "2" }),
    "aur-daily": pushed("aur-daily", { pkgver: "2" }),
    "git-new": pushed("git-new", { pkgver: "2" }),
  };
  for (const [pkgbase, files] of Object.entries(news)) {
    if (pkgbase === "git-new") git.commit("git.example.org/recipes/git-new", { files });
    else aur.push(pkgbase, files);
  }
  aur.push("aur-again", pushed("aur-again"));
  aur.push("aur-major", pushed("aur-major", { pkgver: "2", depends: ["glibc", "zlib"] }));
  const commit = git.commit("git.example.org/vcs-new-git", { files: { code: "2" } });
  publishLibraries("76.1-1", 2);

  const { lines, outcome } = await world.run();

  expect(lines.map((line) => line.replace(/(held|review) aur-major: .*/, "$1 aur-major"))).toEqual([
    "held aur-major",
    ...["aur-daily", "aur-new", "aur.dots+plus", "git-new"].map((name) => `updated ${name}: 1-1 → 2-1`),
    "build aur-new: upstream update to 2",
    "build aur.dots+plus: upstream update to 2",
    "build git-new: upstream update to 2",
    "build lib-new: library bump: icu 75.1-1 → 76.1-1",
    `build vcs-new-git: new commit ${commit.slice(0, 10)} upstream`,
    "unscheduled aur-daily: upstream update to 2; built on trigger daily",
    "review aur-major",
    "review gone: delete the branch (dropped)",
  ]);
  const changed = workspace.atOrigin("diff", "--name-only", start, "main").split("\n");
  const recipes = Object.keys(news).flatMap((name) => [`${name}/.SRCINFO`, `${name}/PKGBUILD`]);
  expect(changed).toEqual([...recipes, "lib-new/.CI/config"].sort());
  expect(workspace.atOrigin("show", "main:aur-new/PKGBUILD")).toBe(
    (news["aur-new"]["PKGBUILD"] as string).trim(),
  );
  expect(workspace.atOrigin("show", "main:lib-new/.CI/config")).toBe(
    `${followed["lib-new"]}CI_PACKAGE_BUMP=1-1/1`,
  );
  expect(outcome.schedule.builds.map(({ pkgbase }) => pkgbase).sort()).toEqual(
    ["aur-new", "aur.dots+plus", "git-new", "lib-new", "vcs-new-git"].sort(),
  );
  expect(world.forge.current().map(({ branch }) => branch.replace(/[0-9a-f]{16}$/, "…"))).toEqual([
    "update-aur-major-…",
  ]);

  const refs = world.refs();
  expect((await world.run()).lines).toEqual([]);
  expect(world.refs()).toBe(refs);
  expect(world.schedule().builds).toEqual([]);
});

test("where nothing has changed upstream, the first run schedules nothing and leaves main and branches alone", async () => {
  chaoticRepository();
  const kept = (): string[] =>
    world
      .refs()
      .split("\n")
      .filter((ref) => !/update-gone|state/.test(ref));
  const before = kept();
  const { lines, outcome } = await world.run();
  expect(lines).toEqual(["review gone: delete the branch (dropped)"]);
  expect(outcome.schedule.builds).toEqual([]);
  expect(kept()).toEqual(before);
});
