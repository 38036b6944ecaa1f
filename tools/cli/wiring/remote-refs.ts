import { ownRefs } from "../../ci/pipeline/own-refs.ts";
import type { Git } from "../../git/git.ts";
import { openHttp } from "../../http/open-http.ts";
import { ownSource } from "../../release/definition/own-source.ts";
import { RemoteRefs } from "../../upstream/refs/remote-refs.ts";

/** For a few questions of a person; pipelines ask as `CI_CLONE_DELAY` and limits per host have it. */
export async function withRemoteRefs<T>(
  git: Git,
  use: (remotes: Pick<RemoteRefs, "ask">) => Promise<T>,
): Promise<T> {
  const http = openHttp({ parallel: 1, perHost: 1, delaySeconds: 0 });
  const remotes = new RemoteRefs(http, git);
  const ask: RemoteRefs["ask"] = (source, prefixes) =>
    source === ownSource ? ownRefs(git, prefixes) : remotes.ask(source, prefixes);
  return use({ ask }).finally(() => http.close());
}
