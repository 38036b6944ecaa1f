import type { DefinedChannel, Definition } from "./definition.ts";

/** The channels that a commit has gone through before it comes to this one, by `after`, the nearest first. */
export function channelsBefore({ channels }: Pick<Definition, "channels">, name: string): readonly string[] {
  const found: string[] = [];
  const open = [name];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const condition of channels.get(next)?.after ?? []) {
      if (condition.kind !== "green" || found.includes(condition.channel)) continue;
      found.push(condition.channel);
      open.push(condition.channel);
    }
  }
  return found;
}

/** The stages that a channel runs, in the file's order. */
export function stagesOf(
  { stages }: Pick<Definition, "stages">,
  channel: Pick<DefinedChannel, "stages">,
): readonly string[] {
  const all = [...stages.keys()];
  return channel.stages ? all.filter((stage) => channel.stages!.includes(stage)) : all;
}

/** The stages that a commit has gone through when a channel has run its own. */
export function stagesSoFar(
  definition: Pick<Definition, "channels" | "stages">,
  name: string,
): ReadonlySet<string> {
  const channels = [name, ...channelsBefore(definition, name)];
  return new Set(
    channels.flatMap((each) => {
      const channel = definition.channels.get(each);
      return channel ? stagesOf(definition, channel) : [];
    }),
  );
}

/** The artifacts that the jobs of these stages make. */
export function madeIn({ stages }: Pick<Definition, "stages">, names: Iterable<string>): ReadonlySet<string> {
  const jobs = [...names].flatMap((name) => [...(stages.get(name)?.values() ?? [])]);
  return new Set(jobs.flatMap(({ makes }) => [...makes.keys()]));
}
