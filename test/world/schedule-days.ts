import { SluiceError } from "../../tools/errors.ts";
import { planOnSchedule, type OnSchedulePlan } from "../../tools/ci/on-schedule/on-schedule.ts";
import type { SchedulePorts } from "../../tools/ci/pipeline/ports.ts";
import { applyOnSchedule, type OnScheduleOutcome } from "../../tools/ci/on-schedule/apply-on-schedule.ts";
import { runOnSchedule } from "../../tools/ci/on-schedule/run-on-schedule.ts";
import { readPlatform, type Platform } from "../../tools/ci/pipeline/platform.ts";
import { needsPerson, reportLines } from "../../tools/ci/on-schedule/schedule-report.ts";
import type { Upstreams } from "../../tools/upstream/sources.ts";
import type { Forge } from "../../tools/forge/forge.ts";
import type { RecipeFiles } from "../../tools/gate/update.ts";
import { openGit } from "../../tools/git/git.ts";
import type { Schedule } from "../../tools/schedule/schedule.ts";
import type { Checkpoint } from "../../tools/steps.ts";
import type { DatabaseSighting } from "../../tools/upstream/distribution/distribution.ts";
import type { PackageRecord } from "../../tools/binaries/record.ts";
import type { GivesSighting, KnownGives } from "../../tools/upstream/distribution/gives.ts";
import type { PublishedNeeds } from "../../tools/upstream/distribution/published-needs.ts";
import type { CommitSighting } from "../../tools/upstream/vcs/vcs.ts";
import type { Seen, Sighting, UpstreamRecipe } from "../../tools/upstream/upstream.ts";
import { ScratchWorkspace, srcinfoText } from "./workspace.ts";

/** What an upstream offers, said by the test. */
export interface Offer extends Partial<UpstreamRecipe> {
  readonly seen: Seen;
}

/**
 * A workspace with real Git that on-schedule runs in day after day, over upstreams that answer what the test says:
 * a sighting is `unchanged` where what was seen is what is offered.
 */
export class ScheduleDays {
  readonly world: ScratchWorkspace;
  /** By pkgbase. */
  readonly recipes: Map<string, Offer | SluiceError>;
  readonly commits = new Map<string, CommitSighting>();
  databases: readonly DatabaseSighting[] = [];
  /** What the distribution gives, and what is published; undefined: nobody knows. */
  gives: (known: readonly KnownGives[]) => readonly GivesSighting[] = () => [];
  published: (() => readonly PackageRecord[]) | undefined;
  /** What packages of the distribution say of the versions of their symbols. */
  symbols: Upstreams["symbols"] = async () => new Map();
  forge: Forge | SluiceError = new SluiceError("forge-token", "there is no forge here");
  platform: Platform = readPlatform({});
  now = new Date("2026-06-01T12:00:00Z");
  /** Called before the plan is applied, with what somebody else does meanwhile. */
  meanwhile: (() => void) | undefined;
  checkpoint: Checkpoint | undefined;
  readonly said: string[] = [];

  /** @param like what its workspace begins with, instead of being empty */
  constructor(like?: ScheduleDays) {
    this.world = new ScratchWorkspace(like?.world);
    this.recipes = new Map(like?.recipes);
    if (like) return;
    this.world.write(
      ".ci/config",
      "BUILD_REPO=test\nREPO_NAME=scratch\nGIT_AUTHOR_NAME=Sluice\nGIT_AUTHOR_EMAIL=sluice@example.org\n",
    );
  }

  /** A package that follows the AUR, as it is at version 1. */
  follow(pkgbase: string, config = "CI_PKGBUILD_SOURCE=aur\n", lines: readonly string[] = []): void {
    for (const [path, { bytes }] of recipe(pkgbase, "1", { lines })) {
      this.world.write(`packages/${pkgbase}/${path}`, bytes);
    }
    this.world.write(`packages/${pkgbase}/.CI/config`, config);
    this.recipes.set(pkgbase, { files: recipe(pkgbase, "1", { lines }), seen: { timestamp: 1 } });
  }

  offer(pkgbase: string, timestamp: number, files: RecipeFiles, more: Partial<UpstreamRecipe> = {}): void {
    this.recipes.set(pkgbase, { ...more, files, seen: { timestamp } });
  }

  get ports(): SchedulePorts {
    return {
      git: openGit(this.world.dir, process.env),
      platform: this.platform,
      upstreams: () => this.#upstreams(),
      ...(this.published && { published: async () => publishedAs(this.published!()) }),
      forge: this.forge,
      now: () => this.now,
      progress: (what) => this.said.push(what),
      checkpoint: this.checkpoint,
    };
  }

