import type { Git } from "../../git/git.ts";
import { openHttp } from "../../http/open-http.ts";
import { RemoteRefs } from "../../upstream/refs/remote-refs.ts";

/** For a few questions of a person; pipelines ask as `CI_CLONE_DELAY` and limits per host have it. */
export async function withRemoteRefs<T>(git: Git, use: (remotes: RemoteRefs) => Promise<T>): Promise<T> {
  const http = openHttp({ parallel: 1, perHost: 1, delaySeconds: 0 });
  return use(new RemoteRefs(http, git)).finally(() => http.close());
}
