import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { writePublishedState } from "../../../test/world/published-state.ts";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import type { Queue } from "../../queue/queue.ts";
import { openSqliteQueue } from "../../queue/sqlite/sqlite.ts";
import { revisionsOf } from "../reconcile/revision.ts";
import { holderOf, makeToken, readTokens, revokeToken } from "./access-tokens.ts";
import { readActions } from "./action-log.ts";
import { openActions, type Actions } from "./actions.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "sluice-actions-"));
});
afterEach(() => rmSync(state, { recursive: true }));
const now = new Date("2026-06-01T12:00:00Z");

describe("tokens", () => {
  test("are kept as hashes that only their owner may read, and count until they are revoked", async () => {
    const token = await makeToken(state, "ann", ["build", "hold"], now);
    const file = join(state, "tokens.json");
    expect(readFileSync(file, "utf8")).not.toContain(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(holderOf(await readTokens(state), token)).toEqual({ name: "ann", allows: ["build", "hold"] });
    expect(holderOf(await readTokens(state), `${token}x`)).toBeUndefined();
    expect([await revokeToken(state, "ann"), await revokeToken(state, "ann")]).toEqual([true, false]);
    expect(holderOf(await readTokens(state), token)).toBeUndefined();
  });

  test("of the same name take each other's place", async () => {
    const first = await makeToken(state, "ann", ["build"], now);
    const second = await makeToken(state, "ann", ["drain"], now);
    const tokens = await readTokens(state);
    expect([holderOf(tokens, first), holderOf(tokens, second)?.allows]).toEqual([undefined, ["drain"]]);
  });

  test.each(["", "-x", "a/b", "a b", "x".repeat(65)])("can't be called %j", async (name) => {
    await expect(makeToken(state, name, [], now)).rejects.toMatchObject({ code: "usage" });
  });
});

const here = () => ({ root: join(state, "repositories"), name: "test", arch: "x86_64" });

function published(version: string): void {
  const madeFrom = { commit: "c0ffee", recipeTree: "7ee", bump: null, vcs: {}, pkgnames: ["lib"] };
  writePublishedState(here(), [{ name: "lib", version, madeFrom }]);
}

describe("what a token allows", () => {
  const workspace = new ScratchWorkspace();
  afterAll(() => workspace.remove());
  let queue: Queue;
  let actions: Actions;
  beforeEach(async () => {
    workspace.addRecipe("lib");
    workspace.addRecipe("app", { makedepends: ["lib"] });
    workspace.commit("two packages");
    queue = await openSqliteQueue(join(state, "queue.sqlite"));
    const git = openGit(workspace.dir, process.env);
    const places = [{ repository: here(), revisions: revisionsOf(git, "x86_64") }] as const;
    actions = openActions({ git, places, queue, state, now: () => now });
  });
  afterEach(async () => {
    await queue.close();
  });

  const ann = { name: "ann", allows: ["build", "cancel", "set-aside", "hold", "drain"] } as const;
  const act = (action: (typeof ann.allows)[number], of: string, undo = false): Promise<string> =>
    actions.act(ann, { action, of, undo, why: "" }).then(({ kind }) => kind);
  const setAsideLib = () => actions.act(ann, { action: "set-aside", of: "lib", undo: false, why: "" });
  const statuses = async (): Promise<unknown> =>
    Object.fromEntries((await queue.state()).builds.map(({ pkgbase, status }) => [pkgbase, status.kind]));

  test("is done: build, set a failure aside, hold and let go, cancel, drain", async () => {
    expect([await act("build", "lib"), await act("build", "app")]).toEqual(["done", "done"]);
    expect((await queue.state()).builds[0]?.reasons).toEqual(["asked for by ann"]);
    const claim = await queue.claim({ worker: "attic", classes: "all", leaseMs: 60_000 });
    await queue.finish(claim!, { outcome: "failed" });
    expect(await statuses()).toEqual({ app: "blocked" });
    published("1-1");
    expect([await act("set-aside", "lib"), await act("set-aside", "lib")]).toEqual(["done", "nothing"]);
    expect(await statuses()).toEqual({ app: "ready" });
    expect([await act("hold", "app"), await statuses()]).toEqual(["done", { app: "held" }]);
    expect([await act("hold", "app", true), await statuses()]).toEqual(["done", { app: "ready" }]);
    expect([await act("cancel", "app"), await act("cancel", "app")]).toEqual(["done", "nothing"]);
    expect([await act("drain", "attic"), await queue.drained()]).toEqual([
      "done",
      [{ worker: "attic", why: "ann" }],
    ]);
    expect((await readActions(state, 2)).map(({ by, action, of }) => [by, action, of])).toEqual([
      ["ann", "drain", "attic"],
      ["ann", "cancel", "app"],
    ]);
  });

  test("a failure isn't set aside where nothing of it is published, or not what is needed: that would be built without it", async () => {
    workspace.addRecipe("app", { makedepends: ["lib>=2"] });
    workspace.commit("app needs a newer lib");
    expect([await act("build", "lib"), await act("build", "app")]).toEqual(["done", "done"]);
    const claim = await queue.claim({ worker: "attic", classes: "all", leaseMs: 60_000 });
    await queue.finish(claim!, { outcome: "failed" });
    expect(await setAsideLib()).toEqual({
      kind: "refused",
      message:
        "nothing of lib is published, so app would be built without it; mend lib, or take it out of what they need",
    });
    published("1-1");
    expect(await setAsideLib()).toEqual({
      kind: "refused",
      message: "app: not built, since 1-1 of lib isn't what it needs",
    });
    expect(await statuses()).toEqual({ app: "blocked" });
    published("2-1");
    expect(await setAsideLib()).toMatchObject({ kind: "done" });
    expect(await statuses()).toEqual({ app: "ready" });
  });

  test("is refused to others, and written down as well", async () => {
    const bob = { name: "bob", allows: ["cancel"] } as const;
    expect(await actions.act(bob, { action: "build", of: "lib", undo: false, why: "" })).toMatchObject({
      kind: "forbidden",
    });
    expect(await act("build", "../lib")).toBe("unknown");
    expect([await act("drain", "nobody"), await queue.drained()]).toEqual(["unknown", []]);
    expect(await statuses()).toEqual({});
    expect((await readActions(state, 9)).map(({ answer }) => answer)).toEqual([
      "unknown: there is no builder nobody",
      "unknown: main has no such package",
      "forbidden: the token bob allows cancel, not build; one that does: sluice token make bob --allow build,cancel",
    ]);
  });
});
