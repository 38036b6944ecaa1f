import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parsePkginfo, type Pkginfo } from "../../alpm/pkginfo.ts";
import { SluiceError } from "../../errors.ts";
import type { BuildRequest } from "../build-request.ts";
import type { Compiled } from "./compile.ts";
import type { BuildLog } from "../log.ts";
import { inspect } from "../scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "../stage.ts";

export interface Artefacts {
  /** The packages' paths. */
  readonly files: readonly string[];
  /** Whether namcap is among the sandbox's programs. */
  readonly hasNamcap: boolean;
}

/**
 * Reads what the packages say of themselves, in the sandbox, since they are a stranger's archives; takes
 * `replaces` and `groups` out unless the package may have them; refuses what isn't as declared.
 *
 * @throws SluiceError `artefact-refused` (exit 1)
 */
export async function checkedArtefacts(
  { config, folder, arch }: Pick<BuildRequest, "config" | "folder" | "arch">,
  compiled: Compiled,
  time: string,
  stages: StageRunner,
  log: BuildLog,
): Promise<Artefacts | Unfinished> {
  const stranger = compiled.files.find((file) => !/^[^/]+\.pkg\.tar\.zst$/.test(file));
  if (stranger !== undefined) throw refusal(compiled, stranger, "isn't a package");
  const into = join(folder, "inspected");
  await mkdir(into);
  const ended = await stages.run("reading the packages", {
    script: inspect,
    mounts: [readOnly(compiled.folder, "/packages")],
    env: {
      PACKAGES: "/packages",
      ALLOW_PROHIBITED: config.BUILDER_ALLOW_PROHIBITED ? "yes" : "",
      SOURCE_DATE_EPOCH: time,
    },
    collect: { from: "inspected", into },
  });
  if ("kind" in ended) return ended;
  const files = await refuseUndeclared(compiled, join(into, "info"), arch, log);
  if (files.length === 0) return { kind: "failed", message: "the build made no package" };
  const left = new Set(ended.collected);
  return {
    files: files.map((file) =>
      left.has(`packages/${file}`) ? join(into, "packages", file) : join(compiled.folder, file),
    ),
    hasNamcap: left.has("has-namcap"),
  };
}

/** Returns those to publish: debug symbols, which no recipe declares, are left out. */
async function refuseUndeclared(
  compiled: Compiled,
  infoFolder: string,
  arch: string,
  log: BuildLog,
): Promise<readonly string[]> {
  const { pkgbase, pkgnames, version, files } = compiled;
  const publish: string[] = [];
  for (const file of files) {
    const info = await pkginfoOf(compiled, infoFolder, file);
    const refuse = (what: string): SluiceError => refusal(compiled, file, what);
    if (info.pkgbase !== pkgbase) throw refuse(`says it is of ${info.pkgbase}`);
    if (info.version !== version) throw refuse(`has version ${info.version}, and the recipe has ${version}`);
    if (info.arch !== arch && info.arch !== "any") throw refuse(`is for ${info.arch}, not for ${arch}`);
    if (file !== `${info.pkgname}-${info.version}-${info.arch}.pkg.tar.zst`) {
      throw refuse(`holds ${info.pkgname} ${info.version} for ${info.arch}, which isn't what its name says`);
    }
    if (pkgnames.includes(info.pkgname)) publish.push(file);
    else if (info.pkgname === `${pkgbase}-debug`) log.note(`${file} holds debug symbols and is left out.`);
    else throw refuse(`holds ${info.pkgname}, and the recipe makes ${pkgnames.join(", ")}`);
  }
  return publish;
}

async function pkginfoOf(compiled: Compiled, infoFolder: string, file: string): Promise<Pkginfo> {
  const text = await readFile(join(infoFolder, file), "utf8");
  if (text.length >= maxPkginfo) throw refusal(compiled, file, "has a .PKGINFO that is too large");
  try {
    return parsePkginfo(text);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw refusal(compiled, file, `can't be taken: ${error.message.replace(/\.$/, "")}`);
  }
}

/** Bytes; the script reads no more. */
const maxPkginfo = 2 ** 20;

function refusal({ pkgbase }: Compiled, file: string, what: string): SluiceError {
  const shown = file.replace(/\p{Cc}/gu, "?");
  return new SluiceError(
    "artefact-refused",
    `${pkgbase}: ${shown} ${what}; nothing of this build is published`,
    {
      hint: "What a build makes must be what its recipe declares: compare PKGBUILD, .SRCINFO and the .CI files.",
      facts: { pkgbase, path: file },
      exitCode: 1,
    },
  );
}
