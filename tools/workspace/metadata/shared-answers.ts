import { formatSrcinfo, parseSrcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { stateCommit, stateCommitHere } from "../state/state-commit.ts";
import type { Derived } from "./derived.ts";
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
  try {
    const commit = await (where === "remote" ? stateCommit(git) : stateCommitHere(git));
    if (commit === undefined) return new Map();
    const { ok, stdout } = await git.attempt(["cat-file", "blob", `${commit}:${answersFile}`]);
    return ok ? parseAnswers(stdout) : new Map();
  } catch (error) {
    if (error instanceof SluiceError) return new Map();
    throw error;
  }
}

/** @returns the file with these answers, too; undefined where they are all there already */
export function withAnswers(
  text: string | undefined,
  answers: ReadonlyMap<string, Derived>,
): string | undefined {
  const before = textsIn(text);
  const added = [...answers].filter(([id, { whole }]) => whole && !before.has(id));
  if (added.length === 0) return undefined;
  const all = [...before, ...added.map(([id, answer]) => [id, formatSrcinfo(asSrcinfo(answer))] as const)];
  return `${JSON.stringify({ version: 1, answers: Object.fromEntries(all.slice(-most)) }, null, 1)}\n`;
}

function parseAnswers(text: string): Map<string, Derived> {
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
  let data: unknown;
  try {
    data = JSON.parse(text ?? "");
  } catch {
    return new Map();
  }
  const { version, answers } = (data ?? {}) as { version?: unknown; answers?: unknown };
  if (version !== 1 || typeof answers !== "object" || answers === null) return new Map();
  return new Map(
    Object.entries(answers).filter(
      (entry): entry is [string, string] => isRecipeId(entry[0]) && typeof entry[1] === "string",
    ),
  );
}

function isRecipeId(id: string): boolean {
  return /^recipe-[0-9a-f]{64}$/.test(id);
}
