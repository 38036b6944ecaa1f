import { join } from "node:path";

/** In the state folder: clones of further workspaces. */
export const workspacesFolder = "workspaces";

/** What lies in the state folder. */
export interface Folders {
  readonly state: string;
  /** What is served: `<repository>/<arch>/…`. */
  readonly repositories: string;
  /** `<pkgbase>/<build>.log` */
  readonly logs: string;
  /** `<pkgbase>/`: sources that packages keep between builds. */
  readonly sources: string;
  /** `<pkgbase>/`: packages that are built and not published yet. */
  readonly finished: string;
  /** Builds under way. */
  readonly work: string;
  /** `<pkgbase>/`: the held update that is being built for its review; nothing of it is ever published. */
  readonly reviews: string;
  /** `<build>-<claim>/`: what builders on other machines send. */
  readonly landing: string;
}

/** Where what is kept apart lies of a further workspace's package repository, keys among it. */
export function furtherFolder(state: string, repository: string): string {
  return join(state, "further", repository);
}

/** @param own where packages of the same name are kept apart from those of other repositories and architectures */
export function foldersOf(state: string, own = state): Folders {
  return {
    state,
    repositories: join(state, "repositories"),
    logs: join(state, "logs"),
    sources: join(own, "sources"),
    finished: join(own, "finished"),
    work: join(state, "work"),
    reviews: join(state, "reviews"),
    landing: join(state, "landing"),
  };
}
