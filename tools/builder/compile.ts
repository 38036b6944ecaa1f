import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { srcinfoVersion } from "../alpm/srcinfo.ts";
import { canonicalVersion, type Declared } from "./artefacts.ts";
import type { BuildRequest } from "./build.ts";
import { bumpOf } from "./bump.ts";
import { readIfThere } from "./files.ts";
import type { Prepared } from "./interfere.ts";
import type { Layer } from "./layer.ts";
import type { BuildLog } from "./log.ts";
import { build } from "./scripts.ts";
import type { Sources } from "./sources.ts";
import { readOnly, type StageRunner, type Unfinished } from "./stage.ts";

/** What makepkg made, and what it had to make. */
export interface Compiled extends Declared {
  readonly folder: string;
  /** Names of the packages in it. */
  readonly files: readonly string[];
}

/** Runs makepkg, without network unless the package or the repository asks for it. */
export async function compile(
  request: BuildRequest,
  prepared: Prepared,
  { makepkgConf, sources, layer }: { makepkgConf: string; sources: Sources; layer: Layer },
  stages: StageRunner,
  log: BuildLog,
): Promise<Compiled | Unfinished> {
  const { config, settings, git, commit } = request;
  const into = join(request.folder, "packages");
  await mkdir(into);
  const network = config.BUILDER_NETWORK ?? settings.BUILDER_NETWORK;
  log.note(network ? "The build has network access (BUILDER_NETWORK=true)." : "The build has no network.");
  const ended = await stages.run("the build", {
    script: build,
    network,
    layer: layer.folder,
    mounts: [
      readOnly(prepared.recipe, "/recipe"),
      readOnly(makepkgConf, "/settings/makepkg.conf"),
      ...(sources.folder ? [readOnly(sources.folder, "/sources")] : []),
      ...(layer.folder ? [readOnly(join(layer.folder, "var/lib/pacman"), "/var/lib/pacman")] : []),
    ],
    env: {
      RECIPE: "/recipe",
      MAKEPKG_CONF: "/settings/makepkg.conf",
      SOURCES: sources.folder ? "/sources" : "",
      SKIPPGP: settings.BUILDER_PGP === "check" ? "" : "--skippgpcheck",
      NODEPS: layer.complete && layer.folder ? "" : "--nodeps",
      // Two builds of one commit give the same file, so publishing again changes nothing.
      SOURCE_DATE_EPOCH: await git.text(["show", "-s", "--format=%ct", commit]),
    },
    collect: { from: "packages", into },
  });
  if ("kind" in ended) return ended;
  const files = ended.collected.filter((file) => file !== versionFile);
  if (files.length === 0) return { kind: "failed", message: "the build made no package" };
  const version = await versionOf(request, prepared, join(into, versionFile));
  return { folder: into, files, version, ...namesOf(request, prepared, ended.head) };
}

const versionFile = ".version";

/** What the reviewed .SRCINFO says, or the recipe itself where it is changed before the build. */
function namesOf(
  { srcinfo }: BuildRequest,
  { interfered }: Prepared,
  head: string,
): Pick<Declared, "pkgbase" | "pkgnames"> {
  if (srcinfo && !interfered) {
    return { pkgbase: srcinfo.pkgbase, pkgnames: srcinfo.packages.map(({ pkgname }) => pkgname) };
  }
  const [pkgbase = "", ...pkgnames] = /^:: This recipe makes: (.*)$/m.exec(head)?.[1]?.split(" ") ?? [];
  return { pkgbase, pkgnames };
}

/** Likewise; where pkgver() or a bump may have changed it, the recipe after the build says it. */
async function versionOf(
  { srcinfo, config }: BuildRequest,
  { recipe, interfered }: Prepared,
  said: string,
): Promise<string> {
  const fixed = !interfered && bumpOf(config) === undefined && !(await hasPkgver(recipe));
  const reviewed = srcinfo && fixed ? srcinfoVersion(srcinfo) : undefined;
  return canonicalVersion(reviewed ?? (await readIfThere(said)) ?? "");
}

async function hasPkgver(recipe: string): Promise<boolean> {
  return /^[ \t]*(?:function[ \t]+)?pkgver[ \t]*(?:\(|\{|$)/m.test(
    await readFile(join(recipe, "PKGBUILD"), "utf8"),
  );
}
