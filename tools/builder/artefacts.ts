import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parsePkginfo } from "../alpm/pkginfo.ts";
import { formatVersion, parseVersion } from "../alpm/version.ts";
import { SluiceError } from "../errors.ts";
import type { BuildRequest } from "./build.ts";
import type { Compiled } from "./compile.ts";
import { inspect } from "./scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "./stage.ts";

/** What the built packages have to agree with. */
export interface Declared {
  readonly pkgbase: string;
  readonly pkgnames: readonly string[];
  /** Full version, after pkgver() and all that is done to the recipe here. */
  readonly version: string;
}

/**
 * Reads what the packages say of themselves, in the sandbox, since they are a stranger's archives; takes
 * `replaces` and `groups` out unless the package may have them; refuses what isn't as declared.
 *
 * @returns the packages' paths
 * @throws SluiceError `artefact-refused` (exit 1)
 */
export async function checkedArtefacts(
  { config, folder, git, commit }: BuildRequest,
  compiled: Compiled,
  stages: StageRunner,
): Promise<readonly string[] | Unfinished> {
  const into = join(folder, "inspected");
  await mkdir(into);
  const ended = await stages.run("reading the packages", {
    script: inspect,
    mounts: [readOnly(compiled.folder, "/packages")],
    env: {
      PACKAGES: "/packages",
      ALLOW_PROHIBITED: config.BUILDER_ALLOW_PROHIBITED ? "yes" : "",
      SOURCE_DATE_EPOCH: await git.text(["show", "-s", "--format=%ct", commit]),
    },
    collect: { from: "inspected", into },
  });
  if ("kind" in ended) return ended;
  await refuseUndeclared(compiled.files, join(into, "info"), compiled);
  const remade = new Set(ended.collected);
  return compiled.files.map((file) =>
    remade.has(`packages/${file}`) ? join(into, "packages", file) : join(compiled.folder, file),
  );
}

async function refuseUndeclared(
  files: readonly string[],
  infoFolder: string,
  declared: Declared,
): Promise<void> {
  const { pkgbase, pkgnames, version } = declared;
  for (const file of files) {
    const info = parsePkginfo(await readFile(join(infoFolder, file), "utf8"));
    const refuse = (what: string): SluiceError =>
      new SluiceError("artefact-refused", `${pkgbase}: ${file} ${what}; nothing of this build is published`, {
        hint: "What a build makes must be what its recipe declares; look at the recipe, its .CI files and the log.",
        facts: { pkgbase, path: file },
        exitCode: 1,
      });
    if (info.pkgbase !== pkgbase) throw refuse(`says it is of ${info.pkgbase}`);
    if (!pkgnames.includes(info.pkgname)) {
      throw refuse(`holds ${info.pkgname}, and the recipe makes ${pkgnames.join(", ")}`);
    }
    if (info.version !== version) throw refuse(`has version ${info.version}, and the recipe has ${version}`);
  }
}

/** `0:1.2-3` → `1.2-3`, as makepkg writes it. */
export function canonicalVersion(text: string): string {
  return formatVersion(parseVersion(text.trim()));
}
