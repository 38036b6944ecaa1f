import { listOf, type DefinedChannel, type Definition } from "../definition/definition.ts";
import { madeIn, stagesOf, stagesSoFar } from "../definition/channel-lines.ts";
import type { Publication } from "../definition/publication-kinds.ts";

export interface Chosen {
  readonly name: string;
  readonly publication: Publication;
  readonly reason: string;
}

/** Whether a channel's runs publish nothing: they are there for what their jobs find. */
export function onlyChecks(definition: Definition, channel: DefinedChannel): boolean {
  return publicationsOf(definition, channel).chosen.length === 0;
}

interface Choice {
  readonly isPublished: boolean;
  readonly reason: string;
}

/**
 * What a channel publishes: what it names, or else what is whole by then and has something new that its own stages
 * made. So a channel that only checks publishes nothing, and one that comes after another publishes nothing again.
 */
export function publicationsOf(
  definition: Definition,
  channel: DefinedChannel,
): { chosen: readonly Chosen[]; leftOut: readonly { publication: string; reason: string }[] } {
  const chosen: Chosen[] = [];
  const leftOut: { publication: string; reason: string }[] = [];
  const made = madeIn(definition, stagesOf(definition, channel));
  const whole = madeIn(definition, stagesSoFar(definition, channel.name));
  for (const [name, publication] of definition.publications) {
    const { isPublished, reason } = choose(name, publication);
    if (isPublished) chosen.push({ name, publication, reason });
    else leftOut.push({ publication: name, reason });
  }
  return { chosen, leftOut };

  function choose(name: string, publication: Publication): Choice {
    // Anybody proposes a change.
    if (channel.reviews)
      return { isPublished: false, reason: `${channel.name} takes reviews, which publish nothing` };
    if (channel.publish) {
      const isPublished = channel.publish.includes(name);
      return { isPublished, reason: `${channel.name} names ${isPublished ? "it" : "others"} in \`publish\`` };
    }
    if (!channel.stages) return { isPublished: true, reason: `${channel.name} publishes everything` };
    const of = listOf(publication.of);
    if (publication.to === "crates") {
      return {
        isPublished: false,
        reason: `${channel.name} has \`stages\`, and doesn't name it in \`publish\``,
      };
    }
    if (publication.to === "page") {
      const isPublished = of.some((each) => chosen.some((other) => other.name === each));
      return {
        isPublished,
        reason: `${channel.name} publishes ${isPublished ? "what" : "nothing that"} it lists`,
      };
    }
    const artifacts = of.map((each) => definition.archives.get(each)?.of ?? each);
    const missing = artifacts.find((each) => !whole.has(each));
    if (missing !== undefined)
      return { isPublished: false, reason: `there is no ${missing} yet in ${channel.name}` };
    const isPublished = artifacts.some((each) => made.has(each));
    return {
      isPublished,
      reason: `${channel.name} makes ${isPublished ? "what" : "nothing that"} it publishes`,
    };
  }
}
