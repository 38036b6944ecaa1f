import { existsSync } from "node:fs";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { BuildRequest } from "../build-request.ts";
import { bumpOf } from "../../workspace/bump.ts";
import { bumpLines } from "../versions/bump.ts";
import { readIfThere } from "../files.ts";
import { makeLayerFolder, type Layer } from "../dependencies/layer.ts";
import type { BuildLog } from "../log.ts";
import { pacmanMounts } from "../dependencies/pacman-conf.ts";
import { interfere } from "../scripts.ts";
import { readOnly, type StageRunner, type Unfinished } from "../stage.ts";

export interface Prepared {
  readonly recipe: string;
  /** Whether the recipe that is built is another than the one in the commit, a bump aside. */
  readonly interfered: boolean;
  /** With what `prepare` installed. */
  readonly layer: Layer;
}

/** In this order: `prepare` and the patch, in the sandbox; then prepend, append and bump, which only add text. */
export async function applyInterfere(
  request: BuildRequest,
  recipe: string,
  layer: Layer,
  sandbox: Sandbox,
  stages: StageRunner,
  log: BuildLog,
): Promise<Prepared | Unfinished> {
  const changed = await runInterfere(request, recipe, layer, sandbox, stages);
  if (changed && "kind" in changed) return changed;
  const current = changed ?? { recipe, layer };
  const added = await addText(current.recipe, log);
  const bumped = await addBump(request, current.recipe, log);
  const interfered = changed !== undefined || added;
  if (!interfered && !bumped) log.note("Interfere: none.");
  return { ...current, interfered };
}

/** Undefined where there is neither `prepare` nor a patch. */
async function runInterfere(
  { folder, pkgbase }: BuildRequest,
  recipe: string,
  layer: Layer,
  sandbox: Sandbox,
  stages: StageRunner,
): Promise<Omit<Prepared, "interfered"> | Unfinished | undefined> {
  const prepare = existsSync(join(recipe, ".CI/prepare"));
  if (!prepare && !existsSync(join(recipe, ".CI/interfere.patch"))) return undefined;
  const changed = join(folder, "prepared");
  await mkdir(changed);
  const layerFolder = layer.folder ?? (prepare ? await makeLayerFolder(folder, sandbox) : undefined);
  const ended = await stages.run(prepare ? ".CI/prepare" : ".CI/interfere.patch", {
    script: interfere,
    user: prepare ? "root" : "builder",
    network: prepare,
    maySkip: true,
    mounts: [
      readOnly(recipe, "/recipe"),
      ...(prepare && layerFolder !== undefined
        ? [{ source: layerFolder, target: "/layer", writable: true }, ...pacmanMounts(layer.pacman)]
        : []),
    ],
    env: {
      RECIPE: "/recipe",
      LAYER: "/layer",
      PACMAN_CONF: "/settings/pacman.conf",
      REPOSITORIES: layer.pacman.repositories.join(" "),
      PACKAGE: pkgbase,
    },
    collect: { from: "recipe", into: changed },
  });
  return "kind" in ended ? ended : { recipe: changed, layer: { ...layer, folder: layerFolder } };
}

async function addText(recipe: string, log: BuildLog): Promise<boolean> {
  const pkgbuild = await readIfThere(join(recipe, "PKGBUILD"));
  if (pkgbuild === undefined) throw noPkgbuild();
  const prepend = await readIfThere(join(recipe, ".CI/PKGBUILD.prepend"));
  const append = await readIfThere(join(recipe, ".CI/PKGBUILD.append"));
  if (prepend !== undefined) log.note("Interfere applied: .CI/PKGBUILD.prepend.");
  if (append !== undefined) log.note("Interfere applied: .CI/PKGBUILD.append.");
  if (prepend === undefined && append === undefined) return false;
  const parts = [prepend, pkgbuild, append].filter((part) => part !== undefined);
  // As bytes: not every recipe is UTF-8.
  await writeFile(join(recipe, "PKGBUILD"), Buffer.concat(parts.flatMap((part) => [part, newline])));
  return true;
}

const newline = Buffer.from("\n");

async function addBump({ config }: BuildRequest, recipe: string, log: BuildLog): Promise<boolean> {
  const bump = bumpOf(config);
  if (!bump) return false;
  await appendFile(join(recipe, "PKGBUILD"), bumpLines(bump));
  const condition = bump.version === undefined ? "" : ` while the version is ${bump.version}`;
  log.note(`Interfere applied: pkgrel is bumped by .${bump.count}${condition} (CI_PACKAGE_BUMP).`);
  return true;
}

function noPkgbuild(): SluiceError {
  return new SluiceError("recipe-missing", "The recipe has no PKGBUILD that could be built.", {
    hint: "Does .CI/prepare or .CI/interfere.patch remove it, or does a link lead nowhere?",
    exitCode: 1,
  });
}
