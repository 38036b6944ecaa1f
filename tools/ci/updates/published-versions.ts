import type { DatabaseSighting } from "../../upstream/distribution/distribution.ts";
import { parseVersions, type Versions } from "../../upstream/distribution/versions.ts";

/**
 * The version of a package as it is published: in the workspace's own database if that is one of CI_LIB_DB
 * (`<BUILD_REPO>.db`), else in any; while that can't be read, as it was when it last could.
 */
export function publishedVersions(
  sightings: readonly DatabaseSighting[],
  repository: string,
  versions: Versions,
): (pkgbase: string) => string | undefined {
  const file = `${repository}.db`;
  const own = sightings.filter((sighting) => fileNameOf(urlOf(sighting)) === file);
  const known = (own.length > 0 ? own : sightings).flatMap(({ database }) => database ?? []);
  const places = known.length > 0 ? known.map(({ packages }) => parseVersions(packages)) : [versions];
  return (pkgbase) => places.map((place) => place.get(pkgbase)).find((version) => version !== undefined);
}

function urlOf(sighting: DatabaseSighting): string {
  return sighting.kind === "unavailable" ? sighting.url : sighting.database.url;
}

function fileNameOf(url: string): string | undefined {
  return url
    .replace(/[?#].*/, "")
    .split("/")
    .at(-1);
}
