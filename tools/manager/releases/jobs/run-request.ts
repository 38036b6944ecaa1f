import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildLimits } from "../../../builder/build.ts";
import type { BuildLog } from "../../../builder/log.ts";
import { runProjectJob, type ProjectJobResult } from "../../../builder/project-job.ts";
import { checkOutFolder } from "../../../builder/recipe.ts";
import type { ArtifactFile } from "../../../release/record/record.ts";
import type { JobRequest } from "../../builder-protocol.ts";
import type { BuildingPlace } from "../../installation.ts";
import { JobCaches } from "./job-caches.ts";
import { folderOf } from "../record/release-at.ts";
import { checkOutSource } from "./source-checkout.ts";

/** What running a job takes, here or at a builder elsewhere. */
export type JobPlace = Pick<BuildingPlace, "git" | "sandbox" | "sandboxOf" | "folders" | "resources">;

export interface RunOptions {
  /** Of the working folder, which nobody else uses. */
  readonly name: string;
  /** Brings a file of an earlier job to where it is needed. */
  readonly bring: (file: ArtifactFile, to: string) => Promise<void>;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
}

/**
 * Runs a job of a release: source, scripts and artifacts together, and what came out.
 *
 * @param take what becomes of what was made, before it is deleted; `<into>/<artifact>/…`
 * @throws SluiceError of the machine
 */
export async function runJobRequest<T>(
  { git, sandbox: own, sandboxOf, folders, resources }: JobPlace,
  request: JobRequest,
  { name, bring, log, signal }: RunOptions,
  take: (ended: ProjectJobResult, into: string) => Promise<T>,
): Promise<T> {
  const sandbox = request.image === null ? own : sandboxOf?.(request.image);
  if (!sandbox) return take({ kind: "failed", message: noEngine(request.image!) }, "");
  if (request.ref.kind === "review" && !sandbox.isolates.has("reads")) {
    const message = "what a review proposes is a stranger's, and this machine's sandbox isolates nothing";
    return take({ kind: "failed", message }, "");
  }
  const caches = new JobCaches(folders.state);
  const folder = await mkdtemp(join(folders.work, `${name}-`));
  if (sandbox.name === "host") await chmod(folder, 0o755);
  try {
    const source = await checkOutSource(git, folders.state, request);
    const [scripts, into, artifacts] = ["scripts", "made", "artifacts"].map((each) => join(folder, each));
    for (const each of [scripts!, into!, artifacts!]) await mkdir(each);
    const home = folderOf(request.script);
    await checkOutFolder(git, request.commit, home, scripts!);
    for (const file of request.takes) {
      const to = join(artifacts!, file.path);
      await mkdir(dirname(to), { recursive: true });
      await bring(file, to);
    }
    const ended = await runProjectJob(
      {
        source: source.folder,
        scripts: scripts!,
        script: request.script.slice(home.length + 1),
        artifacts: artifacts!,
        makes: request.makes,
        bundles: request.bundles,
        env: { ...request.env, SOURCE_DATE_EPOCH: source.time },
        network: request.network,
        cache: request.cache
          ? { ...request.cache, from: await caches.find(request.project, request.cache.key) }
          : undefined,
        into: into!,
        seconds: request.seconds,
        limits: buildLimits(resources),
        signal,
      },
      sandbox,
      log,
    );
    if (ended.kind === "made" && ended.cache !== undefined && request.cache?.keep) {
      await caches.keep(ended.cache, request.project, request.cache.key);
    }
    return await take(ended, into!);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Why a job can't be run that names an image. */
export function noEngine(image: string): string {
  return `it asks for the image ${image}, and no container engine is named where it would run: set CONTAINER_ENGINE=podman there`;
}
