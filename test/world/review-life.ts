import { execFileSync } from "node:child_process";
import { inspect } from "node:util";
import { applyReviews, type ReviewOutcome, type ReviewPorts } from "../../tools/forge/apply-reviews.ts";
import type { Forge, ForgeKind } from "../../tools/forge/forge.ts";
import { planReviews, type ReviewPlan } from "../../tools/forge/plan-reviews.ts";
import { readReviews, type Refusal } from "../../tools/forge/read-reviews.ts";
import type { WantedUpdate } from "../../tools/forge/update-commit.ts";
import type { RecipeFile } from "../../tools/workspace/recipe-changes.ts";
import { openGit } from "../../tools/git/git.ts";
import type { ForgeServer } from "./forge-server.ts";
import { connect, goodToken, type StandIn } from "./forges.ts";
import { ScratchWorkspace } from "./workspace.ts";

const marks = { labels: ["update"], assignee: "alice" };
/** Who Sluice commits as. */
const identity = { name: "Sluice", email: "sluice@example.org" };

/** What a pipeline run finds. */
interface Day {
  readonly wanted?: readonly WantedUpdate[];
  /** Packages whose upstream couldn't be asked. */
  readonly unknown?: readonly string[];
  readonly packages?: readonly string[];
  readonly ports?: Partial<ReviewPorts>;
}

/** A workspace of two packages, its remote, a forge in front of it, and pipelines that run there day after day. */
export class ReviewLife {
  readonly world: ScratchWorkspace;
  readonly server: ForgeServer;
  readonly forge: Forge;
  /** What the workspace's state keeps between runs. */
  refusals: readonly Refusal[] = [];
  readonly #said: unknown[] = [];

  private constructor(world: ScratchWorkspace, server: ForgeServer, forge: Forge) {
    this.world = world;
    this.server = server;
    this.forge = forge;
  }

  static async begin({ kind, start }: { kind: ForgeKind; start: StandIn["start"] }): Promise<ReviewLife> {
    beginning ??= startingWorkspace();
    const world = new ScratchWorkspace(beginning);
    const server = await start(world.origin);
    return new ReviewLife(world, server, await connect(kind, server));
  }

  /** Fails the test where a request was wrong, or where the token is in anything that a run may print. */
  async end(): Promise<void> {
    await this.server.stop().finally(() => this.world.remove());
    const said = inspect(this.#said, { depth: 20, showHidden: true });
    if (said.includes(goodToken)) throw new Error("the token is in what a run hands out");
  }

  update(pkgbase: string, pkgver: string, extra: readonly RecipeFile[] = []): WantedUpdate {
    const content = Buffer.from(`pkgname=${pkgbase}\npkgver=${pkgver}\n`);
    return {
      pkgbase,
      revision: Buffer.from(pkgver.padEnd(16, "~")).toString("hex"),
      body: `New version \`${pkgver}\`.`,
      files: [{ path: "PKGBUILD", mode: "100644", content }, ...extra],
      base: this.world.git("rev-parse", "main"),
    };
  }

  async plan({ wanted = [], unknown = [], packages = ["foo", "bar"] }: Day): Promise<ReviewPlan> {
    const settled = packages.filter(
      (name) => !unknown.includes(name) && !wanted.some(({ pkgbase }) => pkgbase === name),
    );
    const { refusals, forge } = this;
    const needs = { wanted, settled: new Set(settled), packages: new Set(packages), refusals };
    const ports = { forge, git: openGit(this.world.dir, process.env), remote: "origin" };
    return planReviews(needs, await readReviews({ ...ports, email: identity.email }, needs), marks);
  }

  async apply(plan: ReviewPlan, ports: Partial<ReviewPorts> = {}): Promise<ReviewOutcome> {
    const outcome = await applyReviews(plan, marks, {
      forge: this.forge,
      git: openGit(this.world.dir, process.env),
      remote: "origin",
      packagesDir: "packages",
      identity,
      now: new Date("2026-06-01T12:00:00Z"),
      pushOptions: [],
      ...ports,
    });
    this.#said.push(plan, outcome);
    return outcome;
  }

  /** One pipeline run: what it did, in short. */
  async run(day: Day): Promise<string[]> {
    const plan = await this.plan(day);
    const { done, failed, heldBack } = await this.apply(plan, day.ports);
    this.refusals = plan.refusals;
    return [
      ...done.map(({ action }) => `${action.kind} ${action.pkgbase}: ${action.reason}`),
      ...failed.map(({ action, error }) => `failed to ${action.kind} ${action.pkgbase}: ${error.code}`),
      ...heldBack.map(({ action, error }) => `held back ${action.kind} ${action.pkgbase}: ${error.code}`),
    ];
  }

  /** The remote's branches of reviews. */
  branches(): string[] {
    const listing = this.world.atOrigin(
      "for-each-ref",
      "--format=%(refname:lstrip=2)",
      "refs/heads/update-*",
    );
    return listing.split("\n").filter(Boolean);
  }

  /** A person's commit on a branch of the remote; its id. */
  personPushes(branch: string, path = "packages/foo/PKGBUILD"): string {
    const { world } = this;
    world.git("fetch", "-q", "origin", branch);
    world.git("checkout", "-q", "-B", "theirs", "FETCH_HEAD");
    world.write(path, "# looked at\n");
    const id = world.commit("fix it up");
    world.git("push", "-q", "origin", `theirs:${branch}`);
    world.git("checkout", "-q", "main");
    return id;
  }

  /** From now on the token is another account's. */
  renameAccount(account: string): void {
    this.server.tokens.set(goodToken, { ...this.server.tokens.get(goodToken)!, account });
  }

  /** A branch as Chaotic-AUR's pipelines made them, by the same account. */
  chaoticPushes(pkgbase: string): void {
    const { world } = this;
    world.git("checkout", "-q", "-B", `update-${pkgbase}`, "main");
    world.write(`packages/${pkgbase}/PKGBUILD`, "pkgver=1.5\n");
    const { name, email } = identity;
    const env = {
      ...process.env,
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    };
    const commit = ["commit", "-q", "-a", "-m", `chore(update): ${pkgbase}`];
    execFileSync("git", ["-C", world.dir, ...commit], { env });
    world.git("push", "-q", "origin", `update-${pkgbase}`);
    world.git("checkout", "-q", "main");
  }
}

/** Made once in a process; it lies in the run's own temporary folder, which goes with the run. */
let beginning: ScratchWorkspace | undefined;

function startingWorkspace(): ScratchWorkspace {
  const world = new ScratchWorkspace();
  world.addPackage("foo");
  world.write("packages/foo/.CI/config", "CI_PACKAGE_BUMP=1\n");
  world.addPackage("bar");
  world.commit("start");
  world.git("push", "-q", "origin", "main");
  return world;
}
