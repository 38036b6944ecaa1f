import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildRequest } from "../build-request.ts";
import { declared, type Declared } from "./declared.ts";
import type { Layer } from "../dependencies/layer.ts";
import { readIfThere } from "../files.ts";
import type { Prepared } from "./interfere.ts";
import type { BuildLog } from "../log.ts";
import { build } from "../scripts.ts";
import type { Sources } from "./sources.ts";
import { readOnly, type StageRunner, type Unfinished } from "../stage.ts";

/** What makepkg made, and what it had to make. */
export interface Compiled extends Declared {
  readonly folder: string;
  /** Paths below the folder: packages, and whatever else the build left there. */
  readonly files: readonly string[];
}

/**
 * Runs makepkg, without network unless the package or the repository asks for it.
 *
 * @param time SOURCE_DATE_EPOCH: two builds of one commit give the same file, so publishing again changes nothing
 */
export async function compile(
  request: BuildRequest,
  prepared: Prepared,
  { makepkgConf, sources, time }: { makepkgConf: string; sources: Sources; time: string },
  stages: StageRunner,
  log: BuildLog,
): Promise<Compiled | Unfinished> {
  const { config, settings } = request;
  const { layer } = prepared;
  const into = join(request.folder, "packages");
  const installed = await installedDatabase(request.folder, layer);
  await mkdir(into);
  const network = config.BUILDER_NETWORK ?? settings.BUILDER_NETWORK;
  log.note(network ? "The build has network access (BUILDER_NETWORK=true)." : "The build has no network.");
  const ended = await stages.run("the build", {
    script: build,
    network,
    layer: layer.folder,
    maySkip: true,
    mounts: [
      readOnly(prepared.recipe, "/recipe"),
      readOnly(makepkgConf, "/settings/makepkg.conf"),
      ...(sources.folder ? [readOnly(sources.folder, "/sources")] : []),
      readOnly(installed, "/var/lib/pacman"),
    ],
    env: {
      RECIPE: "/recipe",
      MAKEPKG_CONF: "/settings/makepkg.conf",
      SOURCES: sources.folder ? "/sources" : "",
      SKIPPGP: settings.BUILDER_PGP === "check" ? "" : "--skippgpcheck",
      NODEPS: layer.complete && layer.folder ? "" : "--nodeps",
      SOURCE_DATE_EPOCH: time,
    },
    collect: { from: "packages", into },
  });
  if ("kind" in ended) return ended;
  const said = (await readIfThere(join(into, versionFile)))?.toString();
  const files = ended.collected.filter((file) => file !== versionFile);
  return { folder: into, files, ...(await declared(request, prepared, ended.head, said)) };
}

/** What is installed for this build. makepkg asks for .BUILDINFO, and without a database pacman calls that an error. */
export async function installedDatabase(folder: string, layer: Layer): Promise<string> {
  if (layer.folder !== undefined) return join(layer.folder, "var/lib/pacman");
  // As pacman begins its own: of its format's version 9.
  const database = join(folder, "installed");
  await mkdir(join(database, "local"), { recursive: true });
  await writeFile(join(database, "local/ALPM_DB_VERSION"), "9\n");
  return database;
}

const versionFile = ".version";
