import { afterEach, beforeEach, expect, test } from "vitest";
import { applyLilac } from "../tools/ci/lilac/take-over-lilac.ts";
import { convertRepository, type ConvertedRepository } from "../tools/ci/lilac/convert-repository.ts";
import { openGit } from "../tools/git/git.ts";
import { aurRecipe } from "./world/aur-recipe.ts";
import { idioms, manual } from "./world/lilac-idioms.ts";
import { sluice } from "./world/sluice.ts";
import { UpstreamWorld } from "./world/upstream-world.ts";

let world: UpstreamWorld;
beforeEach(async () => {
  world = new UpstreamWorld();
  await world.start();
});
afterEach(() => world.stop());

/** A package as lilac has it: a PKGBUILD and what says how it is updated. */
function add(pkgbase: string, yaml: string, files: Readonly<Record<string, string>> = {}): void {
  const { PKGBUILD } = aurRecipe(pkgbase);
  const all = {
    PKGBUILD: PKGBUILD as string,
    "lilac.yaml": `maintainers:\n  - github: alice\n${yaml}`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) world.workspace.write(`cn/${pkgbase}/${path}`, text);
}

function publishLibraries(python: string, hour: number): void {
  const made = new Date(Date.UTC(2026, 4, 1, hour));
  world.mirror.publish("extra", [{ name: "python", version: python }], { made });
}

