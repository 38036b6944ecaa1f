import { z } from "zod";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found, FoundVersion } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";
import { hostOption, repositoryOption } from "./repository-option.ts";

/** A repository on GitHub: its newest commit, its releases or its tags. https://docs.github.com/en/rest */
export async function askGithub(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const api = `https://api.${hostOption(entry, "github.com")}/repos/${repositoryOption(entry, "github")}`;
  if (isSet(entry, "use_latest_tag")) return await latestTag(entry, asking);
  if (isSet(entry, "use_latest_release")) return await latestRelease(entry, asking, api);
  if (isSet(entry, "use_max_tag")) {
    const refs = await asking.api(`${api}/git/refs/tags`, tagRefs);
    return refs.map(({ ref, object }) => ({
      version: ref.replace(/^refs\/tags\//, ""),
      // An annotated tag is an object of its own; its commit isn't in this answer.
      commit: object.type === "commit" ? object.sha : undefined,
    }));
  }
  if (isSet(entry, "use_max_release")) {
    const all = await asking.api(`${api}/releases`, releases);
    return all
      .filter(({ draft, prerelease }) => !draft && (!prerelease || isSet(entry, "include_prereleases")))
      .map((one) => releaseVersion(entry, one));
  }
  return await newestCommit(entry, asking, api);
}

async function latestRelease(entry: NvcheckerEntry, asking: Asking, api: string): Promise<FoundVersion> {
  if (!isSet(entry, "include_prereleases")) {
    return releaseVersion(entry, await asking.api(`${api}/releases/latest`, release));
  }
  // nvchecker asks GraphQL for this, which wants a token; the list has the same one first.
  const newest = (await asking.api(`${api}/releases`, releases)).find(({ draft }) => !draft);
  if (newest === undefined) throw answerError(api, "has no releases");
  return releaseVersion(entry, newest);
}

function releaseVersion(
  entry: NvcheckerEntry,
  { name, tag_name: tag }: z.infer<typeof release>,
): FoundVersion {
  return { version: isSet(entry, "use_release_name") ? (name ?? "") : tag };
}

/** The time of the newest commit, as `20240131.123456`. */
async function newestCommit(entry: NvcheckerEntry, asking: Asking, api: string): Promise<FoundVersion> {
  const query = new URLSearchParams();
  for (const [option, parameter] of [
    ["branch", "sha"],
    ["path", "path"],
  ] as const) {
    const value = textOption(entry, option);
    if (value) query.set(parameter, value);
  }
  const [newest] = await asking.api(`${api}/commits${query.size === 0 ? "" : `?${query}`}`, commits);
  if (newest === undefined) throw answerError(api, "has no such commits");
  const { date } = newest.commit.committer;
  return { version: date.replace(/Z$/, "").replaceAll(/[-:]/g, "").replace("T", "."), commit: newest.sha };
}

/** The tag of the latest commit, or of those that have `query` in their names. Only GraphQL tells it, to whom has a token. */
async function latestTag(entry: NvcheckerEntry, asking: Asking): Promise<FoundVersion> {
  const host = hostOption(entry, "github.com");
  const url = host === "github.com" ? "https://api.github.com/graphql" : `https://${host}/api/graphql`;
  const [owner, name] = repositoryOption(entry, "github").split("/").map(decodeURIComponent);
  const variables = { owner, name, query: textOption(entry, "query") ?? "" };
  const { data } = await asking.api(url, latestTags, { query: latestTagQuery, variables });
  const newest = data.repository?.refs.nodes[0];
  if (newest === undefined) throw answerError(url, `knows no tag of ${owner}/${name}`);
  const { oid, target } = newest.target;
  return { version: newest.name, commit: target?.oid ?? oid };
}

const latestTagQuery = `query($owner: String!, $name: String!, $query: String!) {
  repository(owner: $owner, name: $name) {
    refs(refPrefix: "refs/tags/", first: 1, query: $query, orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) {
      nodes { name target { oid ... on Tag { target { oid } } } }
    }
  }
}`;
const oid = z.object({ oid: z.string() });
const latestTags = z.object({
  data: z.object({
    repository: z
      .object({
        refs: z.object({
          nodes: z.array(z.object({ name: z.string(), target: oid.extend({ target: oid.optional() }) })),
        }),
      })
      .nullish(),
  }),
});

const release = z.object({
  tag_name: z.string(),
  name: z.string().nullish(),
  prerelease: z.boolean(),
  draft: z.boolean(),
});
const releases = z.array(release);
const tagRefs = z.array(
  z.object({ ref: z.string(), object: z.object({ sha: z.string(), type: z.string() }) }),
);
const commits = z.array(
  z.object({ sha: z.string(), commit: z.object({ committer: z.object({ date: z.string() }) }) }),
);
