import { judge, type Judgement, type JudgeContext } from "../../gate/judge.ts";
import { tagKey, type TagAnswer, type TagQuestion } from "../../gate/update.ts";
import { answerTags, type TagsOf } from "../../gate/sources/tag-answers.ts";
import { parseRelation } from "../../alpm/relation.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listFolders } from "../../workspace/commit.ts";
import { updatesInHistory, updatesOnBranches, type HistoricalUpdate } from "./recipe-history.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { scriptsOf } from "../../gate/files/scripts.ts";

/** One historical update and what the gate of today says of it. */
export interface Replayed extends Pick<Judgement, "verdict" | "findings" | "needs"> {
  readonly commit: string;
  readonly pkgbase: string;
  /** Milliseconds that judging took, with this update's share of the second reading. */
  readonly ms: number;
}

export interface ReplayOptions {
  /** Anything that `git log` takes; undefined: all of HEAD. */
  readonly range?: string | undefined;
  readonly author?: string | undefined;
  /** Judges these branches against main instead of the history. */
  readonly branches?: string | undefined;
  /** Names that count as packages of the distribution; undefined: nothing is known of it. */
  readonly distribution?: ReadonlySet<string> | undefined;
  /** What tags prove; undefined: nothing. */
  readonly tagsOf?: TagsOf | undefined;
}

/**
 * Judges what became of recipes in a workspace's history, so that a rule can be tried on years of it before it
 * is used. Nobody is asked anything: maintainers count as not known, and commits as proved where `tagsOf` says so.
 */
export async function* replay(
  git: Git,
  { range, author, branches, distribution, tagsOf }: ReplayOptions,
): AsyncGenerator<Replayed> {
  const head = (await resolveCommit(git, "HEAD")) ?? "HEAD";
  const { packagesDir } = await listFolders(git, head);
  const updates =
    branches === undefined
      ? updatesInHistory(git, { range: range ?? head, author, packagesDir })
      : updatesOnBranches(git, { pattern: branches, main: head, packagesDir });
  const reader = openSecondReader();
  const isInstallable =
    distribution && ((relation: string) => distribution.has(parseRelation(relation).name));
  const context = { ...offlineContext, ...(isInstallable && { isInstallable }) };
  for await (const some of inChunks(updates)) {
    const started = performance.now();
    const readings = await reader.read(some.flatMap(scriptsOf));
    const reading = (performance.now() - started) / some.length;
    for (const update of some) yield replayOne(update, { ...context, readings }, tagsOf, reading);
  }
}

async function replayOne(
  update: HistoricalUpdate,
  context: JudgeContext,
  tagsOf: TagsOf | undefined,
  reading: number,
): Promise<Replayed> {
  const { commit, pkgbase } = update;
  const started = performance.now();
  const first = judge(update, context);
  const tagAnswers = tagsOf ? await answersTo(first.needs, tagsOf) : new Map<string, TagAnswer>();
  const { verdict, findings, needs } =
    tagAnswers.size === 0 ? first : judge(update, { ...context, tagAnswers });
  const ms = Math.round((reading + performance.now() - started) * 100) / 100;
  return { commit, pkgbase, verdict, findings, needs, ms };
}

/** What isn't known of stays a question. */
async function answersTo(needs: readonly TagQuestion[], tagsOf: TagsOf): Promise<Map<string, TagAnswer>> {
  const ask = answerTags(tagsOf);
  const answers = new Map<string, TagAnswer>();
  for (const question of needs) {
    const answer = await ask(question);
    if (answer !== "unreachable") answers.set(tagKey(question), answer);
  }
  return answers;
}

/** Several at a time, as one process reads the scripts of all of them. */
async function* inChunks<Item>(items: AsyncIterable<Item>, size = 100): AsyncGenerator<Item[]> {
  let chunk: Item[] = [];
  for await (const item of items) {
    if (chunk.push(item) < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Judges by the recipes alone. */
export const offlineContext: JudgeContext = {
  architectures: ["x86_64"],
  trustedMaintainers: new Set(),
  now: 0,
  cooldownHours: 0,
  allowedLines: [],
  readings: new Map(),
  tagAnswers: new Map(),
};
