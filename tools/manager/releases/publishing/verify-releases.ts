import { SluiceError } from "../../../errors.ts";
import { openReader } from "../../../publish/read-back.ts";
import type { Definition } from "../../../release/definition/definition.ts";
import type { ReleaseRecord } from "../../../release/record/record.ts";
import { refText } from "../../../release/refs/ref.ts";
import { releaseKey, type ReleaseKey } from "../record/release-key.ts";
import type { ReleaseRecords } from "../record/release-records.ts";

/** Something that is on record as published, as it is read now. */
export interface ReadBack {
  readonly release: ReleaseKey;
  readonly publication: string;
  readonly at: string;
  readonly sha256: string;
  /** `lost`: nothing is there; `changed`: something else is; `unasked`: it couldn't be read. */
  readonly found: "whole" | "lost" | "changed" | "unasked";
  /** What it reads as, or why it couldn't be read. */
  readonly detail?: string;
}

/**
 * Reads everything that is on record as published of a project, or of one of its releases, and compares the digests.
 *
 * @param ref what `{ref}` stood for; undefined: all
 */
export async function readBackReleases(
  definition: Definition,
  records: ReleaseRecords,
  secrets: Readonly<Record<string, string | undefined>>,
  ref: string | undefined,
): Promise<readonly ReadBack[]> {
  const all: ReadBack[] = [];
  for (const record of records.ofProject(definition.project)) {
    if (ref !== undefined && ref !== refText(record.ref)) continue;
    for (const name of Object.keys(record.publications))
      all.push(...(await readBack(definition, record, name, secrets)));
  }
  return all;
}

async function readBack(
  definition: Definition,
  record: ReleaseRecord,
  name: string,
  secrets: Readonly<Record<string, string | undefined>>,
): Promise<readonly ReadBack[]> {
  const { files } = record.publications[name]!;
  const publication = definition.publications.get(name);
  const release = releaseKey(definition.project, record.channel, record.ref);
  const all: ReadBack[] = [];
  let reader;
  for (const { at, sha256 } of files) {
    const fact = { release, publication: name, at, sha256 };
    try {
      reader ??= publication && openReader({ publication, tag: record.ref.name, secrets });
      if (!reader) {
        all.push({ ...fact, found: "unasked", detail: `the definition has no ${name} any more` });
        continue;
      }
      const read = await reader.read({ at, sha256 });
      if (read === sha256) all.push({ ...fact, found: "whole" });
      else if (read === undefined) all.push({ ...fact, found: "lost" });
      else all.push({ ...fact, found: "changed", detail: read });
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      all.push({ ...fact, found: "unasked", detail: error.message });
    }
  }
  await reader?.close?.();
  return all;
}

/** Takes what was lost off the record, so that the release isn't finished any more, and is published once more. */
export function reopenLost(records: ReleaseRecords, read: readonly ReadBack[]): void {
  for (const { release, publication, found } of read) {
    if (found !== "lost" && found !== "changed") continue;
    const record = records.read(release)!;
    const { [publication]: _, ...publications } = record.publications;
    records.write(release, { ...record, publications, finishedAt: null });
  }
}
