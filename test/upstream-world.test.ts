import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import type { AurFiles } from "./world/aur-recipe.ts";
import { eventfulDay, faults, type Becomes, type Story } from "./world/eventful-day.ts";
import { UpstreamWorld } from "./world/upstream-world.ts";
import type { Day } from "./world/schedule-days.ts";

let world: UpstreamWorld;
beforeEach(async () => {
  world = new UpstreamWorld();
  await world.start();
});
afterEach(() => world.stop());

/** What there must be, as far as the stories went. */
class Expected {
  /** By path in main, blob ids. */
  readonly main = new Map<string, string>();
  readonly state = new Map<string, Readonly<Record<string, string>>>();
  readonly reviews = new Map<string, AurFiles>();
  readonly versions = new Map<string, string>();

  /** A recipe in main, in place of the one before. */
  recipe(pkgbase: string, files: AurFiles): void {
    for (const [path, content] of Object.entries(files)) {
      this.main.set(`packages/${pkgbase}/${path}`, blobId(content));
    }
  }

  /** What the stories say comes of a run; returns what must be built, with the reasons. */
  after(stories: readonly Story[], which: "becomes" | "finally"): Record<string, string> {
    const builds: Record<string, string> = {};
    for (const { pkg, [which]: outcome } of stories) {
      if (outcome === undefined || outcome.kind === "skipped" || outcome.kind === "problem") continue;
      const { pkgbase } = pkg;
      const remembered = pkg.remembered(world);
      const before = this.state.get(pkgbase)!;
      if (outcome.kind === "taken") this.recipe(pkgbase, outcome.recipe);
      if (outcome.kind === "bumped") {
        this.recipe(pkgbase, { ".CI/config": `${pkg.config}CI_PACKAGE_BUMP=${outcome.bump}\n` });
      }
      if (outcome.kind === "held") this.reviews.set(pkgbase, outcome.recipe);
      this.state.set(pkgbase, outcome.kind === "held" ? held(before, remembered) : remembered);
      if (outcome.kind !== "held" && !outcome.waits) builds[pkgbase] = reason(outcome, remembered);
    }
    return builds;
  }
}

