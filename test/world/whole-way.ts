import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Repository } from "../../tools/pkgrepo/repository.ts";
import { publishedPackages } from "../../tools/pkgrepo/snapshot.ts";
import { openSqliteQueue } from "../../tools/queue/sqlite/sqlite.ts";
import { installable } from "./scratch-repository.ts";
import { writeTinyPackage } from "./tiny-package.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** Where a process is killed: at the so-manieth time that it passes a checkpoint, or after milliseconds. */
export type Death = { readonly checkpoint: string; readonly time: number } | { readonly delay: number };

/** A clone, its origin and a state folder, all below one folder that can be copied. */
export interface World {
  readonly folder: string;
  readonly repository: Repository;
}

/** What a run went through, beside what it left on the disk. */
export interface Run {
  readonly killed: boolean;
  /** Without the start of Node. */
  readonly milliseconds: number;
  /** Checkpoints that were passed, in order. */
  readonly passed: readonly string[];
  /** `pkgbase version` of the builds that were begun. */
  readonly begun: readonly string[];
}

/**
 * From a commit to published packages: a workspace whose first commit is published, and whose second one changes
 * packages, removes one, moves a pkgname to another pkgbase and adds one that builders are asked for.
 */
export class WholeWay {
  readonly #workspace = new ScratchWorkspace();
  readonly #home = join(this.#workspace.base, "way");
  /** pkgname to version, before and after. */
  readonly before = { lib: "1-1", "lib-doc": "1-1", "app-git": "1-1", old: "1-1", moved: "1-1" };
  readonly after = { lib: "2-1", "lib-doc": "2-1", "app-git": "2-1", moved: "2-1", nightly: "2-1" };
  /** Builds of the second commit. */
  readonly builds = ["app-git 2-1", "lib 2-1", "nightly 2-1", "successor 2-1"];
  #worlds = 0;

