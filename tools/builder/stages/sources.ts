import { constants } from "node:fs";
import { cp, mkdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import glob from "fast-glob";
import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { systemCode } from "../../errors.ts";
import type { BuildRequest } from "../build-request.ts";
import type { Prepared } from "./interfere.ts";
import type { BuildLog } from "../log.ts";
import { fetchSources } from "../scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "../stage.ts";

/** What a build needs of its sources: the folder they are in, and the commits of those from Git. */
export interface Sources {
  readonly folder: string | undefined;
  readonly vcs: Readonly<Record<string, string>>;
}

/** With network, in a sandbox that sees this recipe alone. Where nothing is to be fetched, nothing is run. */
export async function fetch(
  { srcinfo, config, settings, folder, sourceCache, now = new Date() }: BuildRequest,
  { recipe, interfered, layer }: Prepared,
  makepkgConf: string,
  stages: StageRunner,
  log: BuildLog,
): Promise<Sources | Unfinished> {
  const check = settings.BUILDER_PGP === "check";
  log.note(
    check
      ? "PGP signatures of sources are checked."
      : "PGP signatures of sources are NOT checked (BUILDER_PGP=skip).",
  );
  if (srcinfo && !interfered && !hasRemoteSources(srcinfo)) return { folder: undefined, vcs: {} };
  const into = join(folder, "sources");
  await mkdir(into);
  const cached = config.BUILDER_CACHE_SOURCES ? await cachedSources(sourceCache, now) : undefined;
  if (cached) log.note("Sources of earlier builds are used (BUILDER_CACHE_SOURCES).");
  const ended = await stages.run("fetching its sources", {
    script: fetchSources,
    network: true,
    // Mercurial and the like are dependencies of the recipes that fetch with them.
    layer: layer.folder,
    mounts: [
      readOnly(recipe, "/recipe"),
      readOnly(makepkgConf, "/settings/makepkg.conf"),
      ...(cached ? [readOnly(cached, "/cached-sources")] : []),
    ],
    env: {
      RECIPE: "/recipe",
      MAKEPKG_CONF: "/settings/makepkg.conf",
      SOURCES: cached ? "/cached-sources" : "",
      SKIPPGP: check ? "" : "--skippgpcheck",
    },
    collect: { from: "sources", into },
  });
  if ("kind" in ended) return ended;
  const sources = await readSources(into);
  if (config.BUILDER_CACHE_SOURCES) await keepSources(into, sourceCache, now);
  return sources;
}

/** A source is a file of the recipe unless it has a scheme (`name::` before it aside). */
function hasRemoteSources({ base }: Srcinfo): boolean {
  return [...base].some(
    ([field, values]) => /^source(?:_|$)/.test(field) && values.some((value) => /:\/\/|lp:/.test(value)),
  );
}

const commitFile = ".commit-";

/** Takes up what the fetch stage brought; it leaves beside the sources which commits they are at. */
async function readSources(folder: string): Promise<Sources> {
  const vcs: Record<string, string> = {};
  const names = await glob(`${commitFile}*`, { cwd: folder, dot: true, onlyFiles: false });
  for (const name of names.sort()) {
    const commit = (await readFile(join(folder, name), "utf8")).trim();
    if (/^[0-9a-f]{40,64}$/.test(commit)) vcs[name.slice(commitFile.length)] = commit;
    await rm(join(folder, name));
  }
  return { folder, vcs };
}

const month = 30 * 24 * 60 * 60 * 1000;

/** A package's cached sources (BUILDER_CACHE_SOURCES), or undefined; those begun a month ago are cleared. */
async function cachedSources(cache: string, now: Date): Promise<string | undefined> {
  const begun = await timeOf(cache);
  if (begun === undefined) return undefined;
  if (now.getTime() - begun.getTime() < month) return cache;
  await rm(cache, { recursive: true });
  return undefined;
}

/** The folder's time is when the cache was begun, however often it was added to. */
async function timeOf(cache: string): Promise<Date | undefined> {
  try {
    return (await stat(cache)).mtime;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Replaces the cache as a whole; a crash leaves the old one or none. */
async function keepSources(folder: string, cache: string, now: Date): Promise<void> {
  const begun = (await timeOf(cache)) ?? now;
  // No package's name begins with a dot.
  const fresh = join(dirname(cache), `.${basename(cache)}.tmp`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(dirname(cache), { recursive: true });
  await cp(folder, fresh, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await utimes(fresh, begun, begun);
  await rm(cache, { recursive: true, force: true });
  await rename(fresh, cache);
}