/** Who may bring recipes is only changed by the person who accepts this one. */
function held(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Record<string, string> {
  const { SLUICE_MAINTAINERS: accepted } = before;
  const { SLUICE_MAINTAINERS: offered } = now;
  return {
    ...now,
    SLUICE_HELD: "held",
    ...(accepted !== undefined && { SLUICE_MAINTAINERS: accepted }),
    ...(offered !== undefined && { SLUICE_HELD_MAINTAINERS: offered }),
  };
}

function reason(
  outcome: Exclude<Becomes, { kind: "held" | "skipped" | "problem" }>,
  { CI_GIT_COMMIT = "" }: Readonly<Record<string, string>>,
): string {
  return outcome.kind === "commit" ? `new commit ${CI_GIT_COMMIT.slice(0, 10)} upstream` : outcome.build;
}

function blobId(content: string | Uint8Array): string {
  const bytes = Buffer.from(content as string);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

test("a day in a world of 300 packages leaves exactly what its updates say, and the next run nothing to do", async () => {
  const siteUrl = world.sites.standIns("downloads.example.org")["https://downloads.example.org"];
  const stories = eventfulDay(probeBubblewrap() === undefined ? siteUrl : undefined);
  expect(new Set(stories.map(({ pkg }) => pkg.pkgbase)).size).toBe(300);
  expect(stories.filter(({ happens }) => happens).length).toBeGreaterThanOrEqual(40);
  const expected = new Expected();
  const main = begin(stories, expected);

  const first = await world.run();
  expect(world.aur.web.asked[0]).toBe("GET /packages-meta-ext-v1.json.gz");
  for (const { pkg } of stories) expected.state.set(pkg.pkgbase, pkg.remembered(world));
  const looks = firstLooks(stories, expected);
  expect(told(first)).toEqual(looks.map(({ what, pkgbase }) => `${what} ${pkgbase}`).sort());
  const built = looks.filter(({ what }) => what === "build");
  check(first, expected, Object.fromEntries(built.map(({ pkgbase, reason }) => [pkgbase, reason])));
  expect(world.workspace.atOrigin("rev-parse", "main")).toBe(main);

  happen(stories);
  const second = await world.run();
  expected.versions.set("icu", "76.1-1");
  check(second, expected, expected.after(stories, "becomes"));
  expect(told(second)).toEqual(toldBy(stories, "becomes", ["skipped CI_LIB_DB"]));
  expect(stories.filter((story) => !isExplained(second, story)).map(({ pkg }) => pkg.pkgbase)).toEqual([]);
  await expectNothing();

  recover(stories);
  const third = await world.run();
  expected.versions.set("lib32-icu", "76.1-1");
  check(third, expected, expected.after(stories, "finally"));
  expect(told(third)).toEqual(toldBy(stories, "finally", []));
  await expectNothing();
});

/** What is built from commits: at the first look only builders know whether they have that one. */
function firstLooks(
  stories: readonly Story[],
  { state }: Expected,
): { what: string; pkgbase: string; reason: string }[] {
  return stories.flatMap(({ pkg: { pkgbase, config } }) => {
    const { CI_GIT_COMMIT: commit } = state.get(pkgbase) as Readonly<Record<string, string>>;
    if (commit === undefined) return [];
    const what = config.includes("CI_ON_TRIGGER=") ? "unscheduled" : "build";
    return [{ what, pkgbase, reason: `upstream is at commit ${commit.slice(0, 10)}` }];
  });
}

function begin(stories: readonly Story[], expected: Expected): string {
  const { workspace } = world;
  const libraries = ["extra", "multilib"].map((name) => world.libraryUrl(name)).join(" ");
  const config =
    "BUILD_REPO=test\nREPO_NAME=scratch\nGIT_AUTHOR_EMAIL=sluice@example.org\n" +
    `CI_NVCHECKER_REVIEW=false\nCI_MAX_PARALLEL=16\nCI_LIB_DB=${libraries}\n`;
  const write = (path: string, content: string | Uint8Array): void => {
    workspace.write(path, content);
    expected.main.set(path, blobId(content));
  };
  write(".ci/config", config);
  write(".gitignore", workspace.read(".gitignore"));
  for (const { pkg } of stories) {
    for (const [path, content] of world.follow(pkg)) expected.main.set(path, blobId(content));
  }
  publishLibraries("75.1-1", 1);
  for (const name of ["icu", "lib32-icu"]) expected.versions.set(name, "75.1-1");
  return workspace.publishScheduled();
}

function publishLibraries(version: string, hour: number): void {
  const made = new Date(Date.UTC(2026, 4, 1, hour));
  world.mirror.publish("extra", [{ name: "icu", version }], { made });
  world.mirror.publish("multilib", [{ name: "lib32-icu", version }], { made, compression: "zstd" });
}

function happen(stories: readonly Story[]): void {
  world.aur.git.keepAsStale();
  for (const { happens } of stories) happens?.(world);
  publishLibraries("76.1-1", 2);
  world.aur.git.http.faults = faults.aurGit;
  world.git.http.faults = faults.git;
  world.gitlab.http.faults = faults.gitlab;
  world.sites.faults = faults.sites;
  world.mirror.server.faults = [{ kind: "down", only: /multilib/ }];
}

function recover(stories: readonly Story[]): void {
  for (const { http } of [world.aur.git, world.git, world.gitlab]) http.faults = [];
  world.sites.faults = [];
  world.mirror.server.faults = [];
  for (const { recovers } of stories) recovers?.(world);
}

/** Main, state, tag, reviews and schedule are what they must be, and there is nothing else. */
function check(day: Day, expected: Expected, builds: Record<string, string>): void {
  const { workspace } = world;
  expect(treeOf("main")).toEqual(Object.fromEntries(expected.main));
  expect(workspace.scheduled()).toBe(workspace.atOrigin("rev-parse", "main"));
  expect(stateFiles()).toEqual(Object.fromEntries([...expected.state].filter(([, file]) => size(file) > 0)));
  expect(workspace.atOrigin("show", "state:.version-state").split("\n").sort()).toEqual(
    [...expected.versions].map(([name, version]) => `${name}:${version}`).sort(),
  );
  const schedule = world.schedule();
  expect(Object.fromEntries(schedule.builds.map(({ pkgbase, reason }) => [pkgbase, reason]))).toEqual(builds);
  expect(schedule.commit).toBe(workspace.scheduled());
  expect(schedule.removals).toEqual([]);
  expect(day.outcome.head).toBe(workspace.scheduled());
  checkReviews(expected.reviews);
}

/** Each is open once, on a branch that changes its package's recipe alone. */
function checkReviews(reviews: ReadonlyMap<string, AurFiles>): void {
  const { workspace } = world;
  const open = world.forge.current().filter(({ state }) => state === "open");
  const branches = workspace.atOrigin("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/update-*");
  expect(open.map(({ branch }) => branch).sort()).toEqual(branches.split("\n").filter(Boolean).sort());
  const shown = branches
    .split("\n")
    .filter(Boolean)
    .map((branch): [string, Record<string, string>] => {
      const [, pkgbase, digest] = /^update-(.*)-([0-9a-f]{16})$/.exec(branch)!;
      const remembered = workspace.atOrigin("show", `state:${pkgbase}`);
      expect(remembered).toContain(`SLUICE_HELD=${digest}`);
      const changed = workspace.atOrigin("diff", "--name-only", `${branch}^`, branch).split("\n");
      expect(changed.filter((path) => !path.startsWith(`packages/${pkgbase}/`))).toEqual([]);
      return [pkgbase!, treeOf(`${branch}:packages/${pkgbase}`)];
    });
  const wanted = [...reviews].map(([pkgbase, files]): [string, Record<string, string>] => {
    const { [`${".CI/config"}`]: config } = treeOf(`main:packages/${pkgbase}`);
    const ids = Object.entries(files).map(([path, content]) => [path, blobId(content)]);
    return [pkgbase, { ...Object.fromEntries(ids), ".CI/config": config! } as Record<string, string>];
  });
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(wanted));
}

function treeOf(revision: string): Record<string, string> {
  const lines = world.workspace.atOrigin("ls-tree", "-r", revision).split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [, id, path] = /^100644 blob ([0-9a-f]+)\t(.*)$/.exec(line) ?? [];
      return [path ?? line, id ?? ""];
    }),
  );
}

