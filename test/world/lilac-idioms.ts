import type { UpstreamWorld } from "./upstream-world.ts";

/** An entry of `update_on` that nothing changes. */
export const manual = "  - source: manual\n    manual: 1\n";

/** One package for each idiom: what its `lilac.yaml` and `lilac.py` say, and what a change upstream does to it. */
export const idioms: Readonly<Record<string, Idiom>> = {
  "by-release": {
    yaml: "update_on: [{source: github, github: a/by-release, use_latest_release: true}]\npre_build_script: update_pkgver_and_pkgrel(_G.newver.lstrip('v'))\n",
    publish: ({ sites }, version) => sites.githubReleases("a/by-release", [{ tag: `v${version}` }]),
    becomes: "2",
  },
  "by-tag": {
    yaml: "update_on: [{source: github, github: a/by-tag, use_max_tag: true, include_regex: 'rel-.*', prefix: rel-}]\npre_build_script: update_pkgver_and_pkgrel(_G.newver.replace('_', '.'))\n",
    publish: ({ sites }, version) => {
      const names = [`rel-${version}_0`, "rel-0_9", "nightly-9"];
      const tags = names.map((name) => [name, { type: "commit" as const, sha: "a".repeat(40) }] as const);
      sites.githubTags("a/by-tag", Object.fromEntries(tags));
    },
    pkgver: "1.0",
    becomes: "2.0",
  },
  "by-page": {
    yaml: "update_on: [{source: regex, url: 'https://downloads.example.org/', regex: 'by-page-([0-9.]+)'}]\n",
    python:
      "from lilaclib import *\n\ndef pre_build():\n  newver = _G.newver.removeprefix('v')\n  update_pkgver_and_pkgrel(newver)\n",
    publish: ({ sites }, version) =>
      void sites.pages.set("https://downloads.example.org/", { body: `by-page-0.1 by-page-${version}` }),
    becomes: "2",
  },
  "by-npm": {
    yaml: "update_on: [{source: npm, npm: by-npm}]\npre_build_script: update_pkgver_and_pkgrel(_G.newver)\n",
    publish: ({ sites }, version) => sites.npm("by-npm", { latest: version }),
    becomes: "2",
  },
  "by-pypi": {
    yaml: "update_on: [{source: pypi, pypi: by-pypi}]\npre_build: pypi_pre_build\n",
    lines: `source=("https://downloads.example.org/by-pypi-1.tar.gz")\nsha256sums=('${"0".repeat(64)}')\n`,
    publish({ sites }, version) {
      sites.pypi("by-pypi", { [version]: "files" });
      sites.pages.set(`https://downloads.example.org/by-pypi-${version}.tar.gz`, { body: `of ${version}` });
    },
    becomes: "2",
  },
  "by-commit": {
    yaml: "update_on: [{source: regex, url: 'https://downloads.example.org/commit', regex: 'version: *([^ ]*@[^ ]*)'}]\n",
    python:
      "from lilaclib import *\n\ndef pre_build():\n  pkgver, commit = _G.newver.split('@')\n  pkgver = pkgver.strip()\n  commit = commit.strip()\n" +
      "  for line in edit_file('PKGBUILD'):\n    if line.startswith('_commit='):\n      line = f'_commit={commit}'\n    print(line)\n  update_pkgver_and_pkgrel(pkgver)\n",
    lines: `_commit=${"a".repeat(40)}\nsource=("git+https://git.example.org/by-commit.git#commit=$_commit")\nsha256sums=('SKIP')\n`,
    publish({ sites, git }, version) {
      const commit =
        version === "1" ? "a".repeat(40) : git.commit("git.example.org/by-commit", { files: { version } });
      if (version !== "1") git.git("git.example.org/by-commit", "tag", `v${version}`, commit);
      sites.pages.set("https://downloads.example.org/commit", { body: `version: ${version}@${commit}\n` });
    },
    becomes: "2",
  },
  "by-library": {
    yaml: `update_on:\n${manual}  - {source: alpm, alpm: python, provided: libpython.so, strip_release: true}\n`,
    becomes: "rebuild",
  },
  "by-name": { yaml: "update_on: [{alias: python}]\n", becomes: "rebuild" },
  "by-file": {
    yaml: `update_on:\n${manual}  - {source: alpmfiles, pkgname: python, filename: 'usr/lib/libpython\\.so\\.([0-9]+)'}\n`,
    becomes: "rebuild",
  },
  "on-commits-git": {
    yaml: "update_on: [{source: vcs, vcs: }]\npre_build: vcs_update\n",
    lines: 'source=("git+https://git.example.org/on-commits-git.git")\nsha256sums=("SKIP")\n',
    publish: ({ git }, version) => void git.commit("git.example.org/on-commits-git", { files: { version } }),
    becomes: "commit",
  },
  "on-commits": {
    yaml: "update_on: [{source: github, github: a/on-commits}]\npre_build: vcs_update\n",
    lines: 'source=("git+https://github.com/a/on-commits.git")\nsha256sums=("SKIP")\n',
    publish: ({ git }, version) => void git.commit("github.com/a/on-commits", { files: { version } }),
    becomes: "commit",
  },
  quiet: {
    yaml: "update_on: [{source: npm, npm: quiet}]\npre_build_script: update_pkgver_and_pkgrel(_G.newver)\n",
    publish: ({ sites }) => sites.npm("quiet", { latest: "1" }),
    becomes: "nothing",
  },
  "by-hand": {
    yaml: `update_on:\n${manual}pre_build_script: update_pkgver_and_pkgrel(_G.newver)\n`,
    becomes: "nothing",
  },
  unmanaged: { yaml: "managed: false\nupdate_on: [{alias: python}]\n", becomes: "nothing" },
};

export interface Idiom {
  readonly yaml: string;
  readonly python?: string;
  /** Further lines of its PKGBUILD. */
  readonly lines?: string;
  /** What upstream has from now on. */
  readonly publish?: (world: UpstreamWorld, version: string) => void;
  readonly pkgver?: string;
  /** The version in main then, or what is built. */
  readonly becomes: string;
}
