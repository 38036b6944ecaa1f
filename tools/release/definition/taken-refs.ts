import type { DefinedChannel } from "./definition.ts";

/** Which refs a channel takes, in words: `tags v* and the branch main, when nightly is triggered`. */
export function takenBy({ tag, branch, reviews, trigger, after }: DefinedChannel): string {
  const refs = [
    ...(tag ? [`tags ${tag.text}`] : []),
    ...(branch ? [`the branch ${branch.text}`] : []),
    ...(reviews ? ["every review"] : []),
  ];
  const from = after.flatMap((condition) => (condition.kind === "green" ? [condition.channel] : []));
  const what = refs.length > 0 ? refs.join(" and ") : `what ${from.join(" and ")} has let through`;
  return trigger === undefined ? what : `${what}, when ${trigger} is triggered`;
}
