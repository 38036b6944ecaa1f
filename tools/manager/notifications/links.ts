import type { Build } from "../../queue/queue.ts";

/** Where people read more; null where there is no address for it. */
export interface Links {
  log(build: Pick<Build, "id" | "pkgbase" | "queuedAt">): string | null;
  commit(source: string, commit: string): string | null;
  review(pkgbase: string): string | null;
  overview: string | null;
}

interface Addresses {
  /** Where the pages are, without a slash at its end. */
  readonly pages: string | undefined;
  /** LOGS_URL: chaotic-manager's page of logs, or what takes its place. */
  readonly logs: string | undefined;
  /** The workspace's page at its forge, by the workspace's name. */
  readonly workspaces: Readonly<Record<string, string>>;
}

export function linksTo({ pages, logs, workspaces }: Addresses): Links {
  return {
    log({ id, pkgbase, queuedAt }) {
      if (logs === undefined) return pages === undefined ? null : `${pages}/build/${id}`;
      const url = new URL(logs);
      url.searchParams.set("timestamp", String(queuedAt));
      url.searchParams.set("id", pkgbase);
      return url.href;
    },
    commit(source, commit) {
      const page = workspaces[source];
      if (page === undefined || !/^[0-9a-f]{7,64}$/.test(commit)) return null;
      return /^https:\/\/gitlab\b/.test(page) ? `${page}/-/commit/${commit}` : `${page}/commit/${commit}`;
    },
    review: (pkgbase) => (pages === undefined ? null : `${pages}/reviews/${encodeURIComponent(pkgbase)}`),
    overview: pages === undefined ? null : `${pages}/`,
  };
}

/** The page of a repository at its forge, from where Git fetches it; undefined where that says nothing of one. */
export function forgePage(remote: string): string | undefined {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/(.+?)(?:\.git)?\/?$/.exec(remote) ??
    /^(?:[^/@]+@)([^/:]+):(?!\/)(.+?)(?:\.git)?$/.exec(remote) ??
    [];
  return host && path && /^[\w./~+-]+$/.test(path) ? `https://${host}/${path}` : undefined;
}
