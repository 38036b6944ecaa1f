import { SluiceError } from "../../errors.ts";
import { databasesFor } from "../../upstream/distribution/databases-for.ts";
import type { GivesSighting, KnownGives } from "../../upstream/distribution/gives.ts";
import type { PublishedNeeds } from "../../upstream/distribution/published-needs.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";

/** What there is of one architecture to be compared. */
export interface NeedsLook {
  readonly arch: string;
  readonly sightings: readonly GivesSighting[];
  /** What is published; undefined where nobody knows, or the distribution isn't known as a whole. */
  readonly published: PublishedNeeds | undefined;
}

interface Where {
  readonly config: RepositoryConfig;
  readonly upstreams: Pick<Upstreams, "gives">;
  readonly published: (arch: string, before: string | undefined) => Promise<PublishedNeeds | undefined>;
}

/**
 * Looks at what is published for an architecture and at what its distribution gives; nothing is read where one of
 * them is missing.
 */
export async function lookAt(
  arch: string,
  { config, upstreams, published }: Where,
  known: readonly KnownGives[],
  before: string | undefined,
): Promise<NeedsLook> {
  const databases = databasesFor(arch, config.CI_ARCHES, config.CI_LIB_DB);
  const urls = databases.filter((url) => !isOwnDatabase(url, config));
  const needs = await published(arch, before).catch(orSluiceError);
  if (needs instanceof SluiceError) {
    const url = databases.find((one) => isOwnDatabase(one, config)) ?? "";
    const sighting = { url, known: undefined, isNew: false, error: needs };
    return { arch, sightings: [sighting], published: undefined };
  }
  if (needs === undefined || urls.length === 0) return { arch, sightings: [], published: undefined };
  const sightings = await upstreams.gives(urls, known, arch);
  // What one database of several doesn't have another one may.
  const isWhole = sightings.every((sighting) => sighting.known !== undefined);
  return { arch, sightings, published: isWhole ? needs : undefined };
}

/** An error that is expected, as what the question came to; rethrows a defect. */
export function orSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  throw error;
}

/** What the repository itself publishes, as a database of CI_LIB_DB says it: it is asked for by what it keeps itself. */
export function isOwnDatabase(url: string, { BUILD_REPO }: Pick<RepositoryConfig, "BUILD_REPO">): boolean {
  return url.replace(/[?#].*/, "").endsWith(`/${BUILD_REPO}.db`);
}
