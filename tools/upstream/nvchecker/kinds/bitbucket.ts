import { z } from "zod";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found, FoundVersion } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";
import { repositoryOption } from "./repository-option.ts";

/**
 * A repository on Bitbucket: its newest tags, or the day of its newest commit.
 * https://developer.atlassian.com/cloud/bitbucket/rest/
 */
export async function askBitbucket(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const api = `https://bitbucket.org/api/2.0/repositories/${repositoryOption(entry, "bitbucket")}`;
  if (isSet(entry, "use_sorted_tags")) {
    const sort = textOption(entry, "sort") ?? "-target.date";
    const query = textOption(entry, "query");
    return await tagsAt(
      asking,
      `${api}/refs/tags?${new URLSearchParams({ sort, ...(query && { q: query }) })}`,
      1,
    );
  }
  if (isSet(entry, "use_max_tag")) return await tagsAt(asking, `${api}/refs/tags`, 3);
  const url = `${api}/commits/${encodeURIComponent(textOption(entry, "branch") ?? "")}`;
  const [newest] = (await asking.api(url, commits)).values;
  if (newest === undefined) throw answerError(url, "has no such commits");
  const [day = ""] = newest.date.split("T");
  return { version: day.replaceAll("-", ""), commit: newest.hash };
}

async function tagsAt(asking: Asking, first: string, pages: number): Promise<FoundVersion[]> {
  const found: FoundVersion[] = [];
  let url: string | undefined = first;
  for (let page = 0; page < pages && url !== undefined; page += 1) {
    // The next page is named by the answer, and is only asked for where it's the same API's.
    const answer: z.infer<typeof tags> = await asking.api(url, tags);
    found.push(...answer.values.map(({ name, target }) => ({ version: name, commit: target?.hash })));
    url = answer.next?.startsWith("https://bitbucket.org/api/2.0/") ? answer.next : undefined;
  }
  return found;
}

const tags = z.object({
  values: z.array(z.object({ name: z.string(), target: z.object({ hash: z.string() }).optional() })),
  next: z.string().optional(),
});
const commits = z.object({ values: z.array(z.object({ hash: z.string(), date: z.string() })) });
