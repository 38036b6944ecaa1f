import type { Need } from "../binaries/need.ts";
import type { ChangedSource } from "../gate/source-change/changed-sources.ts";
import type { SourceReport } from "../gate/source-change/source-section.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { openAur, type Aur, type AurMemory } from "./aur/aur.ts";
import {
  knownDatabaseSchema,
  readDistribution,
  type DatabaseSighting,
  type KnownDatabase,
} from "./distribution/distribution.ts";
import { readGives, type GivesSighting, type KnownGives } from "./distribution/gives.ts";
import { readPublishedNeeds, type PublishedNeeds } from "./distribution/published-needs.ts";
import { readSymbols, type AskedLibraries } from "./distribution/symbols.ts";
import { gitUpstream } from "./recipe-repositories/git-upstream.ts";
import { githubTags } from "./tags/github-tags.ts";
import { gitlabTags } from "./tags/gitlab-tags.ts";
import { openAsking, type Asking } from "./nvchecker/asking.ts";
import { nvcheckerUpstream } from "./nvchecker/nvchecker.ts";
import { lookAtRebuilds, type RebuildOn, type RebuildSighting } from "./nvchecker/rebuild-on.ts";
import { RemoteRefs, type RefsAnswer } from "./refs/remote-refs.ts";
import { tagsOf } from "./tags/tags-of.ts";
import { lookAtSources } from "./source-content/look-at-sources.ts";
import { runUpdateScript, type UpdatedRecipe, type UpdateScript } from "./update-script/update-script.ts";
import type { Followed, Sighting, Upstream, UpstreamPorts } from "./upstream.ts";
import { newestCommits, type CommitFollower, type CommitSighting } from "./vcs/vcs.ts";

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
  readonly refs: RemoteRefs;
  readonly aur: Aur;
  readonly asking: Asking;
}

/** The kinds of sources; the first one that follows a package is asked. A new kind is a line here. */
const kinds: readonly Kind[] = [
  {
    follows: ({ byNvchecker }) => byNvchecker,
    open: ({ ports, refs, asking }) => nvcheckerUpstream({ ...ports, remoteRefs: refs }, asking),
  },
  { follows: ({ source }) => source === "aur", open: ({ aur }) => aur },
  {
    follows: ({ source }) => source.startsWith("gitlab:"),
    open: ({ ports }) => gitlabTags(ports),
  },
  {
    follows: ({ source }) => source.startsWith("github:"),
    open: ({ ports, refs }) => githubTags(ports, refs),
  },
  { follows: () => true, open: ({ ports, refs }) => gitUpstream(ports, refs) },
];

/** All that one run asks of the world outside. */
export interface Upstreams {
  /** Recipes of packages, each from its kind of source; exactly one sighting for each. */
  recipes(packages: readonly FollowedRecipe[]): Promise<ReadonlyMap<string, Sighting>>;
  commits(packages: readonly FollowedCommits[]): Promise<ReadonlyMap<string, CommitSighting>>;
  runUpdateScript(script: UpdateScript): Promise<UpdatedRecipe>;
  /** Tags of a repository and the commits that they come down to; undefined where it isn't reached safely. */
  tagsOf(url: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** What changed in these sources of an update, which are fetched and read for it; see `lookAtSources`. */
  sourceChange(changed: readonly ChangedSource[]): Promise<SourceReport>;
  /** All tags and branches of a project's repository. */
  refsOf(url: string, more?: readonly string[]): Promise<RefsAnswer>;
  /** What the `.CI/rebuild-on.toml` of packages name, as it is now. */
  rebuildsOn(packages: readonly RebuildOn[]): Promise<ReadonlyMap<string, RebuildSighting>>;
  libraries(urls: readonly string[], known: readonly unknown[]): Promise<readonly DatabaseSighting[]>;
  /** What the distribution's packages give, by the addresses of its databases. */
  gives(
    urls: readonly string[],
    known: readonly KnownGives[],
    arch: string,
  ): Promise<readonly GivesSighting[]>;
  /** The symbol versions that its packages give, of as many as one run may fetch, by what was asked. */
  symbols(asked: readonly AskedLibraries[]): Promise<ReadonlyMap<AskedLibraries, readonly Need[]>>;
  /**
   * What is published beside a database of our own; undefined where that isn't known.
   *
   * @param before its digest as it was seen last
   */
  publishedNeeds(database: string, before: string | undefined): Promise<PublishedNeeds | undefined>;
  /** The ETag of the AUR's metadata as `recipes` learnt it; undefined where it has none. */
  aurEtag(): string | undefined;
}

export interface FollowedCommits extends CommitFollower {
  /** CI_VCS_SOURCES */
  readonly sources: "first" | "all";
}

/** What the last run remembered of upstreams. */
export interface UpstreamMemory extends AurMemory {
  /** What each database of CI_LIB_DB was last read as. */
  readonly databases?: readonly unknown[];
}

/** Nobody is asked before a question is; every question is asked once in a run. */
export function openUpstreams(ports: UpstreamPorts, memory: UpstreamMemory, sandbox: Sandbox): Upstreams {
  const refs = new RemoteRefs(ports.http, ports.scratch);
  const aur = openAur(ports, memory);
  const databases = new Map<string, Promise<readonly DatabaseSighting[]>>();
  const libraries = (urls: readonly string[], known: readonly unknown[]) => {
    const key = urls.join(" ");
    const read = databases.get(key) ?? readDistribution(urls, known.flatMap(knownDatabase), ports.http);
    databases.set(key, read);
    return read;
  };
  const asking = openAsking({
    ...ports,
    remoteRefs: refs,
    libraries: () => libraries(ports.libraryDatabases, memory.databases ?? []),
  });
  const opened = kinds.map(({ follows, open }) => ({
    follows,
    upstream: open({ ports, refs, aur, asking }),
  }));
  return {
    async recipes(packages) {
      const looks = opened.map(({ upstream }, kind) => {
        const own = packages.filter((pkg) => opened.findIndex(({ follows }) => follows(pkg)) === kind);
        return own.length === 0 ? [] : upstream.look(own);
      });
      return new Map((await Promise.all(looks)).flatMap((sightings) => [...sightings]));
    },
    async commits(packages) {
      const looks = (["first", "all"] as const).map((sources) => {
        const own = packages.filter((pkg) => pkg.sources === sources);
        return newestCommits(refs, own, sources);
      });
      return new Map((await Promise.all(looks)).flatMap((sightings) => [...sightings]));
    },
    runUpdateScript: (script) => runUpdateScript(script, sandbox),
    tagsOf: (url) => tagsOf(refs, url),
    sourceChange: (changed) =>
      lookAtSources(changed, { ...ports, sandbox, tagsOf: (url) => tagsOf(refs, url) }),
    refsOf: (url, more = []) => refs.ask(url, ["refs/tags/", "refs/heads/", ...more]),
    rebuildsOn: (packages) => lookAtRebuilds(packages, asking),
    libraries,
    gives: (urls, known, arch) => readGives(urls, known, arch, ports.http, ports.now),
    symbols: (asked) => readSymbols(asked, ports.http),
    publishedNeeds: (database, before) => readPublishedNeeds(database, before, ports.http),
    aurEtag: () => aur.etag(),
  };
}

/** What isn't understood of the last run's memory is read again. */
function knownDatabase(known: unknown): KnownDatabase[] {
  const parsed = knownDatabaseSchema.safeParse(known);
  return parsed.success ? [parsed.data] : [];
}
