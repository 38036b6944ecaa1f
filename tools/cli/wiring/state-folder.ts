import { join, resolve } from "node:path";
import { findRoot } from "./root.ts";

/** Where everything lies that is built and published: beside the workspace, where no other folder is named. */
export function stateFolder({ root, state }: { readonly root?: string; readonly state?: string }): string {
  return state === undefined ? join(findRoot(root), ".sluice") : resolve(state);
}
