import type { DefinedChannel, Definition } from "../definition/definition.ts";
import { describeRef, whyUnsafe, type ReleaseRef } from "./ref.ts";

export type Classified =
  | { readonly kind: "channel"; readonly channel: DefinedChannel; readonly reason: string }
  | { readonly kind: "none"; readonly reason: string };

/**
 * The first channel that takes a ref: whose pattern matches the whole name, after the project's prefix. A tag that
 * merely holds what a pattern looks like, such as `xv0.4.1`, is something else.
 *
 * @param trigger only channels that wait for this trigger; undefined: whatever they wait for
 */
export function classify(
  { project, prefix, channels }: Pick<Definition, "project" | "prefix" | "channels">,
  ref: ReleaseRef,
  trigger?: string,
): Classified {
  const unsafe = whyUnsafe(ref);
  if (unsafe !== undefined) return { kind: "none", reason: unsafe };
  if (ref.kind === "tag" && !ref.name.startsWith(prefix)) {
    return {
      kind: "none",
      reason: `the ${describeRef(ref)} doesn't begin with ${prefix}, as those of ${project} do`,
    };
  }
  const open = [...channels.values()].filter(
    (channel) => trigger === undefined || channel.trigger === trigger,
  );
  const name = ref.kind === "tag" ? ref.name.slice(prefix.length) : ref.name;
  for (const channel of open) {
    const how = whatMatches(channel, ref.kind, name);
    if (how !== undefined) {
      return { kind: "channel", channel, reason: `the ${describeRef(ref)} is ${channel.name}: ${how}` };
    }
  }
  const patterns = open.flatMap((channel) => {
    const pattern = ref.kind === "review" ? undefined : channel[ref.kind];
    return pattern ? [`${channel.name} takes ${pattern.text}`] : [];
  });
  const only = patterns.length > 0 ? `: ${patterns.join(", ")}` : "";
  return { kind: "none", reason: `no channel of ${project} takes the ${describeRef(ref)}${only}` };
}

function whatMatches(
  { tag, branch, reviews }: DefinedChannel,
  kind: ReleaseRef["kind"],
  name: string,
): string | undefined {
  if (kind === "review") return reviews ? "it takes every review" : undefined;
  const pattern = kind === "tag" ? tag : branch;
  return pattern?.matches(name) ? `${pattern.text} matches the whole name` : undefined;
}
