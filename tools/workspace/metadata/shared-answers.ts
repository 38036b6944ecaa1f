import { formatSrcinfo, parseSrcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { stateCommit, stateCommitHere } from "../state/state-commit.ts";
import type { Derived } from "./derived.ts";
import type { KeptMetadata } from "./kept-metadata.ts";
import { asSrcinfo } from "./metadata.ts";
import { fromSrcinfo } from "./print-srcinfo.ts";

/** Its path on the branch `state`. */
export const answersFile = ".srcinfo.json";

/** More are never of use: the oldest go. */
const most = 1_000;

/**
 * What makepkg said of recipes on other machines, by the recipe's id: kept on the branch `state`, so that a pipeline
 * without a sandbox knows it, too. What of it can't be read or understood isn't there.
 *
 * @param where whether the remote is asked, or this clone alone
 */
export async function sharedAnswers(
  git: Git,
  where: "remote" | "here",
): Promise<ReadonlyMap<string, Derived>> {
  return parseAnswers((await fileOnState(git, where))?.text);
}

/**
 * Which texts other machines found to be read otherwise by another program, from the same file: what is kept here knows
 * of them from then on.
 */
export async function learnReadings(git: Git, kept: KeptMetadata, where: "remote" | "here"): Promise<void> {
  const file = await fileOnState(git, where);
  if (file) kept.learn(file.commit, new Map(differingIn(file.text)));
}

async function fileOnState(
  git: Git,
  where: "remote" | "here",
): Promise<{ readonly commit: string; readonly text: string | undefined } | undefined> {
  try {
    const commit = await (where === "remote" ? stateCommit(git) : stateCommitHere(git));
    if (commit === undefined) return undefined;
    const { ok, stdout } = await git.attempt(["cat-file", "blob", `${commit}:${answersFile}`]);
    return { commit, text: ok ? stdout : undefined };
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}

/** @returns the file with what is known here, too; undefined where it is all there already */
export function withAnswers(text: string | undefined, known: KeptMetadata): string | undefined {
  const [before, differing] = [textsIn(text), differingIn(text)];
  const added = [...known.answers()].filter(([id, { whole }]) => whole && !before.has(id));
  const read = [...known.differing].filter(([id]) => !differing.has(id));
  if (added.length === 0 && read.length === 0) return undefined;
  const all = [...before, ...added.map(([id, answer]) => [id, formatSrcinfo(asSrcinfo(answer))] as const)];
  const file = {
    version: 1,
    answers: newest(all),
    ...(differing.size + read.length > 0 && { readOtherwise: newest([...differing, ...read]) }),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

function newest<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries.slice(-most));
}

function parseAnswers(text: string | undefined): Map<string, Derived> {
  const answers = new Map<string, Derived>();
  for (const [id, srcinfo] of textsIn(text)) {
    try {
      const answer = fromSrcinfo(parseSrcinfo(srcinfo));
      if (answer.whole) answers.set(id, answer);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
    }
  }
  return answers;
}

function textsIn(text: string | undefined): Map<string, string> {
  return new Map(
    entriesIn(text, "answers").filter(
      (entry): entry is [string, string] => isRecipeId(entry[0]) && typeof entry[1] === "string",
    ),
  );
}

/** Lines by the blob ids of PKGBUILDs. */
function differingIn(text: string | undefined): Map<string, number> {
  return new Map(
    entriesIn(text, "readOtherwise").filter(
      (entry): entry is [string, number] => isBlobId(entry[0]) && Number.isSafeInteger(entry[1]),
    ),
  );
}

function entriesIn(text: string | undefined, part: "answers" | "readOtherwise"): [string, unknown][] {
  let data: unknown;
  try {
    data = JSON.parse(text ?? "");
  } catch {
    return [];
  }
  const { version, [part]: found } = (data ?? {}) as Record<string, unknown>;
  return version === 1 && typeof found === "object" && found !== null ? Object.entries(found) : [];
}

function isBlobId(id: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id);
}

function isRecipeId(id: string): boolean {
  return /^recipe-[0-9a-f]{64}$/.test(id);
}
