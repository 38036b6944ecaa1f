import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGit } from "../tools/git/git.ts";
import { writeLiveBuilders } from "../tools/manager/builders/live-builders.ts";
import { ReleaseRecords } from "../tools/manager/releases/record/release-records.ts";
import { revisionsOf } from "../tools/manager/reconcile/revision.ts";
import { openView } from "../tools/manager/view/view.ts";
import type { ObservedQueue } from "../tools/queue/event-readers.ts";
import { formatLock } from "../tools/release/refs/lock.ts";
import { openSqliteQueue } from "../tools/queue/sqlite/sqlite.ts";
import { writePublishedState } from "./world/published-state.ts";
import { serveSource } from "./world/web-source.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

let state: string;
let workspace: ScratchWorkspace;
let queue: ObservedQueue;
let view: Awaited<ReturnType<typeof openView>>;
let served: Awaited<ReturnType<typeof serveSource>>;
let now = Date.now();
const review = {
  pkgbase: "app",
  url: null,
  branch: "update-app-0123456789abcdef",
  openedAt: 0,
  verdict: "major" as const,
  versions: "1 → 2",
  findings: [],
  evidence: [],
};

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "sluice-web-view-"));
  workspace = new ScratchWorkspace();
  workspace.addRecipe("lib");
  workspace.addRecipe("app", { makedepends: ["lib"] });
  workspace.addRecipe("nightly");
  workspace.write("packages/nightly/.CI/config", "CI_ON_TRIGGER=daily\n");
  workspace.addRecipe("arm-tool", { arch: ["aarch64"], pkgnames: ["arm-tool", "arm-data"] });
  workspace.addRecipe("older", { pkgver: "1.1" });
  workspace.write(
    "releases/tool/release.toml",
    `source = "https://git.example.org/tool.git"\n[channels]\nstable = { tag = 'v.+' }\n[stages.test]\nunit = { run = "unit.sh" }\n`,
  );
  workspace.write("releases/tool/unit.sh", "#!/bin/sh\ntrue\n");
  const commit = workspace.commit("packages");
  now = Date.now();
  queue = await openSqliteQueue(join(state, "queue.sqlite"), () => now);
  const build = { pkgnames: [], reason: "commit 1 changed PKGBUILD" };
  await queue.submit({
    commit,
    arch: "x86_64",
    target: "test",
    source: "test",
    removals: [],
    builds: [
      { ...build, pkgbase: "lib", class: "gpu", needs: [] },
      { ...build, pkgbase: "app", class: null, needs: ["lib"] },
    ],
  });
  const git = openGit(workspace.dir, process.env);
  view = await openView({
    git,
    places: [
      {
        revisions: revisionsOf(git, "x86_64"),
        repository: { root: join(state, "repositories"), name: "test", arch: "x86_64" },
      },
    ],
    logs: join(state, "logs"),
    state,
    queue,
    reviews: {
      reviews: async () => ({ asOf: 1, problem: null, reviews: [review] }),
      review: async () => undefined,
    },
  });
  const madeFrom = { commit: "c0ffee", recipeTree: "7ee", bump: null, vcs: {} };
  const repository = { root: join(state, "repositories"), name: "test", arch: "x86_64" };
  writePublishedState(repository, [
    {
      name: "older",
      version: "1.0-1",
      buildDate: 1_700_000_000,
      madeFrom: { ...madeFrom, pkgnames: ["older"], publishedAt: "2026-05-01T10:00:00.000Z" },
    },
    {
      name: "gone",
      version: "3-1",
      buildDate: 1_790_000_000,
      madeFrom: { ...madeFrom, pkgnames: ["gone"], publishedAt: "2026-04-01T10:00:00.000Z" },
    },
  ]);
  const actions = {
    holder: async () => undefined,
    act: async () => ({ kind: "done" as const, message: "" }),
  };
  served = await serveSource(view, { actions, address: "https://repo.example.org" });
});
afterEach(async () => {
  await served.close();
  await view.close();
  await queue.close();
  workspace.remove();
  rmSync(state, { recursive: true });
});

