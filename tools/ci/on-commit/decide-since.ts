import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { lastChanges } from "../../git/history.ts";
import { differingFolders, listFolders, readFolders, type CommitFolders } from "../../workspace/commit.ts";
import type { ReadAgain } from "../../workspace/metadata/second-readings.ts";
import { parseWorkspace, requireValidConfig } from "../../workspace/workspace.ts";
import type { CommitRange } from "../pipeline/commit-range.ts";
import { decide, type Comparison, type Decision, type Side } from "./decide.ts";

export interface Decided {
  readonly before: Side | undefined;
  readonly after: Side;
  readonly decisions: readonly Decision[];
}

/** What a range of commits asks to build and to remove, and the packages as they are after it. */
export async function decideSince(git: Git, range: CommitRange): Promise<Decided> {
  const [comparison, changes] = await Promise.all([compare(git, range), lastChanges(git, range.commits)]);
  requireValidConfig(comparison.after.workspace);
  refuseLostPackages(comparison);
  const { before, after } = comparison;
  return { before, after, decisions: decide(comparison, range.commits, (path) => changes.get(path)) };
}

async function compare(git: Git, { from, head, basis }: CommitRange): Promise<Comparison> {
  const after = await listFolders(git, head);
  const listBefore = async (commit: string): Promise<CommitFolders> =>
    commit === head ? after : listFolders(git, commit, after.packagesDir);
  const before = from === undefined ? undefined : await listBefore(from);
  const differing = before ? differingFolders(before, after) : new Set(after.entries.keys());
  const [sideBefore, sideAfter] = await Promise.all([
    before && readSide(git, before, differing),
    readSide(git, after, undefined, differing),
  ]);
  const [was, is] = [before, after].map((folders) => folders?.repositoryConfig.kind);
  const isTakeOver = basis === "newest-commit" && was === "absent" && is !== "absent";
  return { before: sideBefore, after: sideAfter, differing, isTakeOver };
}

/**
 * A packages folder that is elsewhere from one commit to the next and empty there is a mistake in the settings,
 * not the wish to remove every package.
 */
function refuseLostPackages({ before, after }: Comparison): void {
  const { packagesDir, packages } = after.workspace;
  if (!before || before.entries.size === 0) return;
  if (packages.size > 0 || before.workspace.packagesDir === packagesDir) return;
  throw new SluiceError(
    "no-packages",
    `${packagesDir} holds no packages; so far they were in ${before.workspace.packagesDir}`,
    {
      hint: "Set CI_PACKAGES_DIR in .ci/config to where they are. Nothing was scheduled or removed.",
      facts: { path: packagesDir },
    },
  );
}

/** @param changed whose PKGBUILDs are read by another program, too */
async function readSide(
  git: Git,
  folders: CommitFolders,
  names?: ReadonlySet<string>,
  changed?: ReadonlySet<string>,
): Promise<Side> {
  const compared = changed && { compared: { names: changed, read: readAgain } };
  const files = await readFolders(git, folders, names, compared);
  return { entries: folders.entries, workspace: parseWorkspace(files) };
}

/** Most runs have nothing to read by it. */
const readAgain: ReadAgain = async (texts) => {
  const { openSecondReader } = await import("../../bash/open-second-reader.ts");
  return openSecondReader().read(texts);
};

/** A decision as the schedule has it. */
export function withoutKind<T extends { kind: string }>({ kind: _kind, ...rest }: T): Omit<T, "kind"> {
  return rest;
}
