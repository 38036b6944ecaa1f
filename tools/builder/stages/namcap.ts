import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { BuildRequest } from "../build-request.ts";
import { readIfThere } from "../files.ts";
import type { BuildLog } from "../log.ts";
import { keepNamcap, readNamcap, type NamcapReport } from "../namcap.ts";
import { runNamcap } from "../scripts.ts";
import { readOnly, type StageRunner } from "../stage.ts";
import { installedDatabase, type Compiled } from "./compile.ts";
import type { Prepared } from "./interfere.ts";

/** What namcap may take of a build's time, and what it may say. */
const limits = { seconds: 300, bytes: 256 * 1024 };

interface Made {
  readonly prepared: Prepared;
  readonly compiled: Compiled;
  /** Whether it is among the sandbox's programs; what the build had installed may have it, too. */
  readonly hasNamcap: boolean;
}

/**
 * Asks namcap about what was built, where it is installed, in a sandbox without network, and keeps its report beside
 * the log. Whatever becomes of that, the build is good.
 */
export async function askNamcap(
  request: BuildRequest,
  made: Made,
  stages: StageRunner,
  log: BuildLog,
): Promise<void> {
  const { folder } = made.prepared.layer;
  const isThere = made.hasNamcap || (folder !== undefined && existsSync(join(folder, "usr/bin/namcap")));
  const report = isThere
    ? await run(request, made, stages, log)
    : ({ state: "not-installed", lines: [], left: 0 } as const);
  await keepNamcap(log.path, report);
}

async function run(
  { folder, pkgbase }: BuildRequest,
  { prepared, compiled }: Made,
  stages: StageRunner,
  log: BuildLog,
): Promise<NamcapReport> {
  const { recipe, layer } = prepared;
  const into = join(folder, "namcap");
  await mkdir(into);
  const stopped = await stages
    .run("namcap", {
      script: runNamcap,
      seconds: limits.seconds,
      layer: layer.folder,
      mounts: [
        readOnly(recipe, "/recipe"),
        readOnly(compiled.folder, "/packages"),
        readOnly(await installedDatabase(folder, layer), "/var/lib/pacman"),
      ],
      env: { RECIPE: "/recipe", PACKAGES: "/packages", PKGBASE: pkgbase, LIMIT: String(limits.bytes) },
      collect: { from: "said", into },
    })
    .then((ended) => ("kind" in ended ? ended.message : undefined))
    .catch((error: unknown) => {
      if (error instanceof SluiceError) return error.message;
      throw error;
    });
  const said = (await readIfThere(join(into, "lines")))?.toString() ?? "";
  const report = readNamcap(said, stopped === undefined ? "ran" : "stopped");
  log.note(
    stopped === undefined ? `namcap: ${counts(report)}.` : `namcap didn't come to its end: ${stopped}`,
  );
  return report;
}

function counts({ lines, left }: NamcapReport): string {
  const of = (level: string): number => lines.filter((line) => line.level === level).length;
  const [errors, warnings] = [of("error"), of("warning")];
  const more = left > 0 ? `, and ${left} more` : "";
  return `${errors} error${errors === 1 ? "" : "s"}, ${warnings} warning${warnings === 1 ? "" : "s"}${more}`;
}
