import { createHash } from "node:crypto";
import { aurRecipe, type AurFiles, type AurRecipeParts } from "./aur-recipe.ts";
import { publishVersion, type NvcheckerKind } from "./nvchecker-kinds.ts";
import type { UpstreamWorld } from "./upstream-world.ts";

/** A package of a workspace together with its upstream, which has version 1.0.0 of it at first. */
export interface UpstreamPackage {
  readonly pkgbase: string;
  /** `.CI/config` */
  readonly config: string;
  /** Further files of `.CI`, by path. */
  readonly ci?: AurFiles;
  /** The recipe at a version as main has it once that is taken. */
  readonly recipe: (version: string) => AurFiles;
  /** Upstream releases a version. */
  readonly release: (world: UpstreamWorld, version: string) => void;
  /** What the branch `state` says once what upstream has now was taken, without what only a review adds. */
  readonly remembered: (world: UpstreamWorld) => Readonly<Record<string, string>>;
}

/** Split packages have more names to ask for, so that with a few dozen of them the RPC isn't asked any more. */
export function splitNames(pkgbase: string): string[] {
  return [`${pkgbase}-app`, `${pkgbase}-libs`];
}

/** `parts`: what all its versions have. */
export function aurPackage(
  pkgbase: string,
  { settings = "", parts = {} }: { settings?: string; parts?: AurRecipeParts } = {},
): UpstreamPackage {
  const recipe = (pkgver: string): AurFiles =>
    aurRecipe(pkgbase, { pkgver, pkgnames: splitNames(pkgbase), ...parts });
  return {
    pkgbase,
    config: `CI_PKGBUILD_SOURCE=aur\n${settings}`,
    recipe,
    release: ({ aur }, version) => void aur.push(pkgbase, recipe(version)),
    remembered: ({ aur }) => ({
      CI_PKGBUILD_TIMESTAMP: String(aur.record(pkgbase).lastModified),
      SLUICE_REVISION: aur.git.ref(pkgbase, "refs/heads/master"),
      SLUICE_MAINTAINERS: aur.record(pkgbase).maintainer ?? "",
    }),
  };
}

/** A recipe that is a repository of its own. */
export function gitPackage(
  pkgbase: string,
  { host = "git.example.org", branch = "main" } = {},
): UpstreamPackage {
  const name = `${host}/recipes/${pkgbase}`;
  const recipe = (pkgver: string): AurFiles => aurRecipe(pkgbase, { pkgver });
  const fragment = branch === "main" ? "" : `#branch=${branch}`;
  return {
    pkgbase,
    config: `CI_PKGBUILD_SOURCE=https://${name}.git${fragment}\n`,
    recipe,
    release: ({ git }, version) =>
      void git.commit(name, { files: recipe(version), branch, message: version }),
    remembered: ({ git }) => ({ SLUICE_REVISION: git.ref(name, `refs/heads/${branch}`) }),
  };
}

/** A project whose version tags are followed; its number is that of `gitlab:ID`. */
export function tagPackage(pkgbase: string, place: "github" | { readonly gitlab: number }): UpstreamPackage {
  const isGithub = place === "github";
  const name = isGithub ? `github.com/acme/${pkgbase}` : `gitlab.com/acme/${pkgbase}`;
  const source = isGithub ? `github:acme/${pkgbase}` : `gitlab:${place.gitlab}`;
  return {
    pkgbase,
    config: `CI_PKGBUILD_SOURCE=${source}\n`,
    recipe: (version) => downloadedRecipe(pkgbase, version),
    release(world, version) {
      const { git, gitlab } = world;
      const commit = git.commit(name, { files: { version } });
      git.git(name, "tag", `v${version}`, commit);
      if (!isGithub) gitlab.projects.set(String(place.gitlab), name);
      upload(world, pkgbase, version);
    },
    remembered({ git }) {
      const newest = git.git(name, "tag", "--sort=-version:refname").split("\n")[0]!;
      return { SLUICE_REVISION: `${newest.slice(1)}@${git.git(name, "rev-parse", newest)}` };
    },
  };
}

