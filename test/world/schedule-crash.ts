import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackageRecord } from "../../tools/binaries/record.ts";
import type { RecipeFiles } from "../../tools/gate/update.ts";
import type { Schedule } from "../../tools/schedule/schedule.ts";
import type { GivesSighting } from "../../tools/upstream/distribution/gives.ts";
import { GitHubServer, everyGitHubPermission } from "./github.ts";
import { goodToken } from "./forges.ts";
import { groupGone } from "./process-group.ts";
import { recipe, ScheduleDays } from "./schedule-days.ts";
import { connect, standIns } from "./forges.ts";

/** Where a process is killed: when it passes a checkpoint, or after milliseconds. */
export type Death = { readonly checkpoint: string } | { readonly delay: number };

/** An origin, a clone of it and a forge in front of it. */
export interface CrashWorld {
  readonly folder: string;
  readonly server: GitHubServer;
  /** `pkgbase` of every build that was emitted, in order. */
  readonly emitted: string[];
}

export interface CrashRun {
  readonly killed: boolean;
  readonly milliseconds: number;
  readonly passed: readonly string[];
}

const held = recipe("held", "2", { lines: ["depends = zlib"] });
const superseding = recipe("obsolete", "3");

/** What the upstreams have when the run comes that is killed. */
const offers: Readonly<Record<string, readonly [timestamp: number, files: RecipeFiles]>> = {
  minor: [2, recipe("minor", "2")],
  held: [2, held],
  obsolete: [3, superseding],
  quiet: [1, recipe("quiet", "1")],
};

/** A published program, and what the distribution gives before and when the run comes that is killed. */
const linked: PackageRecord = {
  pkgname: "linked",
  pkgbase: "linked",
  version: "1-1",
  arch: "x86_64",
  needs: { "x86_64-64:libfoo.so.1": { file: "usr/bin/linked" } },
  gives: [],
  depends: ["foo"],
  provides: [],
  builtWith: { foo: "1-1" },
};
const gives = (soname: number): GivesSighting => {
  const url = "https://mirror.example.org/extra.db";
  const foo = { version: `${soname}-1`, gives: [`x86_64-64:libfoo.so.${soname}`] };
  return { url, known: { url, read: "2026-06-01T00:00:00Z", packages: { foo } }, isNew: true };
};

/**
 * A half-hourly run with something of everything to do: a commit of a person that was not scheduled yet, an update
 * that passes and one that is held, a review that is overtaken, a new commit of a VCS source, and a library that is gone.
 */
export class ScheduleCrash {
  readonly #home = mkdtempSync(join(tmpdir(), "sluice-crash-"));
  readonly #start = join(this.#home, "start");
  #reviews: GitHubServer["reviews"] = [];
  #worlds = 0;
  /** Builds that the run has to emit, each once. */
  readonly builds = ["byhand", "linked", "minor", "obsolete", "tool-git"];

