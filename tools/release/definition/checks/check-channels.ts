import {
  allJobs,
  jobName,
  listOf,
  type Condition,
  type DefinedChannel,
  type Definition,
} from "../definition.ts";
import { named, shown, suggestion } from "../explain.ts";
import { channelsBefore, madeIn, stagesOf, stagesSoFar } from "../channel-lines.ts";
import { makersOf } from "../makers.ts";
import type { Mistake } from "../problems.ts";

/** What channels say of stages, publications and each other. */
export function checkChannels(definition: Definition): Mistake[] {
  const { channels } = definition;
  if (channels.size === 0)
    return [{ at: ["channels"], message: "channels: there is none, so nothing is released" }];
  return [...channels.values()].flatMap((channel) => [
    ...checkRefs(channel),
    ...checkNames(definition, channel),
    ...channel.after.flatMap((condition) => checkCondition(definition, channel, condition)),
    ...checkTaken(definition, channel),
    ...checkPublished(definition, channel),
  ]);
}

function checkRefs(channel: DefinedChannel): Mistake[] {
  const { name, tag, branch, reviews, trigger, after, alias, prerelease } = channel;
  const mistakes: Mistake[] = [];
  const at = ["channels", name];
  if (!tag && !branch && !reviews && !after.some(({ kind }) => kind === "green")) {
    mistakes.push({ at, message: `${named(at)}takes nothing; it needs tag, branch, reviews or after` });
  }
  if (tag && trigger !== undefined) {
    const there = [...at, "trigger"];
    mistakes.push({ at: there, message: `${named(there)}is for branches; a tag is released when it is new` });
  }
  if (alias !== undefined && prerelease) {
    const there = [...at, "alias"];
    mistakes.push({ at: there, message: `${named(there)}a prerelease never moves an alias` });
  }
  return mistakes;
}

function checkNames({ stages, publications }: Definition, channel: DefinedChannel): Mistake[] {
  const lists = [
    { key: "stages", names: channel.stages ?? [], known: [...stages.keys()], what: "stage" },
    { key: "publish", names: channel.publish ?? [], known: [...publications.keys()], what: "publication" },
  ];
  return lists.flatMap(({ key, names, known, what }) => {
    const at = ["channels", channel.name, key];
    return names
      .filter((name) => !known.includes(name))
      .map((name) => ({
        at,
        message: `${named(at)}there is no ${what} ${shown(name)}${suggestion(name, known)}`,
        lacks: name,
      }));
  });
}

function checkCondition(definition: Definition, { name }: DefinedChannel, condition: Condition): Mistake[] {
  const { channels, stages } = definition;
  const mistake = (key: string, message: string, lacks?: string): Mistake[] => {
    const at = ["channels", name, "after", key];
    return [{ at, message: `${named(at)}${message}`, ...(lacks !== undefined && { lacks }) }];
  };
  if (condition.kind === "label") return [];
  if (condition.kind === "reviewed") {
    const known = allJobs(definition).filter(({ bench }) => bench !== undefined);
    if (known.some((job) => job.name === condition.job)) return [];
    const names = known.map((job) => job.name);
    return mistake(
      "reviewed",
      `no job ${shown(condition.job)} has \`bench\`${suggestion(condition.job, names)}`,
      condition.job,
    );
  }
  const { stage } = condition;
  if (!stages.has(stage)) {
    return mistake(stage, `there is no stage ${shown(stage)}${suggestion(stage, [...stages.keys()])}`, stage);
  }
  if (condition.kind === "recent") return [];
  const before = channels.get(condition.channel);
  if (!before) {
    const known = [...channels.keys()];
    return mistake(
      stage,
      `${shown(condition.channel)} is neither a channel nor an age such as 7d${suggestion(condition.channel, known)}`,
      condition.channel,
    );
  }
  if (condition.channel === name || channelsBefore(definition, condition.channel).includes(name)) {
    return mistake(stage, `${name} and ${condition.channel} would wait for each other`);
  }
  if (stagesOf(definition, before).includes(stage)) return [];
  return mistake(stage, `the channel ${condition.channel} doesn't run the stage ${stage}`);
}

/** What its jobs take is made in it, or in a channel that the commit has gone through. */
function checkTaken(definition: Definition, channel: DefinedChannel): Mistake[] {
  if (!channel.stages) return [];
  const jobs = allJobs(definition);
  const makers = makersOf(jobs);
  const soFar = stagesSoFar(definition, channel.name);
  const own = stagesOf(definition, channel);
  const at = ["channels", channel.name, "stages"];
  return jobs
    .filter(({ stage }) => own.includes(stage))
    .flatMap((job) =>
      job.takes.flatMap((artifact) => {
        const maker = makers.get(artifact)?.find(({ stage }) => !soFar.has(stage));
        if (!maker) return [];
        const message = `${jobName(job)} takes ${artifact} of ${jobName(maker)}, and neither ${channel.name} nor a channel before it runs ${maker.stage}`;
        return [{ at, message: `${named(at)}${message}` }];
      }),
    );
}

/** What it publishes by name is there by then. */
function checkPublished(definition: Definition, channel: DefinedChannel): Mistake[] {
  const at = ["channels", channel.name, "publish"];
  const whole = madeIn(definition, stagesSoFar(definition, channel.name));
  return (channel.publish ?? []).flatMap((name) => {
    const publication = definition.publications.get(name);
    if (!publication || publication.to === "crates" || publication.to === "page") return [];
    const artifacts = listOf(publication.of).map((of) => definition.archives.get(of)?.of ?? of);
    const missing = artifacts.find((artifact) => !whole.has(artifact));
    if (missing === undefined) return [];
    const message = `${name} publishes ${missing}, which neither ${channel.name} nor a channel before it makes`;
    return [{ at, message: `${named(at)}${message}`, lacks: missing }];
  });
}