export function nvcheckerPackage(pkgbase: string, kind: NvcheckerKind): UpstreamPackage {
  let newest = "";
  return {
    pkgbase,
    config: "CI_PKGBUILD_SOURCE=custom\nCI_NVCHECKER=true\n",
    recipe: (version) => ({
      ...downloadedRecipe(pkgbase, version),
      ".nvchecker.toml": `[${pkgbase}]\nsource = "${kind}"\n${publishVersion[kind].options(pkgbase)}`,
    }),
    release(world, version) {
      newest = version;
      publishVersion[kind].publish(world, pkgbase, version);
      upload(world, pkgbase, version);
    },
    remembered: () => ({ SLUICE_REVISION: newest }),
  };
}

/** Built from the newest commit of a source; a version is a commit there. */
export function commitPackage(
  pkgbase: string,
  { host = "git.example.org", code = pkgbase, settings = "" } = {},
): UpstreamPackage {
  const name = `${host}/code/${code}`;
  return {
    pkgbase,
    config: `CI_PKGBUILD_SOURCE=custom\n${settings}`,
    recipe: () => sourceRecipe(pkgbase, "r1", `git+https://${name}.git`, "SKIP"),
    release: ({ git }, version) => void git.commit(name, { files: { version }, message: version }),
    remembered: ({ git }) => ({ CI_GIT_COMMIT: git.ref(name, "refs/heads/main") }),
  };
}

/** Nothing to poll. */
export function customPackage(pkgbase: string, settings = ""): UpstreamPackage {
  return {
    pkgbase,
    config: `CI_PKGBUILD_SOURCE=custom\n${settings}`,
    recipe: (pkgver) => aurRecipe(pkgbase, { pkgver }),
    release: () => undefined,
    remembered: () => ({}),
  };
}

/** `.CI/update.sh` asks a page for the version. */
export function scriptedPackage(pkgbase: string, siteUrl: string): UpstreamPackage {
  const { hostname, port, pathname } = new URL(siteUrl);
  const script = `exec 3<> /dev/tcp/${hostname}/${port}
printf 'GET ${pathname}/${pkgbase} HTTP/1.0\\r\\n\\r\\n' >&3
version=$(tail -n 1 <&3)
sed -i "s/^pkgver=.*/pkgver=$version/" PKGBUILD
sed -i "s/pkgver = .*/pkgver = $version/" .SRCINFO
`;
  return {
    ...customPackage(pkgbase),
    ci: { "update.sh": script },
    release: ({ sites }, version) =>
      void sites.pages.set(`https://downloads.example.org/${pkgbase}`, { body: `${version}\n` }),
  };
}

function upload({ sites }: UpstreamWorld, pkgbase: string, version: string): void {
  sites.pages.set(`https://downloads.example.org/${pkgbase}-${version}.tar.gz`, {
    body: content(pkgbase, version),
  });
}

function content(pkgbase: string, version: string): Buffer {
  return Buffer.from(`${pkgbase} ${version}`);
}

/** Its one source is a file with a checksum. */
function downloadedRecipe(pkgbase: string, version: string): AurFiles {
  const sum = createHash("sha256").update(content(pkgbase, version)).digest("hex");
  return sourceRecipe(pkgbase, version, `https://downloads.example.org/${pkgbase}-$pkgver.tar.gz`, sum);
}

function sourceRecipe(pkgbase: string, pkgver: string, source: string, sum: string): AurFiles {
  return {
    PKGBUILD:
      `pkgname=${pkgbase}\npkgver=${pkgver}\npkgrel=1\npkgdesc='The package ${pkgbase}'\narch=(any)\n` +
      `url='https://example.org'\nlicense=(0BSD)\nsource=("${source}")\nsha256sums=('${sum}')\n\npackage() {\n  :\n}\n`,
    ".SRCINFO":
      `pkgbase = ${pkgbase}\n\tpkgdesc = The package ${pkgbase}\n\tpkgver = ${pkgver}\n\tpkgrel = 1\n` +
      `\turl = https://example.org\n\tarch = any\n\tlicense = 0BSD\n` +
      `\tsource = ${source.replace("$pkgver", pkgver)}\n\tsha256sums = ${sum}\n\npkgname = ${pkgbase}\n`,
  };
}