/** What the page of a package says first. */
async function whyNot(pkgbase: string): Promise<string> {
  const [, said = ""] = /<div class="health[^>]*>(.*?)<\/div>/s.exec(await read(`package/${pkgbase}`)) ?? [];
  return words(said);
}

async function read(path: string): Promise<string> {
  return (await fetch(`${served.url}/${path}`)).text();
}

function words(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("&#39;", "'")
    .trim();
}

/** What somebody may ask for on a page. */
async function offers(path: string): Promise<string[]> {
  const [, told = ""] = /data-offers="([^"]*)"/.exec(await read(path)) ?? [];
  const found = JSON.parse(told.replaceAll("&quot;", '"')) as { label: string }[];
  return found.map(({ label }) => label);
}

/** What was read before an event is shown for half a second at most. */
async function once(pkgbase: string, pattern: RegExp): Promise<string> {
  for (;;) {
    const said = await whyNot(pkgbase);
    if (pattern.test(said)) return said;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a package says why it isn't published: no builder of its class, a trigger, a failure that blocks it, a review, a hold", async () => {
  const living = [
    { name: "attic", class: "2", arch: "x86_64", jobs: 1, draining: false, held: new Set<string>() },
  ];
  await writeLiveBuilders(state, living, { at: Date.now(), here: [] });
  expect(await whyNot("lib")).toContain(
    "Not published: no builder takes it. No builder takes class gpu: attic takes class 2 and lower.",
  );
  expect(await whyNot("nightly")).toContain("It is built when the trigger daily runs");

  const claim = await queue.claim({ worker: "cellar", classes: "all", leaseMs: 60_000 });
  await queue.finish(claim!, { outcome: "failed", message: "exit code 4" });
  expect(await once("app", /blocked/)).toMatch(
    /^Not published: blocked by lib \(failed\)\..*see why in build 1/,
  );
  expect(await whyNot("app")).toContain("An update (1 → 2) waits for a person");
  expect(await once("lib", /failed/)).toContain("What build 1 said");

  await queue.hold({ target: "test", arch: "x86_64", pkgbase: "app" }, "ann: not now");
  expect(await once("app", /Held/)).toContain("(ann: not now): it isn't built until");
});

async function reasonOf(): Promise<string> {
  return ((await (await fetch(`${served.url}/api/builds/1`)).json()) as { message: string }).message;
}

test("a build that nobody takes says so itself, on its page and over the API: its class, its architecture, a builder that is drained, no manager", async () => {
  const none = "nothing takes builds now: no `sluice up` is running on this state folder";
  expect(await reasonOf()).toBe(none);
  expect(words(await read(""))).toContain("Nothing takes builds now: no sluice up is running.");
  expect(await whyNot("lib")).toContain("Not published: no builder takes it. Nothing takes builds now");

  const builder = { name: "attic", class: "gpu", arch: "x86_64", jobs: 1, draining: false };
  const write = (changed: Partial<typeof builder>): Promise<void> =>
    writeLiveBuilders(state, [{ ...builder, ...changed, held: new Set<string>() }], {
      at: Date.now(),
      here: [],
    });
  await write({ class: "2" });
  expect(await reasonOf()).toBe("no builder takes class gpu: attic takes class 2 and lower");
  await write({ arch: "aarch64" });
  expect(await reasonOf()).toBe("no builder is there for x86_64, only for aarch64");
  await write({});
  expect(await reasonOf()).toBe("");
  expect(words(await read(""))).not.toContain("Nothing takes builds now");
  await queue.drain("attic", "ann: new disk");
  expect(await reasonOf()).toBe("every builder that could take it is drained: attic (by ann: new disk)");
  expect(words(await read("build/1"))).toContain("no builder every builder that could take it is drained");
});

test("a package of which an older version is published says which, and what main has", async () => {
  expect(await whyNot("older")).toContain("Published: 1.0-1, main has 1.1-1: it isn't scheduled yet.");
});

test("a package for another architecture alone has a page that says so, and doesn't count as published", async () => {
  expect(await whyNot("arm-tool")).toBe(
    "Not published: it is for another architecture. It isn't built here: arch = aarch64, and x86_64 is what is built here; add it, or any.",
  );
  const overview: unknown = await (await fetch(`${served.url}/api/overview`)).json();
  expect(overview).toMatchObject({ packages: 5, published: 0, resting: { onTrigger: 1, foreign: 1 } });
});

