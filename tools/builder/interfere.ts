import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BuildRequest } from "./build.ts";
import { bumpLines, bumpOf } from "./bump.ts";
import { readIfThere } from "./files.ts";
import type { BuildLog } from "./log.ts";
import { interfere } from "./scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "./stage.ts";

export interface Prepared {
  readonly recipe: string;
  /** Whether the recipe that is built is another than the one in the commit. */
  readonly interfered: boolean;
}

/** `prepare` and the patch run in the sandbox; prepend, append and bump only change text. */
export async function applyInterfere(
  { config, settings, pkgbase, folder }: BuildRequest,
  recipe: string,
  layer: string | undefined,
  stages: StageRunner,
  log: BuildLog,
): Promise<Prepared | Unfinished> {
  let current = recipe;
  let interfered = false;
  if (existsSync(join(recipe, ".CI/prepare")) || existsSync(join(recipe, ".CI/interfere.patch"))) {
    current = join(folder, "prepared");
    await mkdir(current);
    const ended = await stages.run(".CI/prepare", {
      script: interfere,
      user: "root",
      network: true,
      mounts: [
        readOnly(recipe, "/recipe"),
        ...(layer ? [{ source: layer, target: "/layer", writable: true }] : []),
      ],
      env: {
        RECIPE: "/recipe",
        LAYER: layer ? "/layer" : "",
        PACMAN_CONF: "/etc/pacman.conf",
        PACKAGE: pkgbase,
        CAUR_PUSH: "bash -c",
        CI_CODE_SKIP: String(settings.CI_CODE_SKIP),
      },
      collect: { from: "recipe", into: current },
    });
    if ("kind" in ended) return ended;
    interfered = true;
  }
  const pkgbuild = join(current, "PKGBUILD");
  const prepend = await readIfThere(join(current, ".CI/PKGBUILD.prepend"));
  const append = await readIfThere(join(current, ".CI/PKGBUILD.append"));
  if (prepend !== undefined) {
    await writeFile(pkgbuild, `${prepend}\n${await readFile(pkgbuild, "utf8")}`);
    log.note("Interfere applied: .CI/PKGBUILD.prepend.");
  }
  if (append !== undefined) {
    await appendFile(pkgbuild, `\n${append}\n`);
    log.note("Interfere applied: .CI/PKGBUILD.append.");
  }
  const bump = bumpOf(config);
  if (bump) {
    await appendFile(pkgbuild, bumpLines(bump));
    const condition = bump.version === undefined ? "" : ` if the version is ${bump.version}`;
    log.note(`Interfere applied: pkgrel is bumped by .${bump.count}${condition} (CI_PACKAGE_BUMP).`);
  }
  interfered ||= prepend !== undefined || append !== undefined;
  if (!interfered && !bump) log.note("Interfere: none.");
  return { recipe: current, interfered };
}
