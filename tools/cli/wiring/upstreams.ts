import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGit } from "../../git/git.ts";
import type { Http, HttpOptions } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { defaultRetryLimits, type RetryLimits } from "../../http/retry-limits.ts";
import { bubblewrap } from "../../sandbox/bubblewrap/bubblewrap.ts";
import type { SchedulePorts } from "../../ci/pipeline/ports.ts";
import type { AddPorts } from "../../ci/operations/add.ts";
import { openAurSearch } from "../../upstream/aur/aur-search.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { openUpstreams } from "../../upstream/sources.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Requests to one host at once: the AUR and the forges are there for everybody. */
const perHost = 6;

/** What a simulated world has otherwise than the real one. */
export interface World {
  readonly standIns?: HttpOptions["standIns"];
  readonly retryLimits?: RetryLimits;
  readonly now?: () => Date;
}

/** Hands out what opens upstreams, and cleans up after all of it. */
export async function withUpstreams<T>(
  env: Environment,
  use: (upstreams: SchedulePorts["upstreams"], aur: AddPorts["aur"]) => Promise<T>,
  { standIns = {}, retryLimits = defaultRetryLimits, now = () => new Date() }: World = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-upstreams-"));
  let http: Http | undefined;
  try {
    const scratch = openGit(folder, env);
    await scratch.text(["init", "--quiet", "--bare", "."]);
    const httpFor = ({ CI_MAX_PARALLEL: parallel, CI_CLONE_DELAY: delaySeconds }: RepositoryConfig): Http =>
      (http ??= openHttp({ parallel, perHost, delaySeconds, standIns }, retryLimits));
    return await use(
      (config, memory) => {
        const { CI_AUR_PROXY: aurProxy, CI_AUR_GIT: aurGit, CI_LIB_DB: libraryDatabases } = config;
        const asked = { aurProxy, aurGit, libraryDatabases };
        const ports = { http: httpFor(config), scratch, ...tokensOf(env), ...asked, now };
        return openUpstreams(ports, memory, bubblewrap());
      },
      (config) => openAurSearch({ http: httpFor(config), aurProxy: config.CI_AUR_PROXY, now }),
    );
  } finally {
    await http?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The token of the forge that the pipeline runs on, for public data there; elsewhere nobody is asked with one. */
function tokensOf(env: Environment): { githubToken: string | undefined; gitlabToken: string | undefined } {
  const token = env["ACCESS_TOKEN"] || undefined;
  return {
    githubToken: env["GITHUB_API_URL"] === "https://api.github.com" ? token : undefined,
    gitlabToken: env["CI_API_V4_URL"] === "https://gitlab.com/api/v4" ? token : undefined,
  };
}
