import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "ini";
import type { Mount, Sandbox } from "../../sandbox/sandbox.ts";
import type { BuildRequest, ExtraRepositories } from "../build-request.ts";
import { withKeyrings } from "./extra-keyring.ts";
import { readIfThere } from "../files.ts";
import { printPacmanConf } from "../scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "../stage.ts";

/** pacman's configuration as a sandbox gets it. */
export interface PacmanConf {
  readonly path: string;
  /** The distribution's, in order; none where none is configured. */
  readonly repositories: readonly string[];
  /** A folder with the distribution's keys. */
  readonly keyring: string;
}

/**
 * Writes the configuration with its includes resolved, since inside nothing of them is there, and without the
 * user as whom pacman 7 downloads, since there is no other user inside either. Packages of the architecture that is
 * built for may be installed, whatever the host's is.
 */
export async function readPacmanConf(
  { pacmanConf, arch, extra, keyringCache }: PacmanSettings,
  folder: string,
  { programs }: Sandbox,
  stages: StageRunner,
): Promise<PacmanConf | Unfinished> {
  const read = programs === "image" ? await ofImage(pacmanConf, folder, stages) : await ofHost(pacmanConf);
  if ("kind" in read) return read;
  const lines = read.text.split("\n").filter((line) => !/^DownloadUser\b/.test(line));
  // To `ini` a dot in a section's name is a section within a section; pacman has none such.
  const sections = lines.map((line) => (/^\[.+\]$/.test(line) ? line.replaceAll(".", "\\.") : line));
  const { options, ...repositorySections } = parse(sections.join("\n"));
  const further = extra?.repositories ?? [];
  const repositories = [...Object.keys(repositorySections), ...further.map(({ name }) => name)];
  const path = join(folder, "pacman.conf");
  const named = Object.keys(repositorySections).length > 0 ? lines : ["[options]", "Architecture = auto"];
  const all = [...named, ...further.flatMap(sectionOf)];
  const text = all.flatMap((line) => (line === "[options]" ? [line, ...missingArch(all, arch)] : [line]));
  await writeFile(path, `${text.join("\n")}\n`);
  const own = read.keyring ?? options?.["GPGDir"]?.replace(/\/$/, "") ?? "/etc/pacman.d/gnupg";
  const keyring = await withKeyrings(own, extra?.keyrings ?? [], keyringCache, folder);
  return { path, repositories, keyring };
}

interface Read {
  /** Empty where there is none. */
  readonly text: string;
  readonly keyring?: string;
}

async function ofHost(pacmanConf: string): Promise<Read> {
  const { stdout, exitCode } = await execa("pacman-conf", ["--config", pacmanConf], { reject: false });
  return { text: exitCode === 0 ? stdout : "" };
}

/** What the image says, with its keys. */
async function ofImage(pacmanConf: string, folder: string, stages: StageRunner): Promise<Read | Unfinished> {
  const into = join(folder, "image");
  await mkdir(into);
  const ended = await stages.run("reading the image's pacman.conf", {
    script: printPacmanConf,
    mounts: [],
    env: { PACMAN_CONF: pacmanConf },
    collect: { from: "image", into },
  });
  if ("kind" in ended) return ended;
  const text = (await readIfThere(join(into, "pacman.conf")))?.toString().trimEnd() ?? "";
  return { text, keyring: into };
}

type PacmanSettings = Pick<BuildRequest, "pacmanConf" | "arch" | "extra" | "keyringCache">;

function sectionOf({ name, servers }: ExtraRepositories["repositories"][number]): string[] {
  return [
    `[${name}]`,
    "SigLevel = Required DatabaseOptional",
    ...servers.map((server) => `Server = ${server}`),
  ];
}

function missingArch(lines: readonly string[], arch: string): string[] {
  const known = lines.flatMap((line) => /^Architecture\s*=\s*(.*)$/.exec(line)?.[1]?.split(/\s+/) ?? []);
  return known.includes(arch) ? [] : [`Architecture = ${arch}`];
}

/** The configuration, and of the keyring what verifying needs, without the private key beside it. */
export function pacmanMounts({ path, repositories, keyring }: PacmanConf): Mount[] {
  const keys = repositories.length > 0 ? ["pubring.gpg", "trustdb.gpg"] : [];
  return [
    readOnly(path, "/settings/pacman.conf"),
    ...keys
      .filter((name) => existsSync(join(keyring, name)))
      .map((name) => readOnly(join(keyring, name), `/settings/keyring/${name}`)),
  ];
}
