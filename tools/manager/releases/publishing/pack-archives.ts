import { stat } from "node:fs/promises";
import { SluiceError } from "../../../errors.ts";
import { packArchive } from "../../../publish/archives.ts";
import { sourceFile } from "../../../publish/source-file.ts";
import type { StoredFile } from "../../../publish/publisher.ts";
import type { ArtifactOf } from "../../../release/plan/release-plan.ts";
import { sha256Of } from "../../../system/digest.ts";
import type { OpenRelease } from "../record/progress.ts";
import { storedFiles } from "../jobs/job-request.ts";
import type { ReleasePlace } from "../jobs/run-job.ts";
import type { Source } from "../jobs/source-checkout.ts";

/**
 * Packs the archives of a release from what its jobs made and the files of its source that are to go along.
 *
 * @param folder where they lie then
 * @returns the archive of a name and target, and the file with its digest; undefined: there is no such archive
 * @throws SluiceError `archive-incomplete`
 */
export async function packArchives(
  place: ReleasePlace,
  release: OpenRelease,
  source: Source,
  folder: string,
): Promise<(of: ArtifactOf) => readonly StoredFile[] | undefined> {
  const packed = new Map<string, readonly StoredFile[]>();
  const { plan, definition } = release;
  for (const planned of plan.archives) {
    const { with: more = [] } = definition.archives.get(planned.archive)!;
    const files = [...storedFiles(place, release, planned.of)];
    for (const path of more) files.push(await fromSource(source.folder, path, planned.file));
    packed.set(
      keyOf(planned.archive, planned.target),
      await packArchive(planned, files, folder, Number(source.time)),
    );
  }
  return ({ artifact, target }) => packed.get(keyOf(artifact, target));
}

function keyOf(name: string, target: string | null): string {
  return `${name}@${target ?? ""}`;
}

async function fromSource(source: string, path: string, archive: string): Promise<StoredFile> {
  const file = await sourceFile(source, path);
  if (file === undefined) throw incomplete(archive, `the source has no file ${path}`);
  return { path, file, sha256: await sha256Of(file), bytes: (await stat(file)).size, isExecutable: false };
}

function incomplete(archive: string, why: string): SluiceError {
  return new SluiceError("archive-incomplete", `${archive}: ${why}`, {
    hint: "Nothing of this release was published.",
    exitCode: 1,
  });
}
