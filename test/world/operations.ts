import { afterEach, beforeEach } from "vitest";
import { planAdd, type AddOptions, type AddPlan, type AddPorts } from "../../tools/ci/operations/add.ts";
import { planBump, type BumpPlan, type VersionsHere } from "../../tools/ci/operations/bump.ts";
import { planDrop, type DropPlan } from "../../tools/ci/operations/drop.ts";
import { runOperation, type OperationPlan } from "../../tools/ci/operations/operation.ts";
import { readPlatform, type Platform } from "../../tools/ci/pipeline/platform.ts";
import { runOnSchedule } from "../../tools/ci/on-schedule/run-on-schedule.ts";
import { reportLines } from "../../tools/ci/on-schedule/schedule-report.ts";
import { SluiceError } from "../../tools/errors.ts";
import { openGit } from "../../tools/git/git.ts";
import type { Sandbox } from "../../tools/sandbox/sandbox.ts";
import type { Schedule } from "../../tools/schedule/schedule.ts";
import type { Checkpoint } from "../../tools/steps.ts";
import { openAurSearch } from "../../tools/upstream/aur/aur-search.ts";
import { openUpstreams } from "../../tools/upstream/sources.ts";
import { AurRuns } from "./aur-runs.ts";
import type { Aur } from "./aur.ts";
import { Mirror } from "./mirror.ts";
import { ScratchWorkspace } from "./workspace.ts";

const noSandbox = { run: () => Promise.reject(new Error("no sandbox here")) } as unknown as Sandbox;

/** For each test of a file a workspace with real Git, the simulated AUR and a mirror of the distribution. */
export class Operations {
  readonly #runs = new AurRuns();
  #world: ScratchWorkspace | undefined;
  #mirror: Mirror | undefined;
  platform: Platform = readPlatform({});
  checkpoint: Checkpoint | undefined;
  /** Called once, when main was read and nothing is decided yet. */
  meanwhile: (() => void) | undefined;

  /** What this machine publishes. */
  here: VersionsHere = () => ({ published: undefined, kept: [] });

  constructor() {
    beforeEach(async () => {
      this.#world = new ScratchWorkspace();
      this.#mirror = new Mirror();
      await this.#mirror.server.start();
      this.mirror.publish("core", [{ name: "glibc", version: "2-1" }], { made: noon });
      this.published({});
      this.world.write(".ci/config", this.config());
    });
    afterEach(async () => {
      this.world.remove();
      await this.mirror.server.stop();
      this.platform = readPlatform({});
      this.meanwhile = undefined;
      this.here = () => ({ published: undefined, kept: [] });
    });
  }

  get world(): ScratchWorkspace {
    return this.#world!;
  }

  get mirror(): Mirror {
    return this.#mirror!;
  }

  get aur(): Aur {
    return this.#runs.aur;
  }

  config(): string {
    const databases = ["core", "test"].map((name) => this.mirror.database(name)).join(" ");
    const identity = "GIT_AUTHOR_NAME=Sluice\nGIT_AUTHOR_EMAIL=sluice@example.org\n";
    return `BUILD_REPO=test\nREPO_NAME=scratch\n${identity}CI_LIB_DB=${databases}\n`;
  }

  /** What this repository itself has published, `name` to full version. */
  published(versions: Readonly<Record<string, string>>): void {
    const packages = Object.entries(versions).map(([name, version]) => ({ name, version }));
    this.mirror.publish("test", packages, { made: noon });
  }

  /** An account with a package that is older than anybody suspects. */
  letAccountAge(account = "packager"): void {
    this.aur.list(new Map([[`old-${account}`, oldRecipe(`old-${account}`)]]));
    this.aur.record(`old-${account}`);
    this.aur.now += 400 * 86_400;
  }

  async ports(): Promise<AddPorts> {
    const ports = await this.#runs.open();
    return {
      git: openGit(this.world.dir, process.env),
      platform: this.platform,
      now: ports.now,
      progress: (what) => {
        if (!what.startsWith("asking")) return;
        const meanwhile = this.meanwhile;
        this.meanwhile = undefined;
        meanwhile?.();
      },
      checkpoint: this.checkpoint,
      upstreams: (_config, memory) => openUpstreams(ports, memory, noSandbox),
      aur: () => openAurSearch(ports),
    };
  }

  async add(requests: readonly string[], options: Partial<AddOptions> = {}): Promise<Done<AddPlan>> {
    const none = { acceptRisk: false, withDependencies: false, origin: undefined, reason: undefined };
    const ports = await this.ports();
    return runOperation(ports, () => planAdd(ports, requests, { ...none, ...options }));
  }

  async drop(names: readonly string[], force = false): Promise<Done<DropPlan>> {
    const ports = await this.ports();
    return runOperation(ports, () => planDrop(ports, names, { force }));
  }

  async bump(names: readonly string[]): Promise<Done<BumpPlan>> {
    const ports = await this.ports();
    return runOperation(ports, () =>
      planBump({ ...ports, versionsHere: () => Promise.resolve(this.here) }, names),
    );
  }

  /** What the half-hourly run has to say then, a line each. */
  async halfHourly(): Promise<string[]> {
    const forge = new SluiceError("forge-token", "there is no forge here");
    const { plan, outcome, template } = await runOnSchedule({ ...(await this.ports()), forge });
    return reportLines(plan, outcome, template).map(({ what, pkgbase, why }) => `${what} ${pkgbase}: ${why}`);
  }

  schedule(): Schedule {
    return JSON.parse(this.world.read(".ci/schedule.json")) as Schedule;
  }

  scheduled(): string[] {
    return this.schedule().builds.map(({ pkgbase }) => pkgbase);
  }

  atOrigin(path: string, ref = "main"): string {
    return this.world.atOrigin("show", `${ref}:${path}`);
  }

  filesAtOrigin(ref = "main"): string[] {
    return this.world.atOrigin("ls-tree", "-r", "--name-only", ref).split("\n");
  }

  refs(): string {
    return this.world.atOrigin("for-each-ref", "--format=%(refname) %(objectname)");
  }
}

interface Done<Plan extends OperationPlan> {
  readonly plan: Plan;
  readonly done: boolean;
}

const noon = new Date("2026-07-01T12:00:00Z");

function oldRecipe(pkgbase: string): { PKGBUILD: string; ".SRCINFO": string } {
  return {
    PKGBUILD: `pkgname=${pkgbase}\npkgver=1\npkgrel=1\narch=('any')\n`,
    ".SRCINFO": `pkgbase = ${pkgbase}\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = ${pkgbase}\n`,
  };
}
