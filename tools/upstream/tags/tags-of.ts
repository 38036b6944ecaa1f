import type { RemoteRefs } from "../refs/remote-refs.ts";

const tagPrefix = "refs/tags/";

/**
 * Tags of a repository and the commits that they come down to; undefined where it isn't reached safely: only over
 * https, since elsewhere anybody on the way could answer.
 */
export async function tagsOf(
  refs: Pick<RemoteRefs, "ask">,
  url: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const answer = url.startsWith("https://") ? await refs.ask(url, [tagPrefix]) : undefined;
  if (answer?.kind !== "refs") return undefined;
  const tags = [...answer.refs].filter(([name]) => name.startsWith(tagPrefix));
  return new Map(tags.map(([name, { id, peeled }]) => [name.slice(tagPrefix.length), peeled ?? id]));
}
