import { SluiceError } from "../errors.ts";
import { changeFiles, writeBlobs, type FileChanges, type FileInCommit } from "../git/change-files.ts";
import type { Git } from "../git/git.ts";
import { resolveCommit } from "../git/history.ts";
import { listTree, readBlobs, type TreeEntry } from "../git/objects.ts";
import { pushAtomically, type RefUpdate } from "../git/push.ts";
import { writeCommit } from "../git/write-commit.ts";
import { readRepositoryConfig, type RepositoryConfig } from "../workspace/config.ts";
import { decodeFile } from "../workspace/files.ts";
import { remote, scheduledTag } from "./commit-range.ts";
import { readMainLine, type MainLine } from "./main-line.ts";
import type { Platform } from "./platform.ts";
import { formatRecord, parseRecord, recordPath, type TemplateRecord } from "./template-record.ts";
import { compareTags, newestTag, readTemplateVersion, type TemplateVersion } from "./template-version.ts";
import { chooseFiles } from "./template.ts";

/** What becomes of one of the CI files, and why. */
export interface TemplateStep {
  readonly path: string;
  readonly kind: "add" | "replace" | "remove" | "conflict";
  readonly reason: string;
}

/** What a template update is going to do; nothing is changed yet. */
export type TemplatePlan =
  | { readonly kind: "current"; readonly reason: string }
  | {
      /** `update`: main gets it. `review`: a person has to look first, and `why` says for what reason. */
      readonly kind: "update" | "review";
      readonly why: string;
      readonly tag: string;
      readonly line: MainLine;
      readonly steps: readonly TemplateStep[];
      readonly changes: FileChanges;
      readonly config: RepositoryConfig;
    };

export interface TemplatePorts {
  readonly git: Git;
  readonly platform: Platform;
  readonly now: () => Date;
}

/**
 * Compares the CI files of main with those of TEMPLATE_REPO's newest version. Only what came from a template and was
 * not changed since is replaced.
 *
 * @throws SluiceError `template-repo`, `template-record`, `template`, `git`
 */
export async function planTemplateUpdate({ git, platform }: TemplatePorts): Promise<TemplatePlan> {
  const line = await readMainLine(git, platform);
  const present = new Map((await listTree(git, line.head)).map((entry) => [entry.path, entry]));
  const read = await readerOf(git, present, [".ci/config", ".ci/allowed-signers", recordPath]);
  const { config } = readRepositoryConfig(decodeFile(read(".ci/config") ?? new Uint8Array()));
  const repository = config.TEMPLATE_REPO;
  if (repository === "") {
    throw new SluiceError("template-repo", "it isn't said where the CI files come from", {
      hint: "Set TEMPLATE_REPO in .ci/config.",
      facts: { path: ".ci/config" },
    });
  }
  const record = parseRecord(read(recordPath)?.toString());
  const tag = await newestTag(git, repository);
  if (tag === undefined) return { kind: "current", reason: `${repository} has no version tag` };
  if (record.tag !== null && compareTags(tag, record.tag) < 0) {
    return { kind: "current", reason: `${tag}, the newest version, is older than ${record.tag}` };
  }

  const allowedSigners = read(".ci/allowed-signers")?.toString() ?? "";
  const version = await readTemplateVersion(git, { repository, tag, allowedSigners });
  const wanted = await wantedFiles(git, version, record, config);
  const { steps, changes, files } = compare(record, present, wanted);
  const isNews = steps.some(({ kind }) => kind !== "conflict") || tag !== record.tag;
  if (!isNews) return { kind: "current", reason: `the CI files are those of ${tag}` };
  const text = formatRecord({ ...record, tag, files });
  const { signature } = version;
  return {
    kind: "signer" in signature ? "update" : "review",
    why: "signer" in signature ? `signed by ${signature.signer}` : signature.missing,
    tag,
    line,
    steps,
    changes: new Map([...changes, [recordPath, { mode: "100644", content: Buffer.from(text) }]]),
    config,
  };
}

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
  const { line, tag, changes, config } = plan;
  const commit = await writeCommit(git, {
    tree: await changeFiles(git, line.head, changes),
    parents: [line.head],
    identity: { name: config.GIT_AUTHOR_NAME, email: config.GIT_AUTHOR_EMAIL },
    // The same version on the same commit makes the same branch, however often it is tried.
    date: plan.kind === "review" ? await dateOf(git, line.head) : now(),
    message: `ci: CI files of ${tag}${plan.kind === "update" ? platform.skipMark : ""}`,
  });
  const branch = plan.kind === "update" ? line.ref : `refs/heads/template-${tag}`;
  const updates =
    plan.kind === "update" ? mainUpdates(line, commit) : await reviewUpdate(git, line, branch, commit);
  if (updates.length > 0) await push(git, platform, line, updates);
  if (plan.kind === "update") await follow(git, line, commit);
  return { branch: branch.replace("refs/heads/", ""), commit };
}

