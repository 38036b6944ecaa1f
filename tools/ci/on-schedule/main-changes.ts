import { recipeChanges } from "../../workspace/recipe-changes.ts";
import type { FileChanges, FileInCommit } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs } from "../../git/objects.ts";
import { editConfigFile } from "../../workspace/config/config-file.ts";
import { differingFolders, listFolders } from "../../workspace/commit.ts";
import {
  decodeFile,
  packagePath,
  unread,
  type FileContent,
  type FolderFiles,
} from "../../workspace/files.ts";
import { derive } from "../../workspace/metadata/derived.ts";
import { parseWorkspace, type Workspace } from "../../workspace/workspace.ts";
import type { Side } from "../on-commit/decide.ts";
import type { UpdateDecision } from "../updates/decide-update.ts";
import type { WorkspaceRefs } from "../pipeline/workspace-refs.ts";

export type Taken = Extract<UpdateDecision, { kind: "take" }>;

/** A package's `.CI/config` as it is to be. */
export interface NewConfig {
  readonly pkgbase: string;
  readonly text: string;
}

/** The settings of packages that get a new CI_PACKAGE_BUMP, every other byte as it was. */
export async function bumpedConfigs(
  git: Git,
  { entries }: Side,
  bumps: readonly { readonly pkgbase: string; readonly bump: string }[],
): Promise<NewConfig[]> {
  const ids = bumps.map(({ pkgbase }) => entries.get(pkgbase)!.get(".CI/config")?.id);
  const texts = await readBlobs(
    git,
    ids.filter((id) => id !== undefined),
  );
  return bumps.map(({ pkgbase, bump }, at) => {
    const text = texts.get(ids[at] ?? "")?.toString() ?? "";
    return { pkgbase, text: editConfigFile(text, "CI_PACKAGE_BUMP", bump) };
  });
}

/** What changes in main, by path: recipes that are taken as they are, and settings. */
export function changesOfMain(
  side: Side,
  taken: readonly Taken[],
  configs: readonly NewConfig[],
): FileChanges {
  const changes = new Map<string, FileInCommit | undefined>();
  const { packagesDir } = side.workspace;
  for (const { pkgbase, update } of taken) {
    const folder = packagePath(packagesDir, pkgbase);
    const present = side.entries.get(pkgbase)!.keys();
    for (const [path, file] of recipeChanges(pkgbase, folder, present, update.files)) changes.set(path, file);
  }
  for (const { pkgbase, text } of configs) {
    const path = `${packagePath(packagesDir, pkgbase)}/.CI/config`;
    changes.set(path, { mode: "100644", content: Buffer.from(text) });
  }
  return changes;
}

/** The workspace as it is with these recipes and settings. */
export function workspaceAfter(
  before: Workspace,
  taken: readonly Taken[],
  configs: readonly NewConfig[],
): Workspace {
  const recipes = new Map(taken.map(({ pkgbase, update }) => [pkgbase, update.files]));
  const settings = new Map(configs.map(({ pkgbase, text }) => [pkgbase, text]));
  const folders: FolderFiles[] = [...recipes].map(([name, files]) => {
    const fileOf = (wanted: string): FileContent => {
      const content = files.find(({ path }) => path === wanted)?.content;
      return content ? decodeFile(content) : { kind: "absent" };
    };
    const pkgbuild = fileOf("PKGBUILD");
    const derived = pkgbuild.kind === "file" ? derive(pkgbuild.text) : undefined;
    return { name, pkgbuild, derived, srcinfo: fileOf(".SRCINFO"), config: { kind: "absent" } };
  });
  const { packagesDir } = before;
  const read = parseWorkspace({ repositoryConfig: { kind: "absent" }, packagesDir, folders });
  const packages = new Map(before.packages);
  for (const [pkgbase, { srcinfo }] of read.packages) {
    packages.set(pkgbase, { ...packages.get(pkgbase)!, srcinfo });
  }
  for (const [name, text] of settings) {
    const config: FileContent = { kind: "file", text };
    const folder = {
      name,
      pkgbuild: { kind: "present" },
      derived: undefined,
      srcinfo: unread,
      config,
    } as const;
    const { packages: parsed } = parseWorkspace({
      repositoryConfig: { kind: "absent" },
      packagesDir,
      folders: [folder],
    });
    packages.set(name, { ...packages.get(name)!, config: parsed.get(name)!.config });
  }
  return { ...before, packages };
}

/** A pipeline's commit that the next one takes the place of, and the packages that it changed. */
export interface ReplacedCommit {
  readonly commit: string;
  readonly parent: string;
  readonly packages: readonly string[];
}

/**
 * With CI_OVERWRITE_COMMITS, the commit at the tip of main if it is an update of the pipeline's own: made by its
 * account, under its kind of message, changing package folders alone.
 */
export async function replacedCommit(
  git: Git,
  { head, tag }: WorkspaceRefs,
  { workspace: { config, packagesDir } }: Side,
): Promise<ReplacedCommit | undefined> {
  const { CI_OVERWRITE_COMMITS, GIT_AUTHOR_EMAIL } = config;
  if (!CI_OVERWRITE_COMMITS || tag?.commit !== head) return undefined;
  const format = "--format=%P%x00%ae%x00%ce%x00%s";
  const shown = await git.text(["show", "--no-patch", "--no-show-signature", format, head]);
  const [parents = "", author, committer, subject = ""] = shown.split("\0");
  const isOwn = author === GIT_AUTHOR_EMAIL && committer === GIT_AUTHOR_EMAIL;
  if (!isOwn || !subject.startsWith("chore(update): ") || !/^[0-9a-f]+$/.test(parents)) return undefined;
  const folders = [
    await listFolders(git, parents, packagesDir),
    await listFolders(git, head, packagesDir),
  ] as const;
  const packages = [...differingFolders(...folders)].sort();
  const paths = (await git.text(["diff", "--name-only", "-z", parents, head])).split("\0").filter(Boolean);
  const isUpdate = paths.every((path) =>
    packages.some((pkgbase) => path.startsWith(`${packagePath(packagesDir, pkgbase)}/`)),
  );
  return isUpdate ? { commit: head, parent: parents, packages } : undefined;
}
