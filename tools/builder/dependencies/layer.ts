import { existsSync } from "node:fs";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { parseRelation } from "../../alpm/relation.ts";
import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { Mount, Sandbox } from "../../sandbox/sandbox.ts";
import type { BuildRequest, Published } from "../build-request.ts";
import { resolveDependencies } from "./dependencies.ts";
import type { BuildLog } from "../log.ts";
import { pacmanMounts, readPacmanConf, type PacmanConf } from "./pacman-conf.ts";
import { installLayer } from "../scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "../stage.ts";

/** What is installed for one build, and whether makepkg may check the dependencies itself. */
export interface Layer {
  /** Undefined: nothing had to be installed. */
  readonly folder: string | undefined;
  readonly complete: boolean;
  readonly pacman: PacmanConf;
}

/**
 * Installs what a build needs into a folder that then lies over the host's programs: packages of this workspace
 * from the repository being published, the others from the distribution's repositories in `pacmanConf`. Where
 * that names none, the others are assumed to be there.
 *
 * @throws SluiceError `dependencies-need-sandbox` on the host, `dependency-gone`
 */
export async function installDependencies(
  request: BuildRequest,
  sandbox: Sandbox,
  stages: StageRunner,
  log: BuildLog,
): Promise<Layer | Unfinished> {
  const { pkgbase, srcinfo, arch, settings, published, pacmanConf, folder } = request;
  const pacman = await readPacmanConf(request, folder, sandbox, stages);
  if ("kind" in pacman) return pacman;
  const wanted = srcinfo ? dependencyTexts(srcinfo, arch) : [];
  if (!srcinfo) log.note("Without .SRCINFO no dependency is known, so none is installed.");
  const { install, others } = resolveDependencies(wanted, published.entries);
  const onHost = sandbox.name === "host";
  if (onHost && install.length > 0) throw needsSandbox(pkgbase, install);
  const installOthers = pacman.repositories.length > 0 && !onHost;
  const mayAssume = installOthers || settings.CI_ON_DEPENDENCY_FAILURE === "build";
  const tooOld = mayAssume ? [] : others.filter((text) => isPublished(text, published.entries));
  if (tooOld.length > 0) throw notInThisVersion(pkgbase, tooOld, published.entries);
  if (others.length > 0 && !installOthers) {
    const why = onHost ? "the host is taken as it is" : `${pacmanConf} names no repository`;
    log.note(`Assumed to be installed, since ${why}: ${others.join(", ")}.`);
  }
  const fromDistribution = installOthers ? others : [];
  const complete = others.length === fromDistribution.length;
  if (install.length === 0 && fromDistribution.length === 0) return { folder: undefined, complete, pacman };

  const files: Mount[] = [];
  for (const entry of install) files.push(await packageFile(entry, published));
  const layer = await makeLayerFolder(folder, sandbox);
  const all = [...install.map(({ filename }) => filename), ...fromDistribution];
  log.note(`Installed for this build: ${all.join(", ")}.`);
  const names = join(folder, "distribution");
  await writeFile(names, fromDistribution.map((name) => `${name}\n`).join(""));
  const local = "/var/lib/pacman/local";
  const ofImage = sandbox.programs === "image";
  const knowsHost = !ofImage && fromDistribution.length > 0 && existsSync(local);
  const ended = await stages.run("installing its dependencies", {
    script: installLayer,
    user: "root",
    network: fromDistribution.length > 0,
    mounts: [
      { source: layer, target: "/layer", writable: true },
      ...files,
      ...pacmanMounts(pacman),
      readOnly(names, "/settings/distribution"),
      ...(knowsHost ? [readOnly(local, "/host-packages")] : []),
    ],
    env: {
      LAYER: "/layer",
      PACKAGES: "/dependencies",
      PACMAN_CONF: "/settings/pacman.conf",
      DISTRIBUTION: fromDistribution.length > 0 ? "/settings/distribution" : "",
      LOCAL: ofImage ? local : knowsHost ? "/host-packages" : "",
    },
  });
  return "kind" in ended ? ended : { folder: layer, complete, pacman };
}

/** An empty folder of the sandbox's user. */
export async function makeLayerFolder(folder: string, { owner }: Sandbox): Promise<string> {
  const layer = join(folder, "layer");
  for (const path of [layer, join(layer, "usr")]) {
    await mkdir(path);
    await chown(path, owner.uid, owner.gid);
  }
  return layer;
}

/** Whether it is a published package, though not in the version that is asked for. */
function isPublished(text: string, published: readonly DatabaseEntry[]): boolean {
  return published.some(({ name }) => name === parseRelation(text).name);
}

function notInThisVersion(
  pkgbase: string,
  texts: readonly string[],
  published: readonly DatabaseEntry[],
): SluiceError {
  const names = new Set(texts.map((text) => parseRelation(text).name));
  const have = published
    .filter(({ name }) => names.has(name))
    .map(({ name, version }) => `${name} ${version}`);
  return new SluiceError(
    "dependency-version",
    `${pkgbase}: it needs ${texts.join(", ")}, and published is ${have.join(", ")}`,
    {
      hint: "Bring that package to this version first, or correct the dependency.",
      facts: { pkgbase },
      exitCode: 1,
    },
  );
}

/** Those that makepkg checks: not what single packages of a split one need. */
function dependencyTexts({ base }: Srcinfo, arch: string): string[] {
  return ["depends", "makedepends", "checkdepends"].flatMap((kind) =>
    [kind, `${kind}_${arch}`].flatMap((field) => base.get(field) ?? []),
  );
}

async function packageFile(entry: DatabaseEntry, { pathOf }: Published): Promise<Mount> {
  const { filename } = entry;
  const path = await pathOf(entry);
  if (existsSync(path)) return readOnly(path, `/dependencies/${filename}`);
  throw new SluiceError("dependency-gone", `${filename} isn't in the published repository any more`, {
    hint: "Publish its package again.",
    facts: { path },
    exitCode: 1,
  });
}

function needsSandbox(pkgbase: string, install: readonly DatabaseEntry[]): SluiceError {
  const names = install.map(({ name }) => name).join(", ");
  return new SluiceError(
    "dependencies-need-sandbox",
    `${pkgbase} needs ${names} of this workspace, which can't be installed for one build on the host`,
    { hint: "Build it with bubblewrap.", facts: { pkgbase }, exitCode: 1 },
  );
}