type Content = ReadonlyMap<string, { readonly id: string; readonly content: Uint8Array }>;

async function wantedFiles(
  git: Git,
  { template, files }: TemplateVersion,
  { platforms }: TemplateRecord,
  { CI_SCHEDULE_TO }: RepositoryConfig,
): Promise<Content> {
  const chosen = chooseFiles(template, { platforms, scheduleTo: CI_SCHEDULE_TO }).filter(({ once }) => !once);
  const contents = chosen.map(({ path, from }) => {
    const content = files.get(from ?? path);
    if (content) return { path, content };
    throw new SluiceError("template", `the template lists ${path} and doesn't have it`, {
      hint: "Tell who keeps the template.",
      facts: { path },
    });
  });
  const ids = await writeBlobs(
    git,
    contents.map(({ content }) => content),
  );
  return new Map(contents.map(({ path, content }, at) => [path, { id: ids[at]!, content }]));
}

function compare(
  record: TemplateRecord,
  present: ReadonlyMap<string, TreeEntry>,
  wanted: Content,
): { steps: TemplateStep[]; changes: Map<string, FileInCommit | undefined>; files: Record<string, string> } {
  const steps: TemplateStep[] = [];
  const changes = new Map<string, FileInCommit | undefined>();
  const files: Record<string, string> = {};
  for (const path of [...new Set([...Object.keys(record.files), ...wanted.keys()])].sort()) {
    const [known, here, next] = [record.files[path], present.get(path)?.id, wanted.get(path)];
    if (here === next?.id) {
      if (next) files[path] = next.id;
      continue;
    }
    if (here !== known) {
      if (known !== undefined) files[path] = known;
      steps.push({ path, kind: "conflict", reason: conflictReason(known, here, next !== undefined) });
      continue;
    }
    if (next) files[path] = next.id;
    changes.set(path, next && { mode: "100644", content: next.content });
    const kind = next ? (here === undefined ? "add" : "replace") : "remove";
    steps.push({ path, kind, reason: stepReasons[kind] });
  }
  return { steps, changes, files };
}

const stepReasons = {
  add: "new in the template",
  replace: "unchanged here since it came from the template",
  remove: "no longer wanted, and unchanged here",
};

function conflictReason(known: string | undefined, here: string | undefined, isWanted: boolean): string {
  if (here === undefined) return "was removed here, so it stays away";
  if (known === undefined) return "is of your own making, so it stays";
  return isWanted
    ? "was changed here, so it stays; merge by hand"
    : "is no longer wanted, but was changed here";
}

async function readerOf(
  git: Git,
  present: ReadonlyMap<string, TreeEntry>,
  paths: readonly string[],
): Promise<(path: string) => Buffer | undefined> {
  const entries = paths.map((path) => present.get(path)).filter((entry) => entry?.mode.startsWith("100"));
  const blobs = await readBlobs(
    git,
    entries.map((entry) => entry!.id),
  );
  return (path) => blobs.get(entries.find((entry) => entry!.path === path)?.id ?? "");
}

/** The tag goes along only where it was at main's newest commit: nothing that waits to be scheduled is skipped. */
function mainUpdates({ ref, head, tag }: MainLine, commit: string): RefUpdate[] {
  const main = { ref, expected: head, to: commit };
  return tag?.commit === head ? [main, { ref: scheduledTag, expected: tag.id, to: commit }] : [main];
}

async function reviewUpdate(
  git: Git,
  { hasRemote }: MainLine,
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
  { hasRemote }: MainLine,
  updates: readonly RefUpdate[],
): Promise<void> {
  const pushed = await pushAtomically(git, hasRemote ? remote : ".", updates, pushOptions);
  if (pushed.kind === "pushed") return;
  throw new SluiceError("lost-race", "somebody else has pushed meanwhile; nothing was changed", {
    hint: "Run it again.",
    facts: { said: pushed.said },
    exitCode: 1,
  });
}

/** Brings the clone along as far as nothing of the user's is in the way. */
async function follow(git: Git, { ref, head, tag, hasRemote }: MainLine, commit: string): Promise<void> {
  if (tag?.commit === head) await git.attempt(["update-ref", scheduledTag, commit]);
  const { stdout: branch } = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  if (branch !== "" && branch !== ref) return;
  const at = await resolveCommit(git, "HEAD");
  // Without a remote the push has moved the branch under the work tree.
  if (at === head) await git.attempt(["merge", "--quiet", "--ff-only", commit]);
  else if (!hasRemote && at === commit) await git.attempt(["read-tree", "-m", "-u", head, commit]);
}
