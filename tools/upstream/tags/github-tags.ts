import { lookAtTags, type Tag } from "./look-at-tags.ts";
import type { NewVersionPorts } from "../new-version/new-version.ts";
import type { RemoteRefs } from "../refs/remote-refs.ts";
import { parseTagSource } from "./tag-source.ts";
import type { Upstream } from "../upstream.ts";

const prefix = "refs/tags/";

/**
 * `github:OWNER/REPO`: the newest version tag of a repository on github.com.
 *
 * Asked is Git, not the REST API: that one answers 60 requests an hour without a token and 1,000 with a workflow's,
 * fewer than there are packages to ask for, and has tags in pages without an order that helps. Git tells all of them
 * at once, with the commits behind annotated ones, and needs no token.
 */
export function githubTags(ports: NewVersionPorts, refs: RemoteRefs): Upstream {
  const place = {
    parse: (source: string) => parseTagSource("github", source),
    tags: (project: string) => allTags(`https://github.com/${project}.git`, refs),
  };
  return { look: (packages) => lookAtTags(packages, place, ports) };
}

async function allTags(url: string, remote: RemoteRefs): Promise<Tag[]> {
  const answer = await remote.ask(url, [prefix]);
  if (answer.kind !== "refs") throw answer.error;
  return [...answer.refs].flatMap(([name, { id, peeled }]) =>
    name.startsWith(prefix) ? [{ name: name.slice(prefix.length), commit: peeled ?? id }] : [],
  );
}
