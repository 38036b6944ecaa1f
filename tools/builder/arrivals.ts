import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { srcinfoVersion } from "../alpm/srcinfo.ts";
import { formatVersion, parseVersion } from "../alpm/version.ts";
import { SluiceError } from "../errors.ts";
import type { Package } from "../workspace/workspace.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { buildLimits } from "./build.ts";
import type { BuildRequest } from "./build-request.ts";
import { readIfThere } from "./files.ts";
import { canonical, knownVersion, versionFiles } from "./versions/known-version.ts";
import type { BuildLog } from "./log.ts";
import { checkOutRecipe } from "./recipe.ts";
import { measure } from "./scripts.ts";
import { readOnly, stageRunner, type Unfinished } from "./stage.ts";
import { checkedArtefacts } from "./stages/artefacts.ts";
import type { Declared } from "./stages/declared.ts";

/** Packages that were built elsewhere, and what is said of them. */
export interface Arrivals {
  /** Where they are, and nothing else. */
  readonly folder: string;
  /** Names in that folder. */
  readonly files: readonly string[];
  readonly version: string;
}

type ArrivalRequest = Pick<
  BuildRequest,
  "pkgbase" | "git" | "commit" | "path" | "arch" | "srcinfo" | "folder" | "signal"
> & { readonly config: Package["config"] };

/**
 * How large packages may be unpacked, in bytes, by their size: what shrinks to less than a two-hundredth, beyond the
 * first gibibyte, is there to keep the publisher busy.
 */
export function maxUnpacked(bytes: number): number {
  return Math.min(64 * 2 ** 30, 2 ** 30 + 200 * bytes);
}

/**
 * Checks packages that somebody built elsewhere as those are checked that are built here, and reads them in the
 * sandbox only. What they must be is said by the scheduled commit, never by who built them.
 *
 * @returns the packages' paths, or how a check ended that couldn't be completed
 * @throws SluiceError `artefact-refused`, `arrival-undeclared`
 */
export async function checkArrivals(
  request: ArrivalRequest,
  arrivals: Arrivals,
  sandbox: Sandbox,
  log: BuildLog,
): Promise<{ readonly files: readonly string[]; readonly declared: Declared } | Unfinished> {
  const recipe = join(request.folder, "recipe");
  await mkdir(recipe);
  await checkOutRecipe(request.git, request.commit, request.path, recipe);
  const declared = await declaredByCommit(request, recipe, arrivals.version);
  const stages = stageRunner(sandbox, log, {
    seconds: 1800,
    skipCode: 0,
    limits: buildLimits(),
    signal: request.signal,
  });
  const measured = await stages.run("measuring the packages", {
    script: measure,
    mounts: [readOnly(arrivals.folder, "/packages")],
    env: { PACKAGES: "/packages", LIMIT: String(maxUnpacked(await sizeOfAll(arrivals))) },
  });
  if ("kind" in measured) return measured;
  const time = await request.git.text(["show", "-s", "--format=%ct", request.commit]);
  const checked = await checkedArtefacts(request, { ...arrivals, ...declared }, time, stages, log);
  return "kind" in checked ? checked : { files: checked.files, declared };
}

/** What the recipe sets by running, in pkgver() or interfere files, may be any version of the same epoch. */
async function declaredByCommit(
  { pkgbase, srcinfo, config }: ArrivalRequest,
  recipe: string,
  said: string,
): Promise<Declared> {
  const written = srcinfo && srcinfoVersion(srcinfo);
  if (!srcinfo || written === undefined) {
    throw new SluiceError(
      "arrival-undeclared",
      `${pkgbase}: without .SRCINFO nobody can say what another machine may build of it`,
      { hint: "Commit it: makepkg --printsrcinfo > .SRCINFO", facts: { pkgbase }, exitCode: 1 },
    );
  }
  const texts = new Map<string, string | undefined>();
  for (const path of versionFiles) texts.set(path, (await readIfThere(join(recipe, path)))?.toString());
  const known = knownVersion({ pkgbase, srcinfo, config }, (path) => texts.get(path));
  const sameEpoch = parseVersion(said).epoch === parseVersion(written).epoch;
  const isVersion = formatVersion(parseVersion(said)) === said && /^[A-Za-z0-9._+:~^-]+$/.test(said);
  return {
    pkgbase,
    pkgnames: srcinfo.packages.map(({ pkgname }) => pkgname),
    version: known ?? (sameEpoch && isVersion ? said : canonical(written)),
  };
}

async function sizeOfAll({ folder, files }: Arrivals): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
