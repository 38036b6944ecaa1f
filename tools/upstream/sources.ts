import type { Sandbox } from "../sandbox/sandbox.ts";
import { openAur, type Aur, type AurMemory } from "./aur.ts";
import { readDistribution, knownDatabaseSchema, type DatabaseSighting } from "./distribution.ts";
import { gitUpstream } from "./git.ts";
import { githubTags } from "./github-tags.ts";
import { gitlabTags } from "./gitlab-tags.ts";
import { nvcheckerUpstream } from "./nvchecker.ts";
import { RemoteRefs } from "./remote-refs.ts";
import { runUpdateScript, type UpdatedRecipe, type UpdateScript } from "./update-script.ts";
import type { Followed, Sighting, Upstream, UpstreamPorts } from "./upstream.ts";
import { newestCommits, type CommitFollower, type CommitSighting } from "./vcs.ts";

/** A package's recipe upstream: its CI_PKGBUILD_SOURCE, or its nvchecker file. */
export interface FollowedRecipe extends Followed {
  readonly byNvchecker: boolean;
}

interface Kind {
  readonly follows: (pkg: FollowedRecipe) => boolean;
  readonly open: (opened: Opened) => Upstream;
}

interface Opened {
  readonly ports: UpstreamPorts;
  readonly remoteRefs: RemoteRefs;
  readonly aur: Aur;
}

/** The kinds of sources; the first one that follows a package is asked. A new kind is a line here. */
const kinds: readonly Kind[] = [
  {
    follows: ({ byNvchecker }) => byNvchecker,
    open: ({ ports, remoteRefs }) => nvcheckerUpstream({ ...ports, remoteRefs }),
  },
  { follows: ({ source }) => source === "aur", open: ({ aur }) => aur },
  {
    follows: ({ source }) => source.startsWith("gitlab:"),
    open: ({ ports }) => gitlabTags(ports),
  },
  {
    follows: ({ source }) => source.startsWith("github:"),
    open: ({ ports, remoteRefs }) => githubTags({ ...ports, remoteRefs }),
  },
  { follows: () => true, open: ({ ports, remoteRefs }) => gitUpstream({ ...ports, remoteRefs }) },
];

/** All upstreams of one run. Nobody is asked before a question is. */
export function openUpstreams(ports: UpstreamPorts, memory: AurMemory, sandbox: Sandbox): OpenUpstreams {
  const remoteRefs = new RemoteRefs(ports.http, ports.scratch);
  const aur = openAur(ports, memory);
  const opened = kinds.map(({ follows, open }) => ({ follows, upstream: open({ ports, remoteRefs, aur }) }));
  return {
    async recipes(packages) {
      const groups = Map.groupBy(packages, (pkg) => opened.find(({ follows }) => follows(pkg))!);
      const looks = [...groups].map(([{ upstream }, group]) => upstream.look(group));
      return new Map((await Promise.all(looks)).flatMap((sightings) => [...sightings]));
    },
    async commits(packages) {
      const groups = Map.groupBy(packages, ({ sources }) => sources);
      const looks = [...groups].map(([sources, group]) => newestCommits(remoteRefs, group, sources));
      return new Map((await Promise.all(looks)).flatMap((sightings) => [...sightings]));
    },
    runUpdateScript: (script) => runUpdateScript(script, sandbox),
    async tagsOf(url) {
      const answer = await remoteRefs.ask(url, ["refs/tags/"]);
      return answer.kind === "refs" ? peeled(answer.refs) : undefined;
    },
    libraries: (urls, known) => readDistribution(urls, readKnown(known), ports.http),
    aurEtag: () => aur.etag(),
  };
}
