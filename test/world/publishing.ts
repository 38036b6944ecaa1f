import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rotateKey } from "../../tools/manager/keys/rotation.ts";
import type { KeyPlaces } from "../../tools/manager/keys/signing-keys.ts";
import { publish } from "../../tools/pkgrepo/publishing/publish.ts";
import { recordNeeds } from "../../tools/pkgrepo/publishing/record-needs.ts";
import { repairPublished } from "../../tools/pkgrepo/checking/repair.ts";
import { folderOf, type Repository } from "../../tools/pkgrepo/repository.ts";
import { makeLocalKey } from "../../tools/pkgrepo/signing/signing-key.ts";
import type { FinishedBuild } from "../../tools/pkgrepo/publishing/stage-packages.ts";
import type { Checkpoint } from "../../tools/steps.ts";
import { sweep } from "../../tools/pkgrepo/publishing/sweep.ts";
import { madeFromCommit } from "./scratch-repository.ts";
import { writeTinyPackage } from "./tiny-package.ts";

/** One change of a package repository, and what is published after it. */
export interface Scenario {
  readonly name: string;
  readonly publish?: readonly FinishedBuild[];
  readonly remove?: readonly { readonly pkgbase: string }[];
  readonly sweep?: boolean;
  /** What is damaged is put back before anything else, and what packages need is read; the world is damaged when it is set. */
  readonly repair?: boolean;
  /** Another key signs everything at once. */
  readonly rotate?: boolean;
  /** ISO 8601 */
  readonly now: string;
  /** pkgname to version */
  readonly after: Readonly<Record<string, string>>;
}

/** Scenarios, each on what the one before left, and a folder to play them in. */
export interface Stage {
  readonly home: string;
  readonly scenarios: readonly [
    first: Scenario,
    upgrade: Scenario,
    removal: Scenario,
    cleaning: Scenario,
    repair: Scenario,
    rotation: Scenario,
  ];
  /** A copy of the world as it is before a scenario (6: after the last), made at `world`. */
  set(index: number, world: string): void;
  /** Plays a scenario; the first time in order, so that `set` has worlds to copy. */
  rehearse(index: number, checkpoint: Checkpoint): Promise<void>;
  close(): void;
}

export function publishingStage(): Stage {
  const home = mkdtempSync(join(tmpdir(), "sluice-stage-"));
  mkdirSync(join(home, "before-0"));
  const build = (pkgbase: string, version: string, ...pkgnames: string[]): FinishedBuild => ({
    pkgbase,
    pkgnames,
    files: pkgnames.map((pkgname) => writeTinyPackage(join(home, "built"), { pkgname, pkgbase, version })),
    madeFrom: madeFromCommit(version),
  });
  const set = (index: number, world: string): void => {
    const options = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true };
    cpSync(join(home, `before-${index}`), world, options);
    if (scenarios[index]?.repair) damage(folderOf(repositoryIn(world)).folder);
  };
  const scenarios: Stage["scenarios"] = [
    {
      name: "the first publish, with the making of the key",
      publish: [build("split", "1-1", "a", "b"), build("c", "1-1", "c")],
      now: "2026-06-01T12:00:00Z",
      after: { a: "1-1", b: "1-1", c: "1-1" },
    },
    {
      name: "an upgrade that drops a split package",
      publish: [build("split", "2-1", "a"), build("d", "1-1", "d")],
      now: "2026-06-02T12:00:00Z",
      after: { a: "2-1", c: "1-1", d: "1-1" },
    },
    {
      name: "a removal",
      remove: [{ pkgbase: "c" }],
      now: "2026-06-03T12:00:00Z",
      after: { a: "2-1", d: "1-1" },
    },
    {
      name: "the deletion of old files",
      sweep: true,
      now: "2099-01-01T00:00:00Z",
      after: { a: "2-1", d: "1-1" },
    },
    {
      name: "the repair of a damaged package and a lost signature, after the reading of what packages need",
      repair: true,
      publish: [build("d", "1-1", "d")],
      now: "2099-01-01T12:00:00Z",
      after: { a: "2-1", d: "1-1" },
    },
    {
      name: "the change of the key",
      rotate: true,
      sweep: true,
      now: "2099-01-02T00:00:00Z",
      after: { a: "2-1", d: "1-1", "tiny-keyring": "20990102000000-1" },
    },
  ];
  return {
    home,
    scenarios,
    set,
    async rehearse(index, checkpoint) {
      const world = join(home, `before-${index + 1}`);
      set(index, world);
      const scenario = scenarios[index];
      if (scenario) await play(world, scenario, checkpoint);
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A byte behind a package, a signature gone, and nothing known of what packages need. */
function damage(folder: string): void {
  rmSync(join(folder, "databases/current/needs.json"));
  appendFileSync(join(folder, "d-1-1-x86_64.pkg.tar.zst"), "x");
  rmSync(join(folder, "a-2-1-x86_64.pkg.tar.zst.sig"));
}

export const repositoryIn = (world: string): Repository => ({
  root: join(world, "root"),
  name: "tiny",
  arch: "x86_64",
  key: { home: join(world, "keys") },
  keepDays: 7,
});

export const rotation = { afterDays: 0, keyring: true, keepDays: 7 };

const keyPlacesIn = (world: string, checkpoint?: Checkpoint): KeyPlaces => ({
  setting: "",
  home: join(world, "keys"),
  gnupgHome: join(world, "operator"),
  repository: repositoryIn(world),
  checkpoint,
});

/** @throws where a build is refused */
export async function play(world: string, scenario: Scenario, checkpoint?: Checkpoint): Promise<void> {
  await makeLocalKey(join(world, "keys"), "Tiny <tiny@example.org>", checkpoint);
  const repository = { ...repositoryIn(world), ...(checkpoint && { checkpoint }) };
  const now = new Date(scenario.now);
  if (scenario.repair) {
    await recordNeeds(repository, { now: () => now });
    await repairPublished(repository, { whole: true, now });
  }
  for (const outcome of scenario.publish ? await publish(repository, scenario.publish, now) : []) {
    if (outcome.kind === "refused") throw outcome.error;
  }
  if (scenario.remove) await publish(repository, [], now, { packages: new Map(), removals: scenario.remove });
  if (scenario.rotate) await rotateKey(keyPlacesIn(world, checkpoint), rotation, now);
  if (scenario.sweep) await sweep(repository, now);
}