test("the search finds every package of the workspace and what is published, by what they make as well, with how each stands", async () => {
  const found = async (search: string): Promise<unknown> => {
    const answer = await fetch(`${served.url}/api/packages?search=${search}`);
    const { packages } = (await answer.json()) as { packages: { pkgbase: string; state: string }[] };
    return Object.fromEntries(packages.map(({ pkgbase, state: standing }) => [pkgbase, standing]));
  };
  expect(await found("")).toEqual({
    app: "waiting",
    "arm-tool": "foreign",
    gone: "to-remove",
    lib: "no-builder",
    nightly: "on-trigger",
    older: "to-build",
  });
  expect(await found("ARM-DATA")).toEqual({ "arm-tool": "foreign" });
  expect(words(await read("packages?search=old"))).toContain("to build older 1.1-1 1.0-1");
  const answer = await fetch(`${served.url}/package/arm-data`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "./arm-tool"]);
});

test("projects that are released find their place beside the packages, each channel with what it takes and names", async () => {
  const { releases } = (await (await fetch(`${served.url}/api/repository`)).json()) as { releases: unknown };
  expect(releases).toEqual([
    { project: "tool", channel: "stable", takes: "tags v.+", ref: null, reason: null, release: null },
  ]);
  expect(words(await read("repository"))).toContain("tool stable nothing yet tags v.+");
});

test("a release shows its jobs with their logs, what they made, and where it was published", async () => {
  const ref = { kind: "tag", name: "v1.0", commit: "c".repeat(40) } as const;
  workspace.write("releases/tool/stable.lock", formatLock({ ref, reason: "new tag v1.0" }));
  const commit = workspace.commit("release");
  const [sha256, other] = ["a".repeat(64), "b".repeat(64)];
  const target = "tool/stable@v1.0";
  await queue.submit({
    commit,
    arch: "any",
    target,
    source: "test",
    removals: [],
    builds: [{ pkgbase: "publish", class: null, pkgnames: [], needs: [], reason: target }],
  });
  new ReleaseRecords(state).write(
    { project: "tool", channel: "stable", ref: "v1.0" },
    {
      ref,
      channel: "stable",
      version: "1.0",
      definition: "d",
      jobs: {
        "test.unit": {
          isGreen: true,
          at: now,
          artifacts: { bin: [{ path: "tool", sha256, bytes: 2048, isExecutable: true }] },
        },
      },
      publications: { files: { at: now, files: [{ at: "s3://bucket/tool", sha256: other }] } },
      finishedAt: null,
    },
  );
  const { releases } = (await (await fetch(`${served.url}/api/repository`)).json()) as {
    releases: { release: { jobs: object[] } }[];
  };
  expect(releases[0]!.release.jobs).toEqual([
    expect.objectContaining({
      job: "test.unit",
      status: "green",
      files: [expect.objectContaining({ sha256 })],
    }),
    expect.objectContaining({ job: "publish", status: "waiting", build: expect.any(Number) }),
  ]);
  const queued = await read("queue");
  expect(queued).toContain(`<a href="./repository">${target}</a> publish`);
  const page = words(await read("repository"));
  for (const text of [
    "tool stable: tag v1.0, not published yet",
    "green test.unit",
    "waiting publish log",
    `bin tool 2.0 KiB ${sha256}`,
    "files s3://bucket/tool",
    other,
  ]) {
    expect(page).toContain(text);
  }
});

test("what was published last comes first, at the time when it was published, also in the feed", async () => {
  const { newest } = (await (await fetch(`${served.url}/api/overview`)).json()) as {
    newest: { name: string; publishedAt: number }[];
  };
  expect(newest.map(({ name, publishedAt }) => [name, new Date(publishedAt).toISOString()])).toEqual([
    ["older", "2026-05-01T10:00:00.000Z"],
    ["gone", "2026-04-01T10:00:00.000Z"],
  ]);
  expect(await read("feed.atom")).toMatch(
    /<title>older 1.0-1<\/title>\s*<updated>2026-05-01T10:00:00.000Z<.*<title>gone 3-1<\/title>\s*<updated>2026-04-01T10:00/s,
  );
});

