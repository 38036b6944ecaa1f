import { changeFiles } from "../../git/change-files.ts";
import { writeCommit } from "../../git/write-commit.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { KeptMetadata } from "../../workspace/metadata/kept-metadata.ts";
import { answersFile, withAnswers } from "../../workspace/metadata/shared-answers.ts";
import { stateChanges, type State, type StateBranch } from "../../workspace/state/state.ts";
import type { SchedulePorts } from "./ports.ts";

/**
 * One commit without a past, so that what only machines write doesn't grow the repository. What makepkg said here of
 * recipes goes along, for machines that can't ask it.
 */
export async function commitState(
  { git, now }: Pick<SchedulePorts, "git" | "now">,
  stateBranch: StateBranch,
  state: State,
  { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email }: RepositoryConfig,
): Promise<string | undefined> {
  const changes = new Map(stateChanges(stateBranch, state));
  const answers = withAnswers(stateBranch.files.get(answersFile), KeptMetadata.of(git.dir));
  if (answers !== undefined) changes.set(answersFile, { mode: "100644", content: Buffer.from(answers) });
  if (changes.size === 0) return stateBranch.commit;
  return writeCommit(git, {
    tree: await changeFiles(git, stateBranch.commit, changes),
    parents: [],
    identity: { name, email },
    date: now(),
    message: "chore(state): update state",
  });
}
