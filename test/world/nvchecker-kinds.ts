import type { UpstreamWorld } from "./upstream-world.ts";

interface Publisher {
  /** Further lines of the package's section. */
  readonly options: (pkgbase: string) => string;
  readonly publish: (world: UpstreamWorld, pkgbase: string, version: string) => void;
}

export type NvcheckerKind = keyof typeof publishVersion;

/** How a version is published in each kind of source that a package's nvchecker file may name. */
export const publishVersion = {
  git: {
    options: (pkgbase) => `git = "https://git.example.org/tagged/${pkgbase}.git"\nprefix = "v"\n`,
    publish({ git }, pkgbase, version) {
      const name = `git.example.org/tagged/${pkgbase}`;
      git.git(name, "tag", `v${version}`, git.commit(name, { files: { version } }));
    },
  },
  github: {
    options: (pkgbase) => `github = "acme/${pkgbase}"\nuse_latest_release = true\nprefix = "v"\n`,
    publish: ({ sites }, pkgbase, version) =>
      sites.githubReleases(`acme/${pkgbase}`, [{ tag: `v${version}` }]),
  },
  gitlab: {
    options: (pkgbase) => `host = "gitlab.example.org"\ngitlab = "acme/${pkgbase}"\nuse_max_tag = true\n`,
    publish: ({ sites }, pkgbase, version) =>
      sites.gitlabTags("gitlab.example.org", `acme/${pkgbase}`, { [version]: "3".repeat(40) }),
  },
  gitea: {
    options: (pkgbase) => `host = "codeberg.org"\ngitea = "acme/${pkgbase}"\nuse_max_tag = true\n`,
    publish: ({ sites }, pkgbase, version) =>
      sites.giteaTags("codeberg.org", `acme/${pkgbase}`, {
        "0.1": "4".repeat(40),
        [version]: "5".repeat(40),
      }),
  },
  pypi: {
    options: () => "",
    publish: ({ sites }, pkgbase, version) => sites.pypi(pkgbase, { "0.1": "files", [version]: "files" }),
  },
  npm: {
    options: () => "",
    publish: ({ sites }, pkgbase, version) => sites.npm(pkgbase, { latest: version, next: "99.0" }),
  },
  cratesio: {
    options: () => "",
    publish: ({ sites }, pkgbase, version) => sites.crate(pkgbase, [{ num: version }, { num: "0.1.0" }]),
  },
  regex: {
    options: (pkgbase) => `url = "https://downloads.example.org/${pkgbase}/"\nregex = 'Version (\\S+)'\n`,
    publish: ({ sites }, pkgbase, version) =>
      void sites.pages.set(`https://downloads.example.org/${pkgbase}/`, {
        body: `<b>Version ${version} </b>`,
      }),
  },
  jq: {
    options: (pkgbase) => `url = "https://downloads.example.org/${pkgbase}.json"\nfilter = ".latest"\n`,
    publish: ({ sites }, pkgbase, version) =>
      void sites.pages.set(`https://downloads.example.org/${pkgbase}.json`, { body: { latest: version } }),
  },
  httpheader: {
    options: (pkgbase) =>
      `url = "https://downloads.example.org/${pkgbase}/latest"\nregex = 'to-([0-9.]+)$'\n`,
    publish: ({ sites }, pkgbase, version) =>
      void sites.pages.set(`https://downloads.example.org/${pkgbase}/latest`, {
        status: 302,
        headers: { location: `https://downloads.example.org/to-${version}` },
      }),
  },
  archpkg: {
    options: () => "strip_release = true\n",
    publish: ({ sites }, pkgbase, version) =>
      sites.archPackage(pkgbase, [{ repo: "extra", pkgver: version, pkgrel: "1" }]),
  },
  manual: { options: () => 'manual = "1.0.0"\n', publish: () => undefined },
} as const satisfies Readonly<Record<string, Publisher>>;
