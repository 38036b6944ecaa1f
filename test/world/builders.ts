import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { BuildRequest, BuildResult } from "../../tools/builder/build-request.ts";
import { openGit } from "../../tools/git/git.ts";
import { openInstallations, type Installation } from "../../tools/manager/installation.ts";
import { up } from "../../tools/manager/up.ts";
import { host } from "../../tools/sandbox/host.ts";
import type { ScheduleDays } from "./schedule-days.ts";
import { writeTinyPackage } from "./tiny-package.ts";

/** What a build ended as: `version` or `failed version`. */
export interface Ended {
  readonly pkgbase: string;
  readonly what: string;
}

/**
 * Two builders with a clone of their own each, that share a state folder, over the upstreams of a simulated world.
 * Builds take no time: what they make is the newest commit upstream, or the recipe's version.
 */
export class Builders {
  readonly #days: ScheduleDays;
  readonly #state: string;
  /** `pkgbase what` that fails to build. */
  readonly bad = new Set<string>();
  /** Builds that came to an end, in order. */
  readonly ended: Ended[] = [];
  /** Called when a build begins. */
  begins: (() => void) | undefined;
  /** How often upstream commits were seen, so that versions grow. */
  readonly #seen = new Map<string, number>();
  readonly #began = performance.now();
  /** By how many milliseconds their clock was put forward. */
  #ahead = 0;

  constructor(days: ScheduleDays) {
    this.#days = days;
    this.#state = join(days.world.base, "state");
    for (const name of ["one", "two"]) {
      execFileSync("git", ["clone", "-q", days.world.origin, join(days.world.base, name)]);
    }
  }

  /** Starts one of them, and ends it when nothing more can be done, or when its first build has begun. */
  async run(name: "one" | "two", interrupted = false): Promise<void> {
    const stop = new AbortController();
    const [installation] = await openInstallations({
      git: openGit(join(this.#days.world.base, name), process.env),
      settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
      state: this.#state,
      sandbox: host(),
      gnupgHome: this.#state,
      now: () => new Date(this.#days.now.getTime() + this.#ahead + performance.now() - this.#began),
      build: async (request) => {
        if (!interrupted) return this.#build(request);
        stop.abort();
        return { kind: "cancelled", message: "stopped" };
      },
    });
    const hurry = setInterval(() => void this.#skipPauses(installation.queue), 50);
    try {
      const fetch = { everyMs: 60_000, pipelineEmail: "sluice@example.org" };
      const following = { once: true, fetch, watcher: {}, signal: stop.signal };
      await up([installation], { ...following, worker: name, jobs: 1 });
    } finally {
      clearInterval(hurry);
      await installation.queue.close();
    }
  }

  /** Nobody waits for retries: the clock goes forward, but never under a build, whose lease it would end. */
  async #skipPauses(queue: Pick<Installation["queue"], "state">): Promise<void> {
    const { builds } = await queue.state().catch(() => ({ builds: [] }));
    const kinds = new Set(builds.map(({ status }) => status.kind));
    if (kinds.has("delayed") && !kinds.has("active") && !kinds.has("ready")) this.#ahead += 60_000;
  }

  #build({ pkgbase, srcinfo, folder }: BuildRequest): BuildResult {
    const upstream = this.#days.commits.get(pkgbase);
    const commit = upstream?.kind === "commit" ? upstream.commit : undefined;
    const recipe = srcinfo!.base.get("pkgver")![0]!;
    const what = commit ?? recipe;
    if (this.bad.has(`${pkgbase} ${what}`)) {
      this.ended.push({ pkgbase, what: `failed ${what}` });
      return { kind: "failed", message: "bad" };
    }
    this.ended.push({ pkgbase, what });
    const key = `${pkgbase} ${what}`;
    if (!this.#seen.has(key)) this.#seen.set(key, this.#seen.size + 1);
    const version = commit === undefined ? `${recipe}-1` : `${recipe}.r${this.#seen.get(key)}-1`;
    const file = writeTinyPackage(join(folder, "packages"), { pkgname: pkgbase, version });
    const vcs = commit === undefined ? {} : { source: commit };
    return { kind: "built", files: [file], pkgnames: [pkgbase], version, vcs };
  }
}
