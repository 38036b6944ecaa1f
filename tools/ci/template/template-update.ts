import { SluiceError } from "../../errors.ts";
import { writeBlobs, type FileChanges, type FileInCommit } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs, type TreeEntry } from "../../git/objects.ts";
import { readRepositoryConfig, type RepositoryConfig } from "../../workspace/config/config.ts";
import { decodeFile } from "../../workspace/files.ts";
import { readWorkspaceRefs, type WorkspaceRefs } from "../pipeline/workspace-refs.ts";
import type { Platform } from "../pipeline/platform.ts";
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
      readonly refs: WorkspaceRefs;
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
  const refs = await readWorkspaceRefs(git, platform);
  const present = new Map((await listTree(git, refs.head)).map((entry) => [entry.path, entry]));
  const read = await readerOf(git, present, [".ci/config", ".ci/allowed-signers", recordPath]);
  const { config } = readRepositoryConfig(decodeFile(read(".ci/config") ?? new Uint8Array()));
  const repository = config.TEMPLATE_REPO;
  if (repository === "") {
    throw new SluiceError(
      "template-repo",
      "TEMPLATE_REPO isn't set: nothing says where the CI files come from",
      {
        hint: "Set TEMPLATE_REPO in .ci/config.",
        facts: { path: ".ci/config" },
      },
    );
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
    refs,
    steps,
    changes: new Map([...changes, [recordPath, { mode: "100644", content: Buffer.from(text) }]]),
    config,
  };
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
