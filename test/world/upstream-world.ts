import { planOnSchedule, type OnSchedulePlan } from "../../tools/ci/on-schedule/on-schedule.ts";
import type { SchedulePorts } from "../../tools/ci/pipeline/ports.ts";
import { readPlatform } from "../../tools/ci/pipeline/platform.ts";
import { withUpstreams } from "../../tools/cli/wiring/upstreams.ts";
import type { Forge } from "../../tools/forge/forge.ts";
import { openGit } from "../../tools/git/git.ts";
import type { Schedule } from "../../tools/schedule/schedule.ts";
import { Aur } from "./aur.ts";
import type { FaultyServer } from "./faulty-server.ts";
import type { ForgeServer } from "./forge-server.ts";
import { connect, standIns } from "./forges.ts";
import { GitLabTags } from "./gitlab-tags.ts";
import { GitServer } from "./git-server.ts";
import { hurry } from "./hurry.ts";
import { Mirror } from "./mirror.ts";
import { runDay, type Day } from "./schedule-days.ts";
import type { UpstreamPackage } from "./upstream-packages.ts";
import { VersionSites } from "./version-sites.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** Hosts with Git repositories; `https://<host>/<path>.git` is the repository `<host>/<path>` of `git`. */
const gitHosts = ["github.com", "git.example.org", "git.busy.org", "git.down.org"];

/** Hosts that tell versions or hand out files; `sites.pages` has their addresses. */
const siteHosts = [
  "api.github.com",
  "archlinux.org",
  "codeberg.org",
  "crates.io",
  "downloads.example.org",
  "gitlab.example.org",
  "pypi.org",
  "registry.npmjs.org",
];

/**
 * All that a half-hourly run speaks to, at the addresses that it has in production: the AUR, Git servers, GitLab's
 * tags, sites with versions, mirrors of databases, and a workspace whose origin has a forge in front of it. What runs
 * is wired as the command wires it. Every server has faults on demand.
 */
export class UpstreamWorld {
  readonly workspace = new ScratchWorkspace();
  readonly aur = new Aur();
  readonly git = new GitServer();
  /** gitlab.com; its projects are repositories of `git`. */
  readonly gitlab = new GitLabTags(this.git);
  readonly sites = new VersionSites();
  readonly mirror = new Mirror();
  now = new Date("2026-06-01T12:00:00Z");
  #forge: { readonly server: ForgeServer; readonly client: Forge } | undefined;

  async start(forge: "github" | "gitlab" = "github"): Promise<void> {
    const { kind, start } = standIns.find(({ kind }) => kind === forge)!;
    this.aur.now = Math.floor(this.now.getTime() / 1000) - 30 * 86_400;
    await Promise.all([
      this.aur.start(),
      this.sites.start(),
      ...this.#servers.map((server) => server.start()),
    ]);
    const server = await start(this.workspace.origin);
    this.#forge = { server, client: await connect(kind, server) };
  }

  async stop(): Promise<void> {
    await Promise.all([
      this.aur.stop(),
      this.git.stop(),
      this.gitlab.stop(),
      this.sites.stop(),
      this.mirror.server.stop(),
      this.#forge?.server.stop(),
    ]);
    this.workspace.remove();
  }

  get forge(): ForgeServer {
    return this.#forge!.server;
  }

  /** Adds a package whose upstream has what main gets; returns its files in main, by path. */
  follow(pkg: UpstreamPackage): ReadonlyMap<string, string | Uint8Array> {
    const { pkgbase, config, ci = {} } = pkg;
    const own = Object.entries({ config, ...ci }).map(([path, text]) => [`.CI/${path}`, text] as const);
    const files = [...Object.entries(pkg.recipe("1.0.0")), ...own].map(
      ([path, content]) => [`packages/${pkgbase}/${path}`, content] as const,
    );
    for (const [path, content] of files) this.workspace.write(path, content);
    pkg.release(this, "1.0.0");
    return new Map(files);
  }

  /** Where databases of CI_LIB_DB are. */
  libraryUrl(repository: string): string {
    return `https://mirror.example.org/${repository}/os/x86_64/${repository}.db`;
  }

  run(): Promise<Day> {
    return this.#withPorts(runDay);
  }

  /** As `--dry-run`. */
  plan(): Promise<OnSchedulePlan> {
    return this.#withPorts(planOnSchedule);
  }

  /** The schedule file as a builder reads it. */
  schedule(): Schedule {
    return JSON.parse(this.workspace.read(".ci/schedule.json")) as Schedule;
  }

  /** All refs of the origin, to the byte. */
  refs(): string {
    return this.workspace.atOrigin("for-each-ref", "--format=%(refname) %(objectname)");
  }

  get #servers(): FaultyServer[] {
    return [this.git.http, this.gitlab.http, this.mirror.server];
  }

  #withPorts<T>(use: (ports: SchedulePorts) => Promise<T>): Promise<T> {
    const now = (): Date => this.now;
    const world = { standIns: this.#standIns, retryLimits: hurry, now };
    return withUpstreams(
      { ...process.env, ...this.#gitEnvironment },
      (upstreams) =>
        use({
          git: openGit(this.workspace.dir, process.env),
          platform: readPlatform({}),
          upstreams,
          forge: this.#forge!.client,
          now,
          progress: () => undefined,
        }),
      world,
    );
  }

  get #standIns(): Record<string, string> {
    return {
      ...this.#gitStandIns,
      ...this.aur.standIns,
      ...this.sites.standIns(...siteHosts),
      "https://gitlab.com": this.gitlab.http.url,
      "https://mirror.example.org": this.mirror.server.url,
    };
  }

  get #gitStandIns(): Record<string, string> {
    return Object.fromEntries(gitHosts.map((host) => [`https://${host}`, `${this.git.http.url}/${host}`]));
  }

  /** For the program git, which knows nothing of stand-ins. */
  get #gitEnvironment(): Record<string, string> {
    const places = { ...this.#gitStandIns, "https://aur.archlinux.org": this.aur.git.http.url };
    const settings = Object.entries(places).map(([origin, url]) => [`url.${url}/.insteadOf`, `${origin}/`]);
    return Object.fromEntries([
      ["GIT_CONFIG_COUNT", String(settings.length)],
      ...settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ]) as Record<string, string>;
  }
}
