/** For the documentation: what each thing that a `lilac.yaml` says becomes; `convert.ts` does it. */
export const yamlIdioms: readonly { readonly says: string; readonly becomes: string }[] = [
  { says: "maintainers", becomes: "`.github/CODEOWNERS`: GitHub asks them about reviews of the package" },
  {
    says: "update_on: the first entry",
    becomes: "with `update_pkgver_and_pkgrel`, the section of `nvchecker.toml`; options stay what they are",
  },
  {
    says: "source: github (or gitlab, gitea, git) without use_…, source: vcs",
    becomes: "builds follow the commits of the recipe's own Git source",
  },
  { says: "source: aur", becomes: "with `aur_pre_build`, `CI_PKGBUILD_SOURCE=aur`" },
  { says: "source: manual", becomes: "nothing: somebody changes the recipe, or says `sluice bump NAME`" },
  { says: "source: cmd", becomes: "a line for a person: a `.CI/update.sh` may do it, in the sandbox" },
  {
    says: "update_on: the second entry and later ones",
    becomes:
      "sections of `.CI/rebuild-on.toml`: when one has another version, the package is bumped and built",
  },
  {
    says: "alias: python",
    becomes: 'the entry that lilac has for it: `source = "alpm"`, by the minor version',
  },
  {
    says: "source: alpm, alpmfiles",
    becomes: "the same, asked of the databases in `CI_LIB_DB`, and of the `.files` beside them",
  },
  { says: "alpm-lilac, update_on_build", becomes: '`source = "alpm"` with `repo` set to your repository' },
  {
    says: "repo_depends, repo_makedepends",
    becomes: "nothing: the recipes tell; names that no recipe needs are listed",
  },
  { says: "time_limit_hours: 4", becomes: "`BUILDER_EXTRA_TIMEOUT=4`" },
  {
    says: "build_prefix: multilib",
    becomes: "nothing; the packages are listed, as their builder needs [multilib]",
  },
  { says: "managed: false", becomes: "`CI_ON_TRIGGER=unmanaged`: built only when somebody asks" },
  { says: "allowed_workers: [big]", becomes: "`BUILDER_CLASS=big`" },
  { says: "lilac_throttle", becomes: "nothing: requests are polite without it" },
];
