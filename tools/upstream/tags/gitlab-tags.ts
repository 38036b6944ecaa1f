import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { lookAtTags, type Tag } from "./look-at-tags.ts";
import type { NewVersionPorts } from "../new-version/new-version.ts";
import { parseTagSource } from "./tag-source.ts";
import type { Upstream, UpstreamPorts } from "../upstream.ts";

const host = "gitlab.com";
const perPage = 100;
/** The newest come first; a project with more tags than this has old ones behind them. */
const mostPages = 20;

const answered = z.array(
  z.object({
    name: z.string(),
    /** Null where the tag leads to something else. */
    commit: z
      .object({ id: z.string().regex(/^[0-9a-f]{40,64}$/), committed_date: z.string().nullish() })
      .nullish(),
  }),
);

/**
 * `gitlab:ID`: the newest version tag of a project on gitlab.com, by its number or path.
 *
 * Asked is the REST API (https://docs.gitlab.com/api/tags/): only it knows a project by its number, and one request
 * tells what Git needs two more for, names and the commits behind them, newest version first. Its limit is 500
 * requests a minute and address.
 */
export function gitlabTags(ports: NewVersionPorts & Pick<UpstreamPorts, "gitlabToken">): Upstream {
  const place = {
    parse: (source: string) => parseTagSource("gitlab", source),
    tags: (project: string) => allTags(project, ports),
  };
  return { look: (packages) => lookAtTags(packages, place, ports) };
}

async function allTags(
  project: string,
  { http, gitlabToken }: Pick<UpstreamPorts, "http" | "gitlabToken">,
): Promise<Tag[]> {
  const headers = gitlabToken === undefined ? {} : { authorization: `Bearer ${gitlabToken}` };
  const tags: Tag[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const query = `order_by=version&sort=desc&per_page=${perPage}&page=${page}`;
    const url = `https://${host}/api/v4/projects/${encodeURIComponent(project)}/repository/tags?${query}`;
    const { status, headers: answer, body } = await http.fetch(url, { headers });
    if (status !== 200) throw refused(project, status);
    tags.push(...read(project, body));
    if ((answer["x-next-page"] ?? "") === "") break;
  }
  return tags;
}

function read(project: string, body: Buffer): Tag[] {
  const parsed = answered.safeParse(json(body));
  if (!parsed.success) throw unavailable(project, "it answered something else");
  return parsed.data.flatMap(({ name, commit }) => {
    if (!commit) return [];
    const time = Date.parse(commit.committed_date ?? "");
    return [{ name, commit: commit.id, committedAt: Number.isNaN(time) ? undefined : time }];
  });
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** A 404 is also what a private project answers; who forbids everything may have been bothered too often. */
function refused(project: string, status: number): SluiceError {
  if (status === 403) return unavailable(project, "it refused to answer (403)");
  const reason = status === 404 ? "there is no such project for everyone to see" : `it answered ${status}`;
  return new SluiceError("tags-refused", `${host} doesn't tell the tags of ${project}: ${reason}.`, {
    hint: "Check CI_PKGBUILD_SOURCE and, where one is set, the token for gitlab.com.",
    facts: { host, status },
    exitCode: 1,
  });
}

function unavailable(project: string, reason: string): SluiceError {
  return new SluiceError("unavailable", `${host} doesn't tell the tags of ${project}: ${reason}.`, {
    hint: "The next run asks again.",
    facts: { host },
    exitCode: 1,
  });
}
