import { chown, copyFile, mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { DatabaseEntry } from "../alpm/database.ts";
import type { Srcinfo } from "../alpm/srcinfo.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { resolveDependencies } from "./dependencies.ts";
import type { BuildLog } from "./log.ts";
import { installLayer } from "./scripts.ts";
import type { StageRunner, Unfinished } from "./stage.ts";

/** What is installed for one build, and whether makepkg may check the dependencies itself. */
export interface Layer {
  /** Undefined: nothing had to be installed. */
  readonly folder: string | undefined;
  readonly complete: boolean;
}

/** The package repository that is being published, as the builder reads it. */
export interface Published {
  readonly entries: readonly DatabaseEntry[];
  /** Where the files are that the entries name. */
  readonly folder: string;
}

/**
 * Installs what a build needs into a folder that then lies over the host's programs: packages of this workspace
 * from the repository being published, the others from the distribution's repositories in `pacmanConf`. Where
 * that names none, the others are assumed to be there.
 *
 * @param folder an empty folder of this build alone
 */
export async function installDependencies(
  {
    srcinfo,
    arch,
    published,
    pacmanConf,
    folder,
  }: {
    srcinfo: Srcinfo | undefined;
    arch: string;
    published: Published;
    pacmanConf: string;
    folder: string;
  },
  sandbox: Sandbox,
  stages: StageRunner,
  log: BuildLog,
): Promise<Layer | Unfinished> {
  const wanted = srcinfo ? dependencyTexts(srcinfo, arch) : [];
  const { install, others } = resolveDependencies(wanted, published.entries);
  const repositories = others.length > 0 ? await configuredRepositories(pacmanConf) : [];
  const fromDistribution = repositories.length > 0 ? others : [];
  if (others.length > 0 && repositories.length === 0) {
    log.note(`Assumed to be installed, since ${pacmanConf} names no repository: ${others.join(", ")}.`);
  }
  const complete = others.length === fromDistribution.length;
  if (install.length === 0 && fromDistribution.length === 0) return { folder: undefined, complete };

  log.note(
    `Installed for this build: ${[...install.map(({ filename }) => filename), ...fromDistribution].join(", ")}.`,
  );
  const layer = join(folder, "layer");
  const packages = join(folder, "dependencies");
  await mkdir(layer);
  await mkdir(packages);
  await chown(layer, sandbox.owner.uid, sandbox.owner.gid);
  for (const { filename } of install)
    await copyFile(join(published.folder, filename), join(packages, filename));
  const configuration = join(folder, "pacman.conf");
  await writeFile(configuration, fromDistribution.length > 0 ? await asRead(pacmanConf) : onlyFiles);
  const names = join(folder, "distribution");
  await writeFile(names, fromDistribution.map((name) => `${name}\n`).join(""));

  const local = "/var/lib/pacman/local";
  const useHost = fromDistribution.length > 0 && existsSync(local);
  const ended = await stages.run("installing its dependencies", {
    script: installLayer,
    user: "root",
    network: fromDistribution.length > 0,
    mounts: [
      { source: layer, target: "/layer", writable: true },
      { source: packages, target: "/dependencies", writable: false },
      { source: configuration, target: "/settings/pacman.conf", writable: false },
      { source: names, target: "/settings/distribution", writable: false },
      ...(useHost ? [{ source: local, target: "/host-packages", writable: false }] : []),
      ...(fromDistribution.length > 0 ? publicKeyrings() : []),
    ],
    env: {
      LAYER: "/layer",
      PACKAGES: "/dependencies",
      PACMAN_CONF: "/settings/pacman.conf",
      DISTRIBUTION: fromDistribution.length > 0 ? "/settings/distribution" : "",
      LOCAL: useHost ? "/host-packages" : "",
    },
  });
  return "kind" in ended ? ended : { folder: layer, complete };
}

function dependencyTexts({ base, packages }: Srcinfo, arch: string): string[] {
  const sections = [base, ...packages.map(({ fields }) => fields)];
  return ["depends", "makedepends", "checkdepends"].flatMap((kind) =>
    [kind, `${kind}_${arch}`].flatMap((field) => sections.flatMap((section) => section.get(field) ?? [])),
  );
}

/** pacman-conf reads includes and tells the repositories' names. */
async function configuredRepositories(pacmanConf: string): Promise<string[]> {
  const { stdout, exitCode } = await execa("pacman-conf", ["--config", pacmanConf, "--repo-list"], {
    reject: false,
  });
  return exitCode === 0 ? stdout.split("\n").filter((name) => name !== "") : [];
}

/** The configuration with its includes resolved, since inside it stands elsewhere. */
async function asRead(pacmanConf: string): Promise<string> {
  return `${(await execa("pacman-conf", ["--config", pacmanConf])).stdout}\n`;
}

/** Of this machine's own repository: the files come straight from its folder. */
const onlyFiles = "[options]\nArchitecture = auto\nLocalFileSigLevel = Never\n";

/** What verifying needs of pacman's keyring, without the private key beside it. */
function publicKeyrings(): { source: string; target: string; writable: false }[] {
  return ["pubring.gpg", "trustdb.gpg"]
    .map((name) => `/etc/pacman.d/gnupg/${name}`)
    .filter((path) => existsSync(path))
    .map((path) => ({ source: path, target: path, writable: false }));
}
