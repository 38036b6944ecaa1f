import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import { furtherFolder, workspacesFolder } from "../../manager/folders.ts";
import { findRoot } from "./root.ts";

interface Options {
  readonly root?: string;
  readonly state?: string;
}

/**
 * Where everything lies that is built and published: beside the workspace, where no other folder is named; of a
 * manager's clone of a further workspace, the manager's.
 */
export function stateFolder({ root, state }: Options): string {
  if (state !== undefined) return resolve(state);
  const folder = findRoot(root);
  return managerOf(folder) ?? join(folder, ".sluice");
}

/** @throws SluiceError `manager-clone` where the workspace is a clone that a manager made for itself */
export function requireOwnWorkspace({ root }: Options): void {
  const folder = findRoot(root);
  const manager = managerOf(folder);
  if (manager === undefined) return;
  throw new SluiceError(
    "manager-clone",
    `${folder} is the clone of a manager, which builds and publishes it`,
    {
      hint: `Its manager's state folder is ${manager}. Here you can look: sluice status, why, log, queue, key.`,
      facts: { path: folder },
    },
  );
}

/** Where the keys of a workspace's package repository are; below a manager's state folder each has its own place. */
export function keysFolder(options: Options, repository: string): string {
  const state = stateFolder(options);
  const isFurther = options.state === undefined && managerOf(findRoot(options.root)) !== undefined;
  return isFurther ? furtherFolder(state, repository) : state;
}

function managerOf(folder: string): string | undefined {
  const workspaces = dirname(folder);
  const state = dirname(workspaces);
  const isClone = basename(workspaces) === workspacesFolder && existsSync(join(state, "queue.sqlite"));
  return isClone ? state : undefined;
}
