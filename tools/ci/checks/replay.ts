import { judge, type Judgement, type JudgeContext } from "../../gate/judge.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { listFolders } from "../../workspace/commit.ts";
import { updatesInHistory, updatesOnBranches, type HistoricalUpdate } from "./recipe-history.ts";

/** One historical update and what the gate of today says of it. */
export interface Replayed extends Pick<Judgement, "verdict" | "findings"> {
  readonly commit: string;
  readonly pkgbase: string;
  /** Milliseconds that judging took. */
  readonly ms: number;
}

export interface ReplayOptions {
  /** Anything that `git log` takes; undefined: all of HEAD. */
  readonly range?: string | undefined;
  readonly author?: string | undefined;
  /** Judges these branches against main instead of the history. */
  readonly branches?: string | undefined;
}

/**
 * Judges what became of recipes in a workspace's history, so that a rule can be tried on years of it before it
 * is used. Nobody is asked anything: tags count as not proven, maintainers as not known.
 */
export async function* replay(
  git: Git,
  { range, author, branches }: ReplayOptions,
): AsyncGenerator<Replayed> {
  const head = (await resolveCommit(git, "HEAD")) ?? "HEAD";
  const { packagesDir } = await listFolders(git, head);
  const updates =
    branches === undefined
      ? updatesInHistory(git, { range: range ?? head, author, packagesDir })
      : updatesOnBranches(git, { pattern: branches, main: head, packagesDir });
  for await (const update of updates) yield replayOne(update);
}

function replayOne({ commit, pkgbase, before, after }: HistoricalUpdate): Replayed {
  const started = performance.now();
  const { verdict, findings } = judge({ pkgbase, before, after }, offlineContext);
  return { commit, pkgbase, verdict, findings, ms: Math.round((performance.now() - started) * 100) / 100 };
}

/** Judges by the recipes alone. */
export const offlineContext: JudgeContext = {
  architectures: ["x86_64"],
  trustedMaintainers: new Set(),
  now: 0,
  cooldownHours: 0,
  allowedLines: [],
  tagAnswers: new Map(),
};