  async prepare(): Promise<void> {
    const days = new ScheduleDays();
    const { world } = days;
    world.git("remote", "set-url", "origin", "../origin.git");
    for (const name of ["minor", "held", "obsolete", "quiet"]) days.follow(name);
    days.follow("byhand", "");
    days.follow("tool-git", "");
    days.follow("linked", "");
    days.world.write(
      ".ci/config",
      `${days.world.read(".ci/config")}CI_LIB_DB=https://mirror.example.org/extra.db\n`,
    );
    days.published = () => [linked];
    days.gives = () => [gives(1)];
    days.commits.set("tool-git", { kind: "commit", commit: "a".repeat(40), url: "https://example.org/tool" });
    world.publishScheduled();
    const [{ kind, start }] = standIns as [(typeof standIns)[number]];
    const server = (await start(world.origin)) as GitHubServer;
    days.forge = await connect(kind, server);
    days.offer("obsolete", 2, recipe("obsolete", "2", { lines: ["depends = zlib"] }));
    await days.run();
    world.write("packages/byhand/helper.sh", "true\n");
    world.commit("by hand");
    world.git("push", "-q", "origin", "main");
    mkdirSync(this.#start);
    for (const name of ["origin.git", "clone"]) {
      cpSync(join(world.base, name), join(this.#start, name), { recursive: true });
    }
    this.#reviews = structuredClone([...server.current()]);
    await server.stop();
    world.remove();
  }

  async fresh(): Promise<CrashWorld> {
    const folder = join(this.#home, `world-${this.#worlds++}`);
    cpSync(this.#start, folder, { recursive: true, preserveTimestamps: true });
    const server = new GitHubServer(join(folder, "origin.git"));
    server.tokens.set(goodToken, { account: "sluice-bot", may: new Set(everyGitHubPermission) });
    server.reviews.push(...structuredClone(this.#reviews));
    await server.start();
    return { folder, server, emitted: [] };
  }

  /** One run in a process of its own. What it scheduled counts where its push came through. */
  async run({ folder, server, emitted }: CrashWorld, death?: Death): Promise<CrashRun> {
    const before = { refs: this.refs(folder), passed: lines(folder).length };
    appendFileSync(join(folder, "runs.log"), "run\n");
    const hours = readFileSync(join(folder, "runs.log"), "utf8").split("\n").length;
    const encoded = Object.entries(offers).map(([pkgbase, [timestamp, files]]) => [
      pkgbase,
      timestamp,
      [...files].map(([path, { bytes }]) => [path, Buffer.from(bytes).toString()]),
    ]);
    const { apiUrl, project } = server;
    const input = JSON.stringify({
      folder,
      death,
      hours,
      offers: encoded,
      apiUrl,
      project,
      token: goodToken,
      linked,
      gives: gives(2),
    });
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program, input], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const ended = once(child, "close");
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    await Promise.race([once(child.stdout, "data"), ended]);
    const start = performance.now();
    const timer = death && "delay" in death && setTimeout(() => child.kill("SIGKILL"), death.delay);
    const [status, signal] = (await ended) as [number | null, string | null];
    if (timer) clearTimeout(timer);
    // A push that it had begun goes on without it, and may still come through.
    await groupGone(child.pid!);
    if (signal !== "SIGKILL" && status !== 0) throw new Error(said);

    if (this.refs(folder) !== before.refs) {
      const schedule = JSON.parse(readFileSync(join(folder, "clone/.ci/schedule.json"), "utf8")) as Schedule;
      emitted.push(...schedule.builds.map(({ pkgbase }) => pkgbase));
    }
    return {
      killed: signal === "SIGKILL",
      milliseconds: performance.now() - start,
      passed: lines(folder).slice(before.passed),
    };
  }

  /** What a push of main moves: branches of reviews are pushed on their own. */
  refs(folder: string): string {
    return this.git(folder, "for-each-ref", "refs/heads/main", "refs/heads/state", "refs/tags");
  }

  git(folder: string, ...args: string[]): string {
    return execFileSync("git", ["-C", join(folder, "origin.git"), ...args], { encoding: "utf8" }).trim();
  }

  async discard({ folder, server }: CrashWorld): Promise<void> {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  close(): void {
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}

function lines(folder: string): string[] {
  const path = join(folder, "passed.log");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

const built = join(import.meta.dirname, "../../dist");

/** The run as the command goes it, over upstreams whose answers are given. */
const program = `
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { runOnSchedule } from "${built}/ci/on-schedule/run-on-schedule.js";
import { readPlatform } from "${built}/ci/pipeline/platform.js";
import { openForge } from "${built}/forge/open-forge.js";
import { openGit } from "${built}/git/git.js";
const { folder, death, hours, offers, apiUrl, project, token, linked, gives } = JSON.parse(process.argv[1]);
const checkpoint = (moment, step) => {
  const passed = moment + " " + step;
  appendFileSync(join(folder, "passed.log"), passed + "\\n");
  if (passed === death?.checkpoint) process.kill(process.pid, "SIGKILL");
};
const known = new Map(offers.map(([pkgbase, timestamp, files]) => [
  pkgbase,
  { timestamp, files: new Map(files.map(([path, text]) => [path, { mode: "100644", bytes: Buffer.from(text) }])) },
]));
const look = ({ pkgbase, seen }) => {
  const { timestamp, files } = known.get(pkgbase);
  if (seen.timestamp === timestamp) return { kind: "unchanged", seen };
  return { kind: "recipe", recipe: { files, revision: "r" + timestamp, committedAt: 0 }, seen: { timestamp } };
};
const newest = { kind: "commit", commit: "b".repeat(40), url: "https://example.org/tool" };
const upstreams = {
  recipes: async (packages) => new Map(packages.map((one) => [one.pkgbase, look(one)])),
  commits: async (packages) => new Map(packages.map(({ pkgbase }) => [pkgbase, newest])),
  tagsOf: async () => undefined,
sourceChange: async () => ({ first: [], lines: [] }),
  libraries: async () => [],
  rebuildsOn: async () => new Map(),
  gives: async () => [gives],
  symbols: async () => new Map(),
  publishedNeeds: async () => undefined,
  aurEtag: () => undefined,
};
process.stdout.write("ready");
const retryLimits = { timeout: 20000, pauses: [5], longestWait: 1000 };
const options = { apiUrl, project, token, targetBranch: "main" };
await runOnSchedule({
  git: openGit(join(folder, "clone"), process.env),
  platform: readPlatform({}),
  upstreams: () => upstreams,
  published: async () => ({ digest: "1", records: async () => [linked] }),
  forge: await openForge("github", options, retryLimits),
  now: () => new Date(Date.UTC(2026, 5, 1, hours)),
  progress: () => undefined,
  checkpoint,
});
`;
