import { describe, expect, test } from "vitest";
import { readExample, readText } from "../../../test/world/release-examples.ts";
import type { Lock } from "../refs/lock.ts";
import type { ReleaseRef } from "../refs/ref.ts";
import { noEvidence } from "./evidence.ts";
import { planRelease } from "./plan-release.ts";
import { nextLocks, triggeredLocks, type NextLocks, type SeenRefs } from "./next-locks.ts";

const first = "1".repeat(40);
const second = "2".repeat(40);
const tag = (name: string, commit = first): ReleaseRef => ({ kind: "tag", name, commit });
const branch = (name: string, commit = first): ReleaseRef => ({ kind: "branch", name, commit });
const review = (name: string, commit = second): ReleaseRef => ({ kind: "review", name, commit });
const garage = readExample("garage");
const nothing = new Map<string, Lock>();
const main: SeenRefs = new Map([["tags/v1.0.0", first]]);

function look(
  refs: readonly ReleaseRef[],
  {
    of = garage,
    locks = nothing,
    seen = main,
  }: { of?: typeof garage; locks?: ReadonlyMap<string, Lock>; seen?: SeenRefs | null } = {},
): NextLocks {
  return nextLocks(of, locks, refs, seen ?? undefined, noEvidence, 0);
}

function onTrigger(
  refs: readonly ReleaseRef[],
  trigger: string,
  { of = garage, locks = nothing }: { of?: typeof garage; locks?: ReadonlyMap<string, Lock> } = {},
): readonly string[] {
  return told({ decisions: triggeredLocks(of, locks, refs, trigger, noEvidence, 0) });
}

function told({ decisions }: Pick<NextLocks, "decisions">): readonly string[] {
  return decisions.map((decision) =>
    decision.kind === "lock"
      ? `${decision.channel}: ${decision.lock.ref.name} (${decision.lock.reason})`
      : `${decision.kind}: ${decision.ref.name}`,
  );
}

describe("a channel that publishes nothing", () => {
  const text = `source = "https://example.org/app.git"
[channels]
checks = { branch = '.+', stages = ["check"] }
proposed = { reviews = true, stages = ["check"] }
stable = { tag = '.+' }
[stages.check]
unit = { run = "unit.sh", network = true }
[stages.build]
app = { run = "build.sh", makes = { bin = "app" } }
[publish]
files = { to = "files", at = "s3://bucket/{ref}", of = "bin" }
`;
  const app = readText("app", text);
  const seen: SeenRefs = new Map([
    ["heads/main", first],
    ["reviews/7", first],
  ]);

  test("has no lock: what is new of a branch is checked since it was seen last, a review as it is", () => {
    const refs = [branch("main", second), branch("topic", second), review("7"), review("8")];
    const { decisions, seen: next } = look(refs, { of: app, seen });
    expect(decisions).toEqual([
      { kind: "check", channel: "checks", ref: branch("main", second), since: first },
      { kind: "check", channel: "checks", ref: branch("topic", second), since: null },
      { kind: "check", channel: "proposed", ref: review("7"), since: null },
      { kind: "check", channel: "proposed", ref: review("8"), since: null },
    ]);
    expect(look(refs, { of: app, seen: next })).toEqual({ decisions: [], seen: next });
  });

  test("a channel of reviews publishes nothing, whatever its stages make", () => {
    const of = readText("app", text.replace('reviews = true, stages = ["check"]', "reviews = true"));
    const { decisions } = look([review("8")], { of, seen });
    expect(decisions).toEqual([{ kind: "check", channel: "proposed", ref: review("8"), since: null }]);
  });

  test("begins with no more than twenty reviews at once, and the others aren't forgotten", () => {
    const refs = Array.from({ length: 25 }, (_, index) => review(String(100 + index)));
    const { decisions, seen: next } = look(refs, { of: app, seen });
    expect(decisions.filter(({ kind }) => kind === "check")).toHaveLength(20);
    expect(told(look(refs, { of: app, seen: next }))).toHaveLength(5);
  });

  test("watches the newest of ten thousand reviews", () => {
    const refs = Array.from({ length: 10_000 }, (_, index) => review(String(index + 1)));
    const { seen: next } = look(refs, { of: app, seen: null });
    expect([next.size, next.has("reviews/10000"), next.has("reviews/8000")]).toEqual([2000, true, false]);
  });

  test("checks none of what was there at the first look", () => {
    expect(told(look([branch("main"), review("7")], { of: app, seen: null }))).toEqual([]);
  });

  test("lets a stranger's proposal into no network", () => {
    const networks = [branch("main"), review("7")].map((ref) => {
      const plan = planRelease(app, { ref, at: 0 }, noEvidence, 0);
      return plan.kind === "release" ? plan.jobs.map(({ network }) => network) : plan.reasons;
    });
    expect(networks).toEqual([[true], [false]]);
  });
});

test("a new tag becomes its channel's lock", () => {
  const { decisions, seen } = look([branch("main"), tag("v1.2.0")]);
  expect(decisions).toEqual([
    { kind: "lock", channel: "stable", lock: { ref: tag("v1.2.0"), reason: "new tag v1.2.0" } },
  ]);
  expect([...seen.keys()]).toEqual(["tags/v1.0.0", "tags/v1.2.0"]);
});

test("a second look at the same refs does nothing", () => {
  const refs = [branch("main"), tag("v1.2.0"), tag("handcrafted-1.0")];
  const { seen } = look(refs);
  expect(look(refs, { seen })).toEqual({ decisions: [], seen });
});

test("the first look at a repository releases none of its hundreds of old tags", () => {
  const refs = Array.from({ length: 300 }, (_, index) => tag(`v0.${index}.0`));
  const { decisions, seen } = look(refs, { seen: null });
  expect([decisions.length, seen.size]).toEqual([0, 300]);
});

