import { mkdir } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { checkedArtefacts } from "./stages/artefacts.ts";
import { compile } from "./stages/compile.ts";
import { askNamcap } from "./stages/namcap.ts";
import { applyInterfere } from "./stages/interfere.ts";
import { installDependencies } from "./dependencies/layer.ts";
import type { BuildRequest, BuildResult, Resources } from "./build-request.ts";
import type { BuildLog } from "./log.ts";
import { writeMakepkgConf } from "./makepkg-conf.ts";
import { checkOutRecipe } from "./recipe.ts";
import { fetch } from "./stages/sources.ts";
import { stageRunner, type StageLimits, type Unfinished } from "./stage.ts";

/**
 * Builds one package: its recipe at the scheduled commit, changed as its `.CI` files say, sources fetched with
 * network, built without, and what came out checked. What a stranger's recipe does wrong is a result.
 */
export async function buildPackage(
  request: BuildRequest,
  sandbox: Sandbox,
  log: BuildLog,
): Promise<BuildResult> {
  const { config, settings, folder, signal, resources = {} } = request;
  const stages = stageRunner(sandbox, log, {
    seconds: settings.BUILDER_TIMEOUT * config.BUILDER_EXTRA_TIMEOUT,
    skipCode: settings.CI_CODE_SKIP,
    limits: buildLimits(resources),
    signal,
  });
  try {
    const recipe = join(folder, "recipe");
    await mkdir(recipe);
    await checkOutRecipe(request.git, request.commit, request.path, recipe);
    const layer = await installDependencies(request, sandbox, stages, log);
    if ("kind" in layer) return layer;
    const prepared = await applyInterfere(request, recipe, layer, sandbox, stages, log);
    if ("kind" in prepared) return prepared;
    const makepkgConf = await writeMakepkgConf(folder, request.arch, resources);
    const sources = await fetch(request, prepared, makepkgConf, stages, log);
    if ("kind" in sources) return sources;
    const time = await request.git.text(["show", "-s", "--format=%ct", request.commit]);
    const compiled = await compile(request, prepared, { makepkgConf, sources, time }, stages, log);
    if ("kind" in compiled) return compiled;
    const artefacts = await checkedArtefacts(request, compiled, time, stages, log);
    if ("kind" in artefacts) return artefacts;
    const { files, hasNamcap } = artefacts;
    await askNamcap(request, { prepared, compiled, hasNamcap }, stages, log);
    const { pkgnames, version } = compiled;
    return { kind: "built", files, pkgnames, version, vcs: sources.vcs };
  } catch (error) {
    return resultOf(error);
  }
}

/** What the recipe is to blame for, and what the machine is; anything else is the caller's. */
function resultOf(error: unknown): Unfinished {
  if (error instanceof SluiceError && (error.exitCode === 1 || error.code === "sandbox-job")) {
    return { kind: "failed", message: `${error.message}.${error.hint ? ` ${error.hint}` : ""}` };
  }
  throw error;
}

/** A build may take three quarters of the memory, and half of it for files. */
export function buildLimits({ memoryBytes, cpus }: Resources = {}): StageLimits {
  const memory = totalmem();
  return {
    memoryBytes: memoryBytes ?? Math.floor(memory * 0.75),
    ...(cpus !== undefined && { cpus }),
    outputBytes: Math.floor(memory * 0.5),
    processes: 4096,
  };
}
