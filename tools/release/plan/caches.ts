import { allJobs, type DefinedChannel, type Definition } from "../definition/definition.ts";
import { channelsBefore } from "../definition/channel-lines.ts";
import type { ReleaseRef } from "../refs/ref.ts";
import { onlyChecks } from "./publications-of.ts";

/**
 * Whether the runs of a channel use caches. Nobody can tell from outside what a compiler took out of a cache, so what is
 * published, and the gates on its way there, are made and tested from nothing: caches are for channels that publish
 * nothing, and on which no channel builds that does. What a stranger proposes for review may read them and leaves none.
 */
export function cachesOf(
  definition: Definition,
  { name }: DefinedChannel,
  { kind }: ReleaseRef,
): { readonly keep: boolean } | null {
  if (allJobs(definition).every(({ cache }) => cache.length === 0)) return null;
  const decides = [...definition.channels.values()].some(
    (other) =>
      !onlyChecks(definition, other) &&
      (other.name === name || channelsBefore(definition, other.name).includes(name)),
  );
  return decides ? null : { keep: kind !== "review" };
}