test("two tags on one commit are two refs, each of its channel", () => {
  expect(told(look([tag("handcrafted-1.0"), tag("v1.2.0")]))).toEqual([
    "extra: handcrafted-1.0 (new tag handcrafted-1.0)",
    "stable: v1.2.0 (new tag v1.2.0)",
  ]);
});

test("of several new tags of a channel the oldest version is first, and the others come in the next runs", () => {
  const refs = [tag("v1.10.0"), tag("v1.9.0")];
  const run = look(refs);
  expect(told(run)).toEqual(["stable: v1.9.0 (new tag v1.9.0)", "wait: v1.10.0"]);
  expect(told(look(refs, { seen: run.seen }))).toEqual(["stable: v1.10.0 (new tag v1.10.0)"]);
});

describe("a tag that has moved releases nothing", () => {
  const refs = [tag("v1.2.0", second)];

  test("where it was seen elsewhere, in no later run either", () => {
    const seen = new Map([["tags/v1.2.0", first]]);
    const run = look(refs, { seen });
    expect(run.decisions).toEqual([
      {
        kind: "refused",
        ref: refs[0],
        reasons: [
          "the tag v1.2.0 was at 1111111111 and is at 2222222222 now; a tag that moves releases nothing",
        ],
      },
    ]);
    expect(told(look(refs, { seen: run.seen }))).toEqual(["refused: v1.2.0"]);
  });

  test("where a lock names it, though nobody remembers what was seen", () => {
    const locks = new Map([["stable", { ref: tag("v1.2.0"), reason: "" }]]);
    expect(told(look(refs, { locks, seen: null }))).toEqual(["refused: v1.2.0"]);
  });

  test("where it was deleted and made again", () => {
    const gone = look([branch("main")], { seen: new Map([["tags/v1.2.0", first]]) });
    expect(told(look(refs, { seen: gone.seen }))).toEqual(["refused: v1.2.0"]);
  });
});

test("a branch with a trigger is released when it is triggered and has moved since", () => {
  const refs = [branch("main", second), tag("v1.2.0"), branch("fix-1")];
  expect(told(look([branch("main", second)]))).toEqual([]);
  expect(onTrigger(refs, "weekly")).toEqual(["development: main (trigger weekly)"]);
  const locks = new Map([["development", { ref: branch("main", second), reason: "" }]]);
  expect(onTrigger(refs, "weekly", { locks })).toEqual([]);
  expect(onTrigger([branch("main")], "weekly", { locks })).toEqual(["development: main (trigger weekly)"]);
  expect(onTrigger(refs, "nightly")).toEqual([]);
});

test("of several branches a trigger releases the newest by version, and not each in its turn", () => {
  const text = `source = "https://example.org/x.git"\n[channels]\nedge = { branch = 'release/.+', trigger = "nightly" }\n`;
  const of = readText("x", text);
  const refs = [branch("release/0.10"), branch("release/0.9")];
  expect(onTrigger(refs, "nightly", { of })).toEqual(["edge: release/0.10 (trigger nightly)"]);
  const locks = new Map([["edge", { ref: branch("release/0.10"), reason: "" }]]);
  expect(onTrigger(refs, "nightly", { of, locks })).toEqual([]);
});

test("branches that no channel takes at once aren't remembered, however often they move", () => {
  const { seen } = look([branch("main", second), branch("fix-1"), branch("gh-pages")]);
  expect(seen).toEqual(main);
});

test("a channel that publishes a branch without a trigger gets each new commit of it", () => {
  const publishes = `[stages.build]\napp = { run = "build.sh", makes = { bin = "app" } }
[publish]\nfiles = { to = "files", at = "s3://bucket/{ref}", of = "bin" }\n`;
  const text = `source = "https://example.org/x.git"\n[channels]\nedge = { branch = "main" }\n`;
  const of = readText("x", text + publishes);
  const run = look([branch("main")], { of, seen: null });
  expect(told(run)).toEqual([]);
  const next = look([branch("main", second)], { of, seen: run.seen });
  expect(told(next)).toEqual(["edge: main (new branch main at 2222222222)"]);
  expect(told(look([branch("main", second)], { of, seen: next.seen }))).toEqual([]);
});

test("what waits for another stage is asked about again in each run", () => {
  const run = look([branch("staging", second)], { of: readExample("2140-node") });
  expect([told(run), run.seen]).toEqual([["wait: staging"], main]);
  const seen = new Map([["heads/staging", first]]);
  expect(look([branch("staging", second)], { of: readExample("2140-node"), seen }).seen).toEqual(seen);
});

test("tags of several projects in one repository go to their own", () => {
  const refs = [tag("cli/v1.0"), tag("lib/v2.0"), tag("v3.0")];
  expect(["cli", "lib"].map((name) => told(look(refs, { of: withPrefix(name) })))).toEqual([
    ["stable: cli/v1.0 (new tag cli/v1.0)"],
    ["stable: lib/v2.0 (new tag lib/v2.0)"],
  ]);
});

test("what can't be published under its name is told in each run, until somebody changes something", () => {
  const refs = [tag("v1.2.0+build")];
  const run = look(refs);
  expect([told(run), told(look(refs, { seen: run.seen }))]).toEqual([
    ["refused: v1.2.0+build"],
    ["refused: v1.2.0+build"],
  ]);
});

test("a tag with shell syntax becomes no lock", () => {
  expect(told(look([tag("v1;reboot"), tag("$(id)")]))).toEqual([]);
});

function withPrefix(name: string): typeof garage {
  const channels = "[channels]\nstable = { tag = 'v[0-9.]+' }\n";
  return readText(name, `source = "https://example.org/all.git"\nprefix = "${name}/"\n${channels}`);
}
