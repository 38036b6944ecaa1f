import type { BuildLog } from "../../../builder/log.ts";
import type { Publisher } from "../../../publish/publisher.ts";
import { garbageOf } from "../../../release/record/garbage.ts";
import type { OpenRelease } from "../record/progress.ts";
import { releaseKey } from "../record/release-key.ts";
import type { ReleaseRecords } from "../record/release-records.ts";

/**
 * Deletes what a publication doesn't keep (`keep`). Afterwards those releases have nothing of it on record, and are
 * published all the same, so that nothing brings it again.
 */
export async function dropGarbage(
  records: ReleaseRecords,
  { key: { project }, plan, definition }: OpenRelease,
  name: string,
  publisher: Publisher,
  log: BuildLog,
): Promise<void> {
  const publication = definition.publications.get(name)!;
  if (publication.to !== "nix" || publication.keep === undefined) return;
  const own = records.ofProject(project);
  const garbage = garbageOf(own, records.ofOtherProjects(project), {
    publication: name,
    keep: publication.keep,
    current: plan,
  });
  for (const { record, files } of garbage) {
    log.note(`${name}: ${files.length} files that only ${record.ref.name} needs are deleted`);
    await publisher.drop?.(files);
    const { at } = record.publications[name]!;
    const publications = { ...record.publications, [name]: { at, files: [] } };
    records.write(releaseKey(project, record.channel, record.ref), { ...record, publications });
  }
}