test("a build that was refused before it began took no time, and is offered again nowhere", async () => {
  const claim = await queue.claim({ worker: "cellar", classes: "all", leaseMs: 60_000 });
  const message = "not started: lib-1-1-any.pkg.tar.zst was published before; run: sluice bump lib";
  await queue.finish(claim!, { outcome: "failed", message });
  expect(await once("lib", /not started/)).toContain("Not published: its build was not started.");
  expect(await offers("package/lib")).toEqual(["Hold it"]);
  expect(await offers("build/1")).toEqual([]);
  const page = words(await read("build/1"));
  expect(page).toContain("not started lib-1-1-any");
  expect(page).not.toMatch(/took/i);
  for (const path of ["", "broken", "package/lib"]) {
    const text = await read(path);
    expect(text).toContain(">not started<");
    expect(text).not.toMatch(/took 0|>failed</);
  }
});

test("a reader's stream ends with the build, also where builder and manager died and nobody gives it up", async () => {
  now = Date.now() - 600_000;
  const claim = await queue.claim({ worker: "cellar", classes: "all", leaseMs: 60_000 });
  mkdirSync(join(state, "logs/lib"), { recursive: true });
  writeFileSync(join(state, "logs/lib", `${claim!.build.id}.log`), "half a build\n");
  const answer = await fetch(`${served.url}/api/builds/${claim!.build.id}/log/live`);
  const said = await answer.text();
  expect(said).toContain("half a build");
  expect(said).toMatch(/event: end\nid: 13\ndata: "lost"/);
});

test("a reader's stream lasts while the build's lease is renewed, which is no event", async () => {
  now = Date.now() - 600_000;
  const claim = (await queue.claim({ worker: "cellar", classes: "all", leaseMs: 60_000 }))!;
  const { id } = claim.build;
  mkdirSync(join(state, "logs/lib"), { recursive: true });
  writeFileSync(join(state, "logs/lib", `${id}.log`), "half a build\n");
  // From here on the state is known as it was.
  expect((await fetch(`${served.url}/api/builds/${id}`)).status).toBe(200);
  now = Date.now();
  await queue.keepAlive(claim);
  const answer = await fetch(`${served.url}/api/builds/${id}/log/live`);
  const reading = answer.text();
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(join(state, "logs/lib", `${id}.log`), "half a build\nall of it\n");
  await queue.finish(claim, { outcome: "failed" });
  expect(await reading).toMatch(/half a build.*all of it.*event: end\n.*"failed"\n\n$/s);
});

test("who asks only for a live stream's headers gets them", async () => {
  const claim = (await queue.claim({ worker: "cellar", classes: "all", leaseMs: 60_000 }))!;
  mkdirSync(join(state, "logs/lib"), { recursive: true });
  writeFileSync(join(state, "logs/lib", `${claim.build.id}.log`), "half a build\n");
  for (const path of ["events", `builds/${claim.build.id}/log/live`]) {
    const { status, headers } = await fetch(`${served.url}/api/${path}`, { method: "HEAD" });
    expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  }
});

test("a reader's stream lasts while a build whose builder dies is tried again, and ends when it is given up", async () => {
  const claimed = { worker: "cellar", classes: "all", leaseMs: 60_000 } as const;
  const claim = await queue.claim(claimed);
  const { id } = claim!.build;
  mkdirSync(join(state, "logs/lib"), { recursive: true });
  writeFileSync(join(state, "logs/lib", `${id}.log`), "half a build\n");
  const answer = await fetch(`${served.url}/api/builds/${id}/log/live`);
  const reading = answer.text();
  // Nobody renews the lease; the manager goes on, and finds out when it looks what is ready.
  while ((await queue.history({ build: id, limit: 1 })).length === 0) {
    now += 120_000;
    await queue.ready({ classes: "all", limit: 1 });
    await queue.claim(claimed);
  }
  expect(await reading).toMatch(/half a build.*event: end\nid: 13\ndata: "lost"\n\n$/s);
});
