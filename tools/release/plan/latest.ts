import type { DefinedChannel } from "../definition/definition.ts";
import { compareVersions, isPrerelease } from "../refs/version.ts";
import type { Evidence } from "./evidence.ts";

type Channel = Pick<DefinedChannel, "name" | "prerelease">;

/** As the channel says; where it says nothing, as the version does. */
export function isPrereleaseOf({ prerelease }: Channel, version: string | undefined): boolean {
  return prerelease ?? (version !== undefined && isPrerelease(version));
}

/** Whether a version becomes what is called the latest: no newer one of its channel is released, prereleases aside. */
export function isLatest(
  channel: Channel,
  version: string | undefined,
  { released }: Pick<Evidence, "released">,
): boolean {
  if (version === undefined || isPrereleaseOf(channel, version)) return false;
  return released
    .filter((other) => other.channel === channel.name && !isPrereleaseOf(channel, other.version))
    .every((other) => compareVersions(other.version, version) <= 0);
}
