import { judge, type Judgement, type JudgeContext } from "../../gate/judge.ts";
import { parseRelation } from "../../alpm/relation.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listFolders } from "../../workspace/commit.ts";
import { updatesInHistory, updatesOnBranches, type HistoricalUpdate } from "./recipe-history.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { scriptsOf } from "../../gate/files/scripts.ts";

/** One historical update and what the gate of today says of it. */
export interface Replayed extends Pick<Judgement, "verdict" | "findings"> {
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
}

/**
 * Judges what became of recipes in a workspace's history, so that a rule can be tried on years of it before it
 * is used. Nobody is asked anything: tags count as not proven, maintainers as not known.
 */
export async function* replay(
  git: Git,
  { range, author, branches, distribution }: ReplayOptions,
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
    for (const update of some) yield replayOne(update, { ...context, readings }, reading);
  }
}

function replayOne(update: HistoricalUpdate, context: JudgeContext, reading: number): Replayed {
  const { commit, pkgbase } = update;
  const started = performance.now();
  const { verdict, findings } = judge(update, context);
  const ms = Math.round((reading + performance.now() - started) * 100) / 100;
  return { commit, pkgbase, verdict, findings, ms };
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