function stateFiles(): Record<string, Record<string, string>> {
  const { workspace } = world;
  const names = workspace.atOrigin("ls-tree", "--name-only", "state").split("\n");
  const packages = names.filter((name) => !name.startsWith("."));
  return Object.fromEntries(
    contents(packages.map((name) => `state:${name}`)).map((text, index) => {
      const name = packages[index]!;
      const lines = text.trimEnd().split("\n");
      const values = lines.map((line) => [
        line.slice(0, line.indexOf("=")),
        line.slice(line.indexOf("=") + 1),
      ]);
      const { SLUICE_PAST: _, ...file } = Object.fromEntries(values) as Record<string, string>;
      // Which recipe it is, its branch says.
      return [name, "SLUICE_HELD" in file ? { ...file, SLUICE_HELD: "held" } : file];
    }),
  );
}

/** Files of the origin, such as `main:README.md`, by one process. */
function contents(objects: readonly string[]): string[] {
  const input = objects.join("\n");
  const output = execFileSync("git", ["-C", world.workspace.origin, "cat-file", "--batch"], { input });
  let at = 0;
  return objects.map(() => {
    const end = output.indexOf("\n", at);
    const size = Number(output.toString("utf8", at, end).split(" ")[2]);
    at = end + 1 + size + 1;
    return output.toString("utf8", end + 1, at - 1);
  });
}

/** `what pkgbase` of each line of the report. */
function told({ lines }: Day): string[] {
  return lines.map((line) => line.split(":")[0]!).sort();
}

function toldBy(stories: readonly Story[], which: "becomes" | "finally", also: readonly string[]): string[] {
  const each = stories.flatMap(({ pkg: { pkgbase }, [which]: outcome }) =>
    outcome ? words(outcome).map((what) => `${what} ${pkgbase}`) : [],
  );
  return [...each, ...also].sort();
}

function words(outcome: Becomes): string[] {
  if (outcome.kind === "skipped" || outcome.kind === "problem") return [outcome.kind];
  if (outcome.kind === "held") return ["held", "review"];
  const built = outcome.waits ? "unscheduled" : "build";
  return outcome.kind === "taken" ? ["updated", built] : [built];
}

function isExplained({ lines }: Day, { pkg, becomes }: Story): boolean {
  if (!becomes || !("why" in becomes)) return true;
  return becomes.why.test(lines.find((line) => line.includes(` ${pkg.pkgbase}: `)) ?? "");
}

function size(file: object): number {
  return Object.keys(file).length;
}

/** A run at once changes no ref by a byte, and schedules nothing. */
async function expectNothing(): Promise<void> {
  const refs = world.refs();
  const { outcome } = await world.run();
  expect(world.refs()).toBe(refs);
  expect(outcome.schedule.builds).toEqual([]);
  expect(world.schedule().builds).toEqual([]);
}