  async prepare(): Promise<void> {
    const workspace = this.#workspace;
    workspace.git("remote", "set-url", "origin", "../origin.git");
    this.#package("lib", "1", { pkgnames: ["lib", "lib-doc"] });
    this.#package("app-git", "1", { depends: ["lib"], lines: [gitSource] });
    this.#package("old", "1", {});
    this.#package("predecessor", "1", { pkgnames: ["moved"] });
    workspace.publishScheduled();
    mkdirSync(join(this.#home, "start"), { recursive: true });
    for (const name of ["origin.git", "clone"]) {
      cpSync(join(workspace.base, name), join(this.#home, "start", name), { recursive: true });
    }
    await this.run(this.#worldIn(join(this.#home, "start")));
    this.#package("lib", "2", { pkgnames: ["lib", "lib-doc"] });
    this.#package("app-git", "2", { depends: ["lib"], lines: [gitSource] });
    this.#package("successor", "2", { pkgnames: ["moved"] });
    // Builders are asked for it: of what has a trigger, main alone doesn't say when.
    this.#package("nightly", "2", {});
    workspace.write("packages/nightly/.CI/config", "CI_ON_TRIGGER=nightly\n");
    workspace.delete("packages/old");
    workspace.delete("packages/predecessor");
    workspace.commit("second");
    const start = join(this.#home, "start/clone");
    rmSync(start, { recursive: true });
    cpSync(workspace.dir, start, { recursive: true });
    workspace.git("-C", start, "push", "-q", "origin", "main");
  }

  /** A world as it is before the second commit is scheduled. */
  fresh(): World {
    const folder = join(this.#home, `world-${this.#worlds++}`);
    cpSync(join(this.#home, "start"), folder, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    });
    for (const log of ["begun.log", "passed.log"]) rmSync(join(folder, log), { force: true });
    return this.#worldIn(folder);
  }

  /** Schedules, takes, builds and publishes in a process of its own, an hour after the world's last run. */
  async run({ folder }: World, death?: Death): Promise<Run> {
    const before = { passed: lines(folder, "passed.log").length, begun: lines(folder, "begun.log").length };
    appendFileSync(join(folder, "runs.log"), "run\n");
    const hours = lines(folder, "runs.log").length;
    const input = JSON.stringify({ folder, death, hours, packages: join(this.#home, "packages") });
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program, input], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "close");
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    await Promise.race([once(child.stdout, "data"), ended]);
    const start = performance.now();
    const timer = death && "delay" in death && setTimeout(() => child.kill("SIGKILL"), death.delay);
    const [status, signal] = (await ended) as [number | null, string | null];
    if (timer) clearTimeout(timer);

    if (signal !== "SIGKILL" && status !== 0) throw new Error(said);
    return {
      killed: signal === "SIGKILL",
      milliseconds: performance.now() - start,
      passed: lines(folder, "passed.log").slice(before.passed),
      begun: lines(folder, "begun.log").slice(before.begun),
    };
  }

  /** `pkgbase version` of what is built already: kept, or published. */
  async built({ folder, repository }: World): Promise<Set<string>> {
    const finished = join(folder, "state/finished");
    const kept = readdirSync(finished)
      .filter((name) => existsSync(join(finished, name, "manifest.json")) && !name.startsWith("."))
      .map((name) => {
        const { version } = JSON.parse(readFileSync(join(finished, name, "manifest.json"), "utf8")) as {
          version: string;
        };
        return `${name} ${version}`;
      });
    const published = await publishedPackages(repository);
    return new Set([...kept, ...published.map(({ base, version }) => `${base} ${version}`)]);
  }

  /** Files that nobody needs any more, and work that is left. */
  async leftovers({ folder }: World): Promise<string[]> {
    const queue = await openSqliteQueue(join(folder, "state/queue.sqlite"));
    const { builds, removals } = await queue.state();
    await queue.close();
    const files = ["work", "finished"].flatMap((name) => readdirSync(join(folder, "state", name)));
    const staging = readdirSync(join(folder, "state/repositories/test/x86_64"));
    return [
      ...builds.map(({ pkgbase, status }) => `${pkgbase} is ${status.kind}`),
      ...removals.map(({ pkgbase }) => `${pkgbase} is to be removed`),
      ...files,
      ...staging.filter((name) => name.startsWith(".staging")),
    ];
  }

  installable({ repository }: World): Promise<Record<string, string>> {
    return installable(repository);
  }

  discard({ folder }: World): void {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  close(): void {
    this.#workspace.remove();
  }

  #worldIn(folder: string): World {
    const key = { home: join(folder, "state/signing-key") };
    const root = join(folder, "state/repositories");
    return { folder, repository: { root, name: "test", arch: "x86_64", key, keepDays: 14 } };
  }

  /** A recipe, and what building it makes. */
  #package(
    pkgbase: string,
    pkgver: string,
    {
      pkgnames = [pkgbase],
      depends = [],
      lines = [],
    }: { pkgnames?: readonly string[]; depends?: readonly string[]; lines?: readonly string[] },
  ): void {
    const relations = depends.map((name) => `depends = ${name}`);
    this.#workspace.addPackage(pkgbase, { pkgver, pkgnames, lines: [...relations, ...lines] });
    const version = `${pkgver}-1`;
    for (const pkgname of pkgnames) {
      writeTinyPackage(join(this.#home, "packages", `${pkgbase} ${version}`), {
        pkgname,
        pkgbase,
        version,
        depends,
      });
    }
  }
}

const gitSource = "source = git+https://example.org/app.git";

function lines(folder: string, log: string): string[] {
  const path = join(folder, log);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

const built = join(import.meta.dirname, "../../dist");

/**
 * The whole way as the commands go it, with a builder that hands out packages that were made before. Time runs
 * faster, so that nobody waits for retries.
 */
const program = `
import { appendFileSync, cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { applyOnCommit } from "${built}/ci/on-commit/apply-on-commit.js";
import { planOnCommit } from "${built}/ci/on-commit/on-commit.js";
import { readPlatform } from "${built}/ci/pipeline/platform.js";
import { openGit } from "${built}/git/git.js";
import { openInstallations } from "${built}/manager/installation.js";
import { up } from "${built}/manager/up.js";
import { bubblewrap } from "${built}/sandbox/bubblewrap/bubblewrap.js";
const { folder, death, hours, packages } = JSON.parse(process.argv[1]);
const start = Date.now();
const now = () => new Date(Date.UTC(2026, 5, 1, hours) + 10 * (Date.now() - start));
let times = 0;
const checkpoint = (moment, step) => {
  const passed = moment + " " + step;
  appendFileSync(join(folder, "passed.log"), passed + "\\n");
  if (passed === death?.checkpoint && ++times === death.time) process.kill(process.pid, "SIGKILL");
};
const build = async ({ pkgbase, srcinfo, folder: into }) => {
  const version = srcinfo.base.get("pkgver")[0] + "-" + srcinfo.base.get("pkgrel")[0];
  appendFileSync(join(folder, "begun.log"), pkgbase + " " + version + "\\n");
  const made = join(packages, pkgbase + " " + version);
  cpSync(made, into, { recursive: true });
  const files = readdirSync(made).map((name) => join(into, name));
  return { kind: "built", files, pkgnames: srcinfo.packages.map(({ pkgname }) => pkgname), version, vcs: {} };
};
process.stdout.write("ready");
const git = openGit(join(folder, "clone"), process.env);
const platform = readPlatform({});
await applyOnCommit(git, platform, await planOnCommit(git, platform), now, checkpoint);
const settings = { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"], CI_ON_DEPENDENCY_FAILURE: "auto" };
const state = join(folder, "state");
const sandbox = bubblewrap();
const options = { git, settings, state, sandbox, gnupgHome: "", now, build, checkpoint };
const installations = await openInstallations(options);
const signal = new AbortController().signal;
const following = { once: true, fetch: { everyMs: 60_000, pipelineEmail: "" }, watcher: {} };
await up(installations, { ...following, worker: "run " + hours, jobs: 2, signal });
await installations[0].queue.close();
`;
