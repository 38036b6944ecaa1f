import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { convert, type Conversion } from "./convert.ts";
import { moduleIdioms, postBuildIdioms, preBuildIdioms } from "./python-idioms.ts";
import { yamlIdioms } from "./yaml-idioms.ts";

function converted(
  yaml: string,
  { pkgbase = "foo", python }: { pkgbase?: string; python?: string } = {},
): Conversion {
  return convert({ pkgbase, yaml: `maintainers:\n  - github: alice\n${yaml}`, python, repository: "cn" });
}

const on = (...entries: string[]): string => `update_on:\n${entries.map((one) => `  - ${one}\n`).join("")}`;
const github = "{source: github, github: a/foo, use_max_tag: true}";
const upgrade = "pre_build_script: update_pkgver_and_pkgrel(_G.newver)\n";

describe("where updates come from", () => {
  test.each([
    [on(github) + upgrade, "version", { CI_NVCHECKER: "true" }],
    [on("{source: aur, aur: }") + "pre_build: aur_pre_build\n", "aur", { CI_PKGBUILD_SOURCE: "aur" }],
    [
      on("{source: aur, aur: }") + "pre_build_script: aur_pre_build(maintainers=['bob', 'eve'])\n",
      "aur",
      { CI_PKGBUILD_SOURCE: "aur", CI_AUR_MAINTAINERS: "bob,eve" },
    ],
    [on("{source: vcs, vcs: }") + "pre_build: vcs_update\n", "commits", { CI_FORCE_VCS: "true" }],
    [on("{source: manual, manual: 3}") + upgrade, "by-hand", {}],
    [on("{alias: python}"), "rebuilds", {}],
    ["managed: false\n", "unmanaged", { CI_ON_TRIGGER: "unmanaged" }],
    [
      on(github) + upgrade + "time_limit_hours: 4\nallowed_workers: [big]\n",
      "version",
      { CI_NVCHECKER: "true", BUILDER_EXTRA_TIMEOUT: "4", BUILDER_CLASS: "big" },
    ],
    [
      on(github) + upgrade + "post_build_script: |\n  git_pkgbuild_commit()\n  update_aur_repo()\n",
      "version",
      { CI_NVCHECKER: "true", CI_MANAGE_AUR: "true" },
    ],
  ])("%j becomes %s, %j", (yaml, kind, settings) => {
    const { source, settings: own, lines } = converted(yaml);
    expect([source.kind, own, lines]).toEqual([kind, settings, []]);
  });

  test.each(["pre_build: vcs_update\n", upgrade])("commits of a package called -git: %j", (does) => {
    const yaml = on("{source: github, github: a/foo}") + does;
    expect(converted(yaml, { pkgbase: "foo-git" })).toMatchObject({
      source: { kind: "commits" },
      settings: {},
    });
  });
});

test("commits of another kind than Git's are for a person", () => {
  const folder = { pkgbase: "foo-svn", python: undefined, repository: "cn" };
  const yaml = `maintainers: []\n${on("{source: vcs, vcs: }")}pre_build: vcs_update\n`;
  const { source } = convert({ ...folder, yaml, pkgbuild: 'source=("svn+https://e.org/foo/trunk")\n' });
  expect(source).toMatchObject({ kind: "person", why: expect.stringContaining("in svn") });
});

test("nvchecker's options stay what they are, and what Python does to the version joins them", () => {
  const yaml = on("{source: github, github: , use_max_tag: yes, include_regex: 'v.*', lilac_throttle: 1d}");
  const { files } = converted(`${yaml}pre_build_script: update_pkgver_and_pkgrel(_G.newver.lstrip('v'))\n`);
  expect(files.get("nvchecker.toml")).toBe(
    '[foo]\nsource = "github"\ngithub = "foo"\nuse_max_tag = true\ninclude_regex = "v.*"\nprefix = "v"\n',
  );
});

test("a version that is told with its commit is taken apart", () => {
  const python =
    "from lilaclib import *\ndef pre_build():\n  pkgver, commit = _G.newver.split('@')\n  pkgver = pkgver.strip()\n  commit = commit.strip()\n" +
    "  for line in edit_file('PKGBUILD'):\n    if line.startswith('_commit='):\n      line = f'_commit={commit}'\n    print(line)\n  update_pkgver_and_pkgrel(pkgver)\n";
  const { files, lines } = converted(on("{source: regex, url: 'https://e.org', regex: '(.*)'}"), { python });
  expect(lines).toEqual([]);
  expect(files.get("nvchecker.toml")).toContain("commit_pattern");
});

test("later entries rebuild it, aliases as lilac has them; a number that people raise doesn't", () => {
  const yaml =
    on(
      github,
      "{alias: icu}",
      "{source: manual, manual: 1}",
      "{source: alpm, alpm: bar, provided: libbar.so}",
      "{alias: alpm-lilac, alpm: own}",
    ) + `${upgrade}update_on_build:\n  - pkgbase: base\n`;
  const { files, asksOwnRepository } = converted(yaml);
  const text = files.get(".CI/rebuild-on.toml") ?? "";
  expect(text.match(/^\[.*\]$/gm)).toEqual(["[icu]", "[bar]", "[own]", "[base]"]);
  expect(text).toContain('repo = "cn"');
  expect(asksOwnRepository).toBe(true);
});

test.each([
  [on("{source: cmd, cmd: 'curl e.org | sh'}") + upgrade, undefined, "lilac.yaml", 4, "it runs a command"],
  [
    on("{source: nowhere}") + upgrade,
    undefined,
    "lilac.yaml",
    4,
    "nvchecker's source nowhere isn't supported",
  ],
  [on("{alias: nobody}") + upgrade, undefined, "lilac.yaml", 4, 'the alias "nobody" isn\'t known'],
  [
    `${on(github)}pre_build_script: |\n  update_pkgver_and_pkgrel(_G.newver)\n  run_cmd(['id'])\n`,
    undefined,
    "lilac.yaml",
    7,
    'run_cmd(["id"])',
  ],
  [on(github), "import os\nos.system('id')\n", "lilac.py", 2, 'os.system("id")'],
  [
    on(github),
    "def pre_build():\n  update_pkgver_and_pkgrel(_G.newver.lower())\n",
    "lilac.py",
    2,
    "update_pkgver_and_pkgrel(_G.newver.lower())",
  ],
  ["update_on: [\n", undefined, "lilac.yaml", 4, "Flow sequence"],
  ["update_on: 5\n", undefined, "lilac.yaml", 3, "update_on"],
] as const)("%j with %j needs a person at a line", (yaml, python, path, line, why) => {
  const { lines, source } = converted(yaml, python === undefined ? {} : { python });
  expect(lines[0]).toMatchObject({ path, line, why: expect.stringContaining(why) });
  expect(["person", "unmanaged"]).toContain(source.kind);
});

test("the documentation says of every idiom what it becomes", () => {
  const page = readFileSync("docs/coming-from.md", "utf8").replaceAll(/ +/g, " ");
  for (const { says, becomes } of [...yamlIdioms, ...preBuildIdioms, ...postBuildIdioms, ...moduleIdioms]) {
    expect(page).toContain(`| \`${says}\` | ${becomes} |`.replaceAll(/ +/g, " "));
  }
});
