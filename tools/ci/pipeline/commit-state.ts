import { changeFiles } from "../../git/change-files.ts";
import { writeCommit } from "../../git/write-commit.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { stateChanges, type State, type StateBranch } from "../../workspace/state/state.ts";
import type { SchedulePorts } from "./ports.ts";

/** One commit without a past, so that what only machines write doesn't grow the repository. */
export async function commitState(
  { git, now }: Pick<SchedulePorts, "git" | "now">,
  stateBranch: StateBranch,
  state: State,
  { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email }: RepositoryConfig,
): Promise<string | undefined> {
  const changes = stateChanges(stateBranch, state);
  if (changes.size === 0) return stateBranch.commit;
  return writeCommit(git, {
    tree: await changeFiles(git, stateBranch.commit, changes),
    parents: [],
    identity: { name, email },
    date: now(),
    message: "chore(state): update state",
  });
}
