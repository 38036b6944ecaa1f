import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGit } from "../tools/git/git.ts";
import { writeLiveBuilders } from "../tools/manager/builders/live-builders.ts";
import { revisionsOf } from "../tools/manager/reconcile/revision.ts";
import { openView } from "../tools/manager/view/view.ts";
import type { ObservedQueue } from "../tools/queue/event-readers.ts";
import { openSqliteQueue } from "../tools/queue/sqlite/sqlite.ts";
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
};

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "sluice-web-view-"));
  workspace = new ScratchWorkspace();
  workspace.addRecipe("lib");
  workspace.addRecipe("app", { makedepends: ["lib"] });
  workspace.addRecipe("nightly");
  workspace.write("packages/nightly/.CI/config", "CI_ON_TRIGGER=daily\n");
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
  served = await serveSource(view);
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
  const text = await (await fetch(`${served.url}/package/${pkgbase}`)).text();
  const [, said = ""] = /<div class="health[^>]*>(.*?)<\/div>/s.exec(text) ?? [];
  return said
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ")
    .trim();
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
    "Not published: no builder takes it. No builder takes class gpu: there are attic (2)",
  );
  expect(await whyNot("nightly")).toContain("It is built when the trigger daily runs");

  const claim = await queue.claim({ worker: "cellar", classes: "all", leaseMs: 60_000 });
  await queue.finish(claim!, { outcome: "failed", message: "exit code 4" });
  expect(await once("app", /blocked/)).toContain("see why in build 1");
  expect(await whyNot("app")).toContain("An update (1 → 2) waits for a person");
  expect(await once("lib", /failed/)).toContain("What build 1 said");

  await queue.hold({ target: "test", arch: "x86_64", pkgbase: "app" }, "ann: not now");
  expect(await once("app", /Held/)).toContain("Not built: somebody holds it");
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
