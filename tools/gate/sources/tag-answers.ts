import type { TagAnswer, TagQuestion } from "../update.ts";

/** Names of a repository's tags and the commits that they come down to; undefined where it isn't reached. */
export type TagsOf = (url: string) => Promise<ReadonlyMap<string, string> | undefined>;

/** Answers whether a commit is the tag of its version, asking every repository once. */
export function answerTags(tagsOf: TagsOf): (question: TagQuestion) => Promise<TagAnswer> {
  const asked = new Map<string, ReturnType<TagsOf>>();
  return async (question) => {
    const tags = asked.get(question.url) ?? tagsOf(question.url);
    asked.set(question.url, tags);
    return answerFrom(await tags, question);
  };
}

function answerFrom(
  tags: ReadonlyMap<string, string> | undefined,
  { commit, version }: TagQuestion,
): TagAnswer {
  if (!tags) return "unreachable";
  // Of what may be a tag or the beginning of a commit's id, Git takes the tag.
  const isTagged = [...tags].some(
    ([name, id]) =>
      isTagOf(name, version) &&
      (id.startsWith(commit.toLowerCase()) || (name === commit && commit.length < 40)),
  );
  return isTagged ? "tagged" : "not-tagged";
}

/** `v1.2.3`, `foo-1.2.3` and `release/1_2_3` are tags of 1.2.3; `1.2.3-rc1` isn't. */
export function isTagOf(name: string, version: string): boolean {
  const [tag, wanted] = [name, version].map((text) => text.replaceAll(/[._+~-]/g, "."));
  if (tag === undefined || wanted === undefined || !tag.endsWith(wanted)) return false;
  return /^$|[^\d.]\.?$/.test(tag.slice(0, tag.length - wanted.length));
}
