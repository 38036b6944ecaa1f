import type { NewReview } from "../../forge/forge.ts";
import { changeFiles } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { pushAtomically, type RefUpdate } from "../../git/push.ts";
import { writeCommit } from "../../git/write-commit.ts";
import { SluiceError } from "../../errors.ts";
import { remote } from "../../workspace/refs.ts";
import { scheduledTag } from "../pipeline/commit-range.ts";
import type { WorkspaceRefs } from "../pipeline/workspace-refs.ts";
import type { Platform } from "../pipeline/platform.ts";
import type { TemplatePlan, TemplatePorts } from "./template-update.ts";

/**
 * Puts the new CI files on main, and the tag `scheduled` along with it where it was there; or, where a person has to
 * look first, on a branch.
 *
 * @returns the branch
 * @throws SluiceError `lost-race` (exit 1), `push-rejected`
 */
export async function applyTemplateUpdate(
  { git, platform, now }: TemplatePorts,
  plan: Exclude<TemplatePlan, { kind: "current" }>,
): Promise<{ readonly branch: string; readonly commit: string }> {
  const { refs, tag, changes, config } = plan;
  const commit = await writeCommit(git, {
    tree: await changeFiles(git, refs.head, changes),
    parents: [refs.head],
    identity: { name: config.GIT_AUTHOR_NAME, email: config.GIT_AUTHOR_EMAIL },
    // The same version on the same commit makes the same branch, however often it is tried.
    date: plan.kind === "review" ? await dateOf(git, refs.head) : now(),
    message: `ci: CI files of ${tag}${plan.kind === "update" ? platform.skipMark : ""}`,
  });
  const branch = plan.kind === "update" ? refs.branch : `refs/heads/template-${tag}`;
  const updates =
    plan.kind === "update" ? mainUpdates(refs, commit) : await reviewUpdate(git, refs, branch, commit);
  if (updates.length > 0) await push(git, platform, refs, updates);
  if (plan.kind === "update") await follow(git, refs, commit);
  return { branch: branch.replace("refs/heads/", ""), commit };
}

/** What a reviewer reads of a version that nobody trusted has signed. */
export function templateReview(
  { tag, why, steps, config }: Exclude<TemplatePlan, { kind: "current" }>,
  branch: string,
): NewReview {
  const files = steps.map(({ kind, path, reason }) => `- ${kind} \`${path}\`: ${reason}`);
  const body = [
    `The template has a new version, ${tag}, which waits for you since ${why}.`,
    "These files are run by the pipelines, with their secrets: read the changes before you merge them.",
    files.join("\n"),
  ];
  return {
    branch,
    title: `CI files of ${tag}`,
    body: body.join("\n\n"),
    labels: [],
    assignee: config.CI_HUMAN_REVIEW_ASSIGNEE || undefined,
  };
}

/** The tag is moved only where it was at main's newest commit: nothing that waits to be scheduled is skipped. */
function mainUpdates({ branch: ref, head, tag }: WorkspaceRefs, commit: string): RefUpdate[] {
  const main = { ref, expected: head, to: commit };
  return tag?.commit === head ? [main, { ref: scheduledTag, expected: tag.id, to: commit }] : [main];
}

async function reviewUpdate(
  git: Git,
  { hasRemote }: WorkspaceRefs,
  ref: string,
  to: string,
): Promise<RefUpdate[]> {
  const listing = await git.text(["ls-remote", hasRemote ? remote : ".", ref]);
  const expected = listing.split("\t")[0] || undefined;
  if (expected === to) return [];
  if (expected === undefined) return [{ ref, expected, to }];
  throw new SluiceError("template-review", `the branch ${ref.replace("refs/heads/", "")} is there already`, {
    hint: "Merge it or delete it; what was approved on it doesn't change.",
    facts: { ref },
    exitCode: 1,
  });
}

async function dateOf(git: Git, commit: string): Promise<Date> {
  return new Date(
    Number(await git.text(["show", "--no-patch", "--no-show-signature", "--format=%ct", commit])) * 1000,
  );
}

async function push(
  git: Git,
  { pushOptions }: Platform,
  { hasRemote }: WorkspaceRefs,
  updates: readonly RefUpdate[],
): Promise<void> {
  const pushed = await pushAtomically(git, hasRemote ? remote : ".", updates, pushOptions);
  if (pushed.kind === "pushed") return;
  throw new SluiceError("lost-race", "somebody else has pushed in the meantime; nothing was changed", {
    hint: "Run it again.",
    facts: { said: pushed.said },
    exitCode: 1,
  });
}

/** Updates the clone where the user's changes don't conflict. */
async function follow(
  git: Git,
  { branch: ref, head, tag, hasRemote }: WorkspaceRefs,
  commit: string,
): Promise<void> {
  if (tag?.commit === head) await git.attempt(["update-ref", scheduledTag, commit]);
  const { stdout: branch } = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  if (branch !== "" && branch !== ref) return;
  const at = await resolveCommit(git, "HEAD");
  // Without a remote the push has moved the branch under the work tree.
  if (at === head) await git.attempt(["merge", "--quiet", "--ff-only", commit]);
  else if (!hasRemote && at === commit) await git.attempt(["read-tree", "-m", "-u", head, commit]);
}
