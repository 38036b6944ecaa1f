import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildLog } from "../../../builder/log.ts";
import { SluiceError } from "../../../errors.ts";
import { openPublisher } from "../../../publish/kinds.ts";
import type { Publisher, PublishedFile, StoredFile } from "../../../publish/publisher.ts";
import type { ArtifactOf, Step } from "../../../release/plan/release-plan.ts";
import { evidenceOf } from "../../../release/record/record-evidence.ts";
import { isLatest } from "../../../release/plan/latest.ts";
import { underLock } from "../../../system/lock.ts";
import { dropGarbage } from "./drop-garbage.ts";
import { noteFinished, notePublication, progressOf, type OpenRelease } from "../record/progress.ts";
import { packArchives } from "./pack-archives.ts";
import { storedFiles } from "../jobs/job-request.ts";
import type { ReleasePlace } from "../jobs/run-job.ts";
import { checkOutSource } from "../jobs/source-checkout.ts";

export type PublishEnd =
  | { readonly kind: "published" | "already-published" }
  | { readonly kind: "failed"; readonly message: string };

/**
 * Publishes what the jobs of a release made, as its plan orders it: all is brought and verified before anything can be
 * seen. What is on record isn't published again, so that a release that ended half-way is finished by running it again.
 * One release is published at a time, whichever process does it: a page lists all of them, and a cache is shared.
 *
 * @param name of its working folder, which nobody else uses
 * @param secrets where keys and tokens are looked up; they go to what publishes alone
 */
export async function publishRelease(
  place: ReleasePlace,
  release: OpenRelease,
  secrets: Readonly<Record<string, string | undefined>>,
  options: { readonly name: string; readonly log: BuildLog },
): Promise<PublishEnd> {
  const folder = join(place.folders.state, "releases");
  await mkdir(folder, { recursive: true });
  return underLock(
    join(folder, "publishing.lock"),
    longestWait,
    () => publishAlone(place, release, secrets, options),
    "releases",
  );
}

/** In seconds; large files take their time. */
const longestWait = 24 * 3600;

async function publishAlone(
  place: ReleasePlace,
  release: OpenRelease,
  secrets: Readonly<Record<string, string | undefined>>,
  { name, log }: { readonly name: string; readonly log: BuildLog },
): Promise<PublishEnd> {
  const { records } = place;
  const { definition, plan } = release;
  if (progressOf(records, release).finishedAt !== null) return { kind: "already-published" };
  const publishers = new Map<string, Publisher>();
  const folder = await mkdtemp(join(place.folders.work, `${name}-`));
  try {
    await requireWhole(place, release);
    const source = await checkOutSource(place.git, place.folders.state, plan);
    const archive = await packArchives(place, release, source, folder);
    const filesOf = (of: ArtifactOf): readonly StoredFile[] => archive(of) ?? storedFiles(place, release, of);
    for (const planned of plan.publications) {
      const publisher = openPublisher({
        planned,
        publication: definition.publications.get(planned.name)!,
        definition,
        plan,
        filesOf,
        secrets,
        folder,
        source: source.folder,
        latest: becomesLatest(place, release),
        time: Number(source.time),
        checkpoint: place.checkpoint,
      });
      publishers.set(planned.name, publisher);
    }
    for (const step of plan.steps) {
      if (step.do !== "alias" && progressOf(records, release).publications[step.publication]) continue;
      log.note(`${step.do} ${step.publication}${step.alias === undefined ? "" : ` as ${step.alias}`}`);
      const files = await carryOut(step, publishers.get(step.publication)!);
      if (files === undefined) continue;
      for (const { at, sha256 } of files) log.note(`${at} ${sha256}`);
      notePublication(records, release, step.publication, { at: place.now(), files });
    }
    for (const [name, publisher] of publishers) await dropGarbage(records, release, name, publisher, log);
    noteFinished(records, release, place.now());
    return { kind: "published" };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { kind: "failed", message: `${error.message}${error.hint ? `. ${error.hint}` : ""}` };
  } finally {
    for (const publisher of publishers.values()) await publisher.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}

function becomesLatest({ records }: ReleasePlace, { plan, definition, key }: OpenRelease): boolean {
  const evidence = evidenceOf(definition, records.ofProject(key.project));
  return isLatest(definition.channels.get(plan.channel)!, plan.version ?? undefined, evidence);
}

/**
 * What is published is what was tested.
 *
 * @throws SluiceError `artifact-damaged`
 */
async function requireWhole({ records, artifacts }: ReleasePlace, release: OpenRelease): Promise<void> {
  const files = Object.values(progressOf(records, release).jobs).flatMap((job) =>
    Object.values(job.artifacts).flat(),
  );
  for (const file of new Map(files.map((each) => [each.sha256, each])).values()) await artifacts.check(file);
}

/** @returns what can be seen since this step */
async function carryOut(step: Step, publisher: Publisher): Promise<readonly PublishedFile[] | undefined> {
  switch (step.do) {
    case "stage":
      await publisher.stage();
      return undefined;
    case "verify":
      await publisher.verify();
      return undefined;
    case "publish":
    case "show":
      return publisher.show();
    case "alias":
      await publisher.alias?.(step.alias!);
      return undefined;
  }
}
