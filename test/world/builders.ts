import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { BuildRequest, BuildResult } from "../../tools/builder/build-request.ts";
import { openGit } from "../../tools/git/git.ts";
import { openInstallations } from "../../tools/manager/installation.ts";
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
    const start = performance.now();
    const [installation] = await openInstallations({
      git: openGit(join(this.#days.world.base, name), process.env),
      settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
      state: this.#state,
      sandbox: host(),
      gnupgHome: this.#state,
      // Faster than ours, so that nobody waits for retries.
      now: () => new Date(this.#days.now.getTime() + 100 * (performance.now() - start)),
      build: async (request) => {
        if (!interrupted) return this.#build(request);
        stop.abort();
        return { kind: "cancelled", message: "stopped" };
      },
    });
    try {
      const fetch = { everyMs: 60_000, pipelineEmail: "sluice@example.org" };
      const following = { once: true, fetch, watcher: {}, signal: stop.signal };
      await up([installation], { ...following, worker: name, jobs: 1 });
    } finally {
      await installation.queue.close();
    }
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