  plan(): Promise<OnSchedulePlan> {
    return planOnSchedule(this.ports);
  }

  apply(plan: OnSchedulePlan): ReturnType<typeof applyOnSchedule> {
    return applyOnSchedule(this.ports, plan);
  }

  async run(): Promise<Day> {
    return runDay(this.ports);
  }

  /** The schedule file as a builder reads it. */
  schedule(): Schedule {
    return JSON.parse(this.world.read(".ci/schedule.json")) as Schedule;
  }

  scheduled(): string[] {
    return this.schedule().builds.map(({ pkgbase }) => pkgbase);
  }

  atOrigin(path: string, ref = "main"): string {
    return this.world.atOrigin("show", `${ref}:${path}`);
  }

  refs(): string {
    return this.world.atOrigin("for-each-ref", "--format=%(refname) %(objectname)");
  }

  #upstreams(): Upstreams {
    const { recipes, commits } = this;
    const act = (): void => {
      const meanwhile = this.meanwhile;
      this.meanwhile = undefined;
      meanwhile?.();
    };
    return {
      async recipes(packages) {
        act();
        return new Map(packages.map(({ pkgbase, seen }) => [pkgbase, sighting(recipes.get(pkgbase), seen)]));
      },
      async commits(packages) {
        const none = { kind: "pinned" } as const;
        return new Map(packages.map(({ pkgbase }) => [pkgbase, commits.get(pkgbase) ?? none]));
      },
      runUpdateScript: () => Promise.reject(new SluiceError("sandbox", "no sandbox here")),
      tagsOf: async () => undefined,
      sourceChange: async () => ({ first: [], lines: [] }),
      refsOf: async () => ({ kind: "refs", refs: new Map() }),
      libraries: async () => this.databases,
      rebuildsOn: async () => new Map(),
      gives: async (_, known) => this.gives(known),
      symbols: this.symbols,
      publishedNeeds: async () => undefined,
      aurEtag: () => undefined,
    };
  }
}

/** Records as whoever publishes them hands them on. */
export function publishedAs(records: readonly PackageRecord[]): PublishedNeeds {
  return { digest: JSON.stringify(records), records: async () => records };
}

export interface Day {
  readonly plan: OnSchedulePlan;
  readonly outcome: OnScheduleOutcome;
  readonly needsPerson: boolean;
  /** The report, a line each. */
  readonly lines: readonly string[];
}

/** A run from beginning to end. */
export async function runDay(ports: SchedulePorts): Promise<Day> {
  const { plan, outcome, template } = await runOnSchedule(ports);
  const lines = reportLines(plan, outcome, template);
  return {
    plan,
    outcome,
    needsPerson: needsPerson(plan, outcome, template),
    lines: lines.map(({ what, pkgbase, why }) => `${what} ${pkgbase}: ${why}`),
  };
}

function sighting(offer: Offer | SluiceError | undefined, seen: Seen): Sighting {
  if (offer === undefined) return { kind: "problem", error: new SluiceError("gone", "not in the AUR") };
  if (offer instanceof SluiceError) return { kind: "unavailable", error: offer };
  if (offer.seen.timestamp === seen.timestamp && offer.seen.revision === seen.revision) {
    return { kind: "unchanged", seen, maintainers: offer.maintainers };
  }
  const { files = new Map(), revision = `r${offer.seen.timestamp}`, committedAt = 0 } = offer;
  return { kind: "recipe", recipe: { ...offer, files, revision, committedAt }, seen: offer.seen };
}

/** A recipe of the simplest kind, whose PKGBUILD and .SRCINFO say the same. */
export function recipe(
  pkgbase: string,
  pkgver: string,
  more: { readonly lines?: readonly string[]; readonly text?: string } = {},
): RecipeFiles {
  const { lines = [], text = "" } = more;
  const pkgbuild = `pkgname=${pkgbase}\npkgver=${pkgver}\npkgrel=1\narch=('any')\n${arrays(lines)}${text}`;
  return new Map([
    ["PKGBUILD", file(pkgbuild)],
    [".SRCINFO", file(srcinfoText(pkgbase, { pkgver, lines }))],
  ]);
}

function file(content: string): { mode: "100644"; bytes: Buffer } {
  return { mode: "100644", bytes: Buffer.from(content) };
}

/** `depends = foo` as `depends=('foo')`. */
function arrays(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^(\w+) = (.*)$/, "$1=('$2')\n")).join("");
}
