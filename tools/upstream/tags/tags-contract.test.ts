import { describe } from "vitest";
import { GitServer } from "../../../test/world/git-server.ts";
import { GitLabTags } from "../../../test/world/gitlab-tags.ts";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { upstreamContract, type UpstreamWorld } from "../contract.ts";
import { githubTags } from "./github-tags.ts";
import { gitlabTags } from "./gitlab-tags.ts";
import { RemoteRefs } from "../refs/remote-refs.ts";

describe.each(["github", "gitlab"] as const)("%s", (kind) => {
  upstreamContract(() => createWorld(kind));
});

/** Repositories with a tag each; what they're for is in main. */
async function createWorld(kind: "github" | "gitlab"): Promise<UpstreamWorld> {
  const repositories = new GitServer();
  const api = new GitLabTags(repositories);
  await Promise.all([repositories.start(), api.http.start()]);
  const server = kind === "github" ? repositories.http : api.http;
  const names = ["foo", "bar", "foo+bar", "a.b_c@d-git"];
  const texts = new Map<string, string>();
  const idOf = (pkgbase: string): number => names.indexOf(pkgbase) + 1;
  return {
    standIns: { "https://github.com": repositories.http.url, "https://gitlab.com": api.http.url },
    offer(pkgbase, version, pkgbuild) {
      const name = `acme/tool-${idOf(pkgbase)}`;
      const commit = repositories.commit(name, { files: { version } });
      for (const tag of repositories.git(name, "tag").split("\n").filter(Boolean))
        repositories.git(name, "tag", "-d", tag);
      repositories.git(name, "tag", version, commit);
      api.projects.set(String(idOf(pkgbase)), name);
      const others = pkgbuild.replace(/^pkgver=\d+\n/m, "");
      texts.set(pkgbase, `pkgname=${pkgbase}\npkgver=0\npkgrel=1\narch=(any)\n${others}`);
    },
    source: (pkgbase) =>
      kind === "github" ? `github:acme/tool-${idOf(pkgbase)}` : `gitlab:${idOf(pkgbase) || 99}`,
    own: (pkgbase) => ({
      srcinfo: parseSrcinfo(`pkgbase = ${pkgbase}\n\tpkgver = 0\n`),
      recipe: () =>
        Promise.resolve(
          new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(texts.get(pkgbase) ?? "") }]]),
        ),
    }),
    trouble(fault, pkgbase) {
      const only = pkgbase === undefined ? /./ : new RegExp(`(?:tool-|projects/)${idOf(pkgbase)}\\b`);
      server.faults = fault ? [{ ...fault, only }] : [];
    },
    requests: () => server.asked.length,
    open: (ports) =>
      kind === "github" ? githubTags(ports, new RemoteRefs(ports.http, ports.scratch)) : gitlabTags(ports),
    stop: async () => {
      await Promise.all([repositories.stop(), api.stop()]);
    },
  };
}