async function takeOver(): Promise<ConvertedRepository> {
  const { workspace } = world;
  workspace.delete(".ci");
  workspace.commit("as lilac has it");
  const git = openGit(workspace.dir, process.env);
  const plan = await convertRepository(git, "cn", () => undefined);
  await applyLilac(git, plan);
  const settings = {
    ...plan.settings,
    CI_LIB_DB: world.libraryUrl("extra"),
    GIT_AUTHOR_EMAIL: "bot@example.org",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  workspace.write(".ci/config", lines.join(""));
  workspace.commit("ci: pipelines by Sluice");
  workspace.git("push", "-q", "origin", "main");
  return plan;
}

test("a repository that lilac built goes on as its lilac.yaml says, and nothing is built because of that", async () => {
  const { workspace, aur, sites } = world;
  add(
    "tagged",
    `update_on:\n  - source: pypi\n    pypi: tagged\n  - alias: python\n${manual}pre_build_script: update_pkgver_and_pkgrel(_G.newver.lstrip('v'))\n`,
    {
      PKGBUILD: `pkgname=tagged\npkgver=1\npkgrel=4\narch=(any)\nsource=("https://downloads.example.org/tagged-$pkgver.tar")\nsha256sums=('${"0".repeat(64)}')\npackage() {\n  :\n}\n`,
    },
  );
  // The take-over rewrites this one, since its next version is put into pkgver alone.
  add("written", `update_on:\n  - source: pypi\n    pypi: written\npre_build_script: pypi_pre_build()\n`, {
    PKGBUILD: `pkgname=written\npkgver=1.0\npkgrel=1\narch=(any)\nsource=("https://downloads.example.org/written-1.0.tar.gz")\nsha256sums=('${"0".repeat(64)}')\npackage() {\n  :\n}\n`,
  });
  add(
    "from-aur",
    `time_limit_hours: 3\nupdate_on:\n  - source: aur\n    aur:\npre_build_script: aur_pre_build(maintainers=['packager'])\npost_build: aur_post_build\n`,
  );
  add(
    "adopted",
    `update_on:\n  - source: aur\n    aur:\npre_build_script: aur_pre_build(maintainers=['bob'])\n`,
  );
  add("by-python", `update_on:\n  - alias: python\n${manual}`);
  add("odd", `update_on:\n  - source: pypi\n    pypi: odd\n`, {
    "lilac.py": "from lilaclib import *\n\ndef pre_build():\n  run_cmd(['touch', '/canary'])\n",
  });
  add("unmanaged", "managed: false\n");
  aur.now -= 86_400;
  for (const name of ["from-aur", "adopted"]) aur.push(name, aurRecipe(name));
  publishLibraries("3.13.5-1", 1);
  sites.pypi("tagged", { "1": "files" });
  sites.pypi("written", { "1.0": "files" });

  const { conversions } = await takeOver();
  expect(Object.fromEntries(conversions.map(({ pkgbase, source }) => [pkgbase, source.kind]))).toEqual({
    adopted: "aur",
    "by-python": "rebuilds",
    "from-aur": "aur",
    odd: "person",
    tagged: "version",
    unmanaged: "unmanaged",
    written: "version",
  });
  expect(conversions.flatMap(({ pkgbase, lines }) => lines.map((line) => ({ pkgbase, ...line })))).toEqual([
    { pkgbase: "odd", path: "lilac.py", line: 4, why: 'run_cmd(["touch","/canary"])' },
  ]);
  expect(workspace.git("ls-files", "cn/odd", "cn/from-aur").split("\n").sort()).toEqual([
    "cn/from-aur/.CI/config",
    "cn/from-aur/PKGBUILD",
    "cn/odd/PKGBUILD",
    "cn/odd/lilac.py",
    "cn/odd/lilac.yaml",
  ]);
  expect(workspace.atOrigin("show", "main:cn/written/PKGBUILD")).toContain("written-${pkgver}.tar.gz");
  expect((await sluice(["on-commit"], { cwd: workspace.dir })).code).toBe(0);
  expect(world.schedule().builds).toEqual([]);

  const quiet = await world.run();
  expect(quiet.lines).toEqual([]);

  publishLibraries("3.14.0-1", 2);
  sites.pypi("tagged", { "1": "files", "1.1": "files" });
  sites.pages.set("https://downloads.example.org/tagged-1.1.tar", { body: Buffer.from("1.1") });
  aur.now += 2 * 86_400;
  for (const name of ["from-aur", "adopted"]) aur.push(name, aurRecipe(name, { pkgver: "2" }));
  const { lines } = await world.run();
  expect(lines.filter((line) => line.startsWith("build")).sort()).toEqual([
    "build by-python: rebuild on python 3.13 → 3.14",
    "build from-aur: upstream update to 2",
    "build tagged: upstream update to 1.1",
  ]);
  expect(lines.find((line) => line.startsWith("held"))).toContain("CI_AUR_MAINTAINERS");
  expect(workspace.atOrigin("show", "main:cn/tagged/PKGBUILD")).toMatch(/pkgver=1\.1\npkgrel=1\n/);
  expect(workspace.atOrigin("show", "main:cn/by-python/.CI/config")).toContain("CI_PACKAGE_BUMP=1-1/1");
  expect((await world.run()).lines.filter((line) => line.startsWith("build"))).toEqual([]);
});

test("one run does for each idiom what lilac does", async () => {
  const { workspace } = world;
  const publish = (version: string, hour: number): void => {
    for (const { publish } of Object.values(idioms)) publish?.(world, version);
    const [name, full] = ["python", `3.${version}.0-1`];
    const files = ["usr/", `usr/lib/libpython.so.${version}`];
    const made = new Date(Date.UTC(2026, 4, 1, hour));
    world.mirror.publish(
      "extra",
      [{ name, version: full, provides: [`libpython.so=${version}-64`], files }],
      {
        made,
      },
    );
  };
  for (const [pkgbase, { yaml, python, lines = "", pkgver = "1" }] of Object.entries(idioms)) {
    const head = `pkgname=${pkgbase}\npkgver=${pkgver}\npkgrel=4\narch=(any)\n`;
    add(pkgbase, yaml, {
      PKGBUILD: `${head}${lines}package() {\n  :\n}\n`,
      ...(python !== undefined && { "lilac.py": python }),
    });
  }
  publish("1", 1);
  const { conversions } = await takeOver();
  expect(conversions.flatMap(({ lines }) => lines)).toEqual([]);
  await sluice(["on-commit"], { cwd: workspace.dir });
  const quiet = await world.run();
  expect(quiet.lines.filter((line) => !line.includes("upstream is at commit"))).toEqual([]);

  publish("2", 2);
  const { lines } = await world.run();
  expect(lines.filter((line) => !/^(?:build|updated) /.test(line))).toEqual([]);
  const builds = new Map(world.schedule().builds.map(({ pkgbase, reason }) => [pkgbase, reason]));
  const became = Object.keys(idioms).map((pkgbase) => {
    const reason = builds.get(pkgbase) ?? "nothing";
    const [, version] = /^pkgver=(.*)$/m.exec(workspace.atOrigin("show", `main:cn/${pkgbase}/PKGBUILD`))!;
    return [
      pkgbase,
      reason.startsWith("upstream update") ? version : reason.replace(/^(?:new )?(\w+) .*/, "$1"),
    ];
  });
  const wanted = Object.entries(idioms).map(([pkgbase, { becomes }]) => [pkgbase, becomes]);
  expect(Object.fromEntries(became)).toEqual(Object.fromEntries(wanted));
  const pinned = workspace.atOrigin("show", "main:cn/by-commit/PKGBUILD");
  expect(pinned).toContain(`_commit=${world.git.ref("git.example.org/by-commit", "refs/heads/main")}\n`);
  expect(workspace.atOrigin("show", "main:cn/by-pypi/PKGBUILD")).toContain("by-pypi-${pkgver}.tar.gz");
});
