import { createHash } from "node:crypto";
import type { Git } from "../../../git/git.ts";
import { listTree } from "../../../git/objects.ts";
import { allJobs, type Definition } from "../../../release/definition/definition.ts";
import type { Publication } from "../../../release/definition/publication-kinds.ts";
import { planRelease } from "../../../release/plan/plan-release.ts";
import type { NoRelease, PlannedRelease } from "../../../release/plan/release-plan.ts";
import { evidenceOf } from "../../../release/record/record-evidence.ts";
import type { ReleaseRef } from "../../../release/refs/ref.ts";
import { requireDefinition } from "../../../workspace/releases/required.ts";
import type { Project } from "../../../workspace/releases/projects.ts";
import { releaseKey, type ReleaseKey } from "./release-key.ts";
import type { ReleaseRecords } from "./release-records.ts";

/** A release as a commit of the workspace has it. */
export interface ReleaseAt {
  readonly key: ReleaseKey;
  /** Of the workspace. */
  readonly commit: string;
  readonly definition: Definition;
  /** Changes with whatever decides what its jobs do. */
  readonly digest: string;
  readonly plan: PlannedRelease | NoRelease;
}

/**
 * @param ref undefined: what the channel's lock says
 * @param now when it was asked for, in milliseconds since 1970
 * @returns undefined where the channel has no lock
 * @throws SluiceError `release-definition`
 */
export async function releaseAt(
  git: Git,
  commit: string,
  project: Project,
  records: ReleaseRecords,
  { channel, ref = project.locks.get(channel)?.ref, now }: { channel: string; ref?: ReleaseRef; now: number },
): Promise<ReleaseAt | undefined> {
  if (!ref) return undefined;
  const definition = inClone(requireDefinition(project), git.dir);
  const at = await lockedAt(git, commit, project, channel, ref);
  const evidence = evidenceOf(definition, records.ofProject(project.name));
  return {
    key: releaseKey(project.name, channel, ref),
    commit,
    definition,
    digest: await digestOf(git, commit, definition),
    plan: planRelease(definition, { ref, channel, at: at ?? now }, evidence, now),
  };
}

/** `./PATH` is a folder of the workspace's clone. */
function inClone(definition: Definition, clone: string): Definition {
  const publications = [...definition.publications].map(([name, publication]): [string, Publication] =>
    "at" in publication && publication.at.startsWith("./")
      ? [name, { ...publication, at: `file://${clone}${publication.at.slice(1)}` }]
      : [name, publication],
  );
  return { ...definition, publications: new Map(publications) };
}

/** When the channel's lock came to say this ref: the day is the version of what has no tag. */
async function lockedAt(
  git: Git,
  commit: string,
  { name, locks }: Project,
  channel: string,
  { commit: wanted }: ReleaseRef,
): Promise<number | undefined> {
  if (locks.get(channel)?.ref.commit !== wanted) return undefined;
  const file = `releases/${name}/${channel}.lock`;
  const { ok, stdout } = await git.attempt(["log", "-1", "--format=%ct", commit, "--", file]);
  return ok && stdout !== "" ? Number(stdout) * 1000 : undefined;
}

/** Of the project's files and those of its adapter; what is released, locks say, and nothing else of it. */
async function digestOf(git: Git, commit: string, definition: Definition): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of definitionFolders(definition)) {
    for (const { mode, id, path } of await listTree(git, commit, folder)) {
      if (isOfDefinition(path, definition)) hash.update(`${mode} ${id} ${path}\0`);
    }
  }
  return hash.digest("hex");
}

/** Where all that decides what a project's jobs do lies: its folder, and its adapter's. */
export function definitionFolders(definition: Definition): readonly string[] {
  const files = [definition.file, ...allJobs(definition).map(({ script }) => script)];
  return [...new Set(files.map(folderOf))].sort();
}

/** Whether a file there is part of it: locks only say what its channels release, and the signature is of the rest. */
export function isOfDefinition(path: string, { project, channels }: Definition): boolean {
  const folder = `releases/${project}/`;
  const name = path.startsWith(folder) ? path.slice(folder.length) : "";
  const isLock = name.endsWith(".lock") && channels.has(name.slice(0, -".lock".length));
  return !isLock && name !== "release.sig";
}

/** `releases/garage` of `releases/garage/build.sh`. */
export function folderOf(file: string): string {
  return file.split("/").slice(0, 2).join("/");
}
