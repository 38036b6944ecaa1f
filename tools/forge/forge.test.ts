import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, goodToken, standIns } from "../../test/world/forges.ts";
import type { ForgeServer } from "../../test/world/forge-server.ts";
import { ScratchWorkspace } from "../../test/world/workspace.ts";
import { SluiceError } from "../errors.ts";
import type { Forge } from "./forge.ts";
import { openForge } from "./open-forge.ts";

/** What a promise is rejected with; fails where it isn't, or where the error holds the token anywhere. */
async function errorOf(work: Promise<unknown>, token = goodToken): Promise<SluiceError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SluiceError);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(token);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token);
  return error as SluiceError;
}

describe.each(standIns)("reviews on $kind", ({ kind, start, permissions }) => {
  let world: ScratchWorkspace;
  let server: ForgeServer;
  let forge: Forge;

  beforeEach(async () => {
    world = new ScratchWorkspace();
    world.commit("start");
    world.git("push", "-q", "origin", "main");
    server = await start(world.origin);
    forge = await connect(kind, server);
  });

  afterEach(async () => {
    await server.stop().finally(() => world.remove());
  });

  function push(branch: string): string {
    world.git("checkout", "-q", "-B", branch, "main");
    world.write(`packages/${branch}`, "new");
    const commit = world.commit(`change ${branch}`);
    world.git("push", "-q", "-f", "origin", branch);
    return commit;
  }

  const open = (branch: string): ReturnType<Forge["openReview"]> =>
    forge.openReview({
      branch,
      title: "chore(update): foo",
      body: "Look *here*.",
      labels: ["update", "held"],
      assignee: "alice",
    });

  test("a review is opened from a pushed branch, with labels and assignee, and found again", async () => {
    const head = push("update-foo+bar-0123456789abcdef");
    const review = await open("update-foo+bar-0123456789abcdef");
    expect(server.review(review.number)).toMatchObject({
      branch: "update-foo+bar-0123456789abcdef",
      target: "main",
      title: "chore(update): foo",
      body: "Look *here*.",
      labels: ["update", "held"],
      assignees: ["alice"],
    });
    const [found] = await forge.openReviews();
    expect(found).toEqual({
      number: review.number,
      url: expect.stringMatching(/^https:.*\/1$/),
      branch: "update-foo+bar-0123456789abcdef",
      head,
      state: "open",
      title: "chore(update): foo",
      body: "Look *here*.",
      author: "sluice-bot",
      labels: ["update", "held"],
      createdAt: expect.stringMatching(/^2026-/),
    });
    expect(await forge.reviewsFrom("update-foo+bar-0123456789abcdef")).toEqual([found]);
  });

  test("opening it twice gives the same review", async () => {
    push("update-foo");
    const first = await open("update-foo");
    expect((await open("update-foo")).number).toBe(first.number);
    expect(server.reviews).toHaveLength(1);
  });

  test("an assignee whom the forge doesn't know keeps no review from being opened", async () => {
    push("update-foo");
    const review = await forge.openReview({
      branch: "update-foo",
      title: "t",
      body: "",
      labels: [],
      assignee: "nobody",
    });
    expect(server.review(review.number)!.assignees).toEqual([]);
  });

  test("labels that are missing are added later", async () => {
    push("update-foo");
    const { number } = await forge.openReview({
      branch: "update-foo",
      title: "t",
      body: "",
      labels: [],
      assignee: undefined,
    });
    await forge.markReview(number, { labels: ["update"], assignee: "bob" });
    expect(server.review(number)).toMatchObject({ labels: ["update"], assignees: ["bob"] });
  });

  test("its description is replaced, and all else of it stays", async () => {
    push("update-foo");
    const { number } = await open("update-foo");
    const before = { ...server.review(number)! };
    await forge.editReview(number, "Look *there*.");
    expect(server.review(number)).toEqual({ ...before, body: "Look *there*." });
  });

  test("reviews from forks and from other branches aren't Sluice's, whatever they are called", async () => {
    push("update-foo");
    push("feature");
    await open("feature");
    server.openFromFork("update-foo", "mallory");
    expect(await forge.openReviews()).toEqual([]);
    expect(await forge.reviewsFrom("update-foo")).toEqual([]);
    const review = await open("update-foo");
    expect((await forge.openReviews()).map(({ number }) => number)).toEqual([review.number]);
  });

  test("a hundred and twenty open reviews are all listed, oldest first", async () => {
    world.git("checkout", "-q", "-b", "many");
    world.commit("ahead");
    const branches = Array.from({ length: 120 }, (_, at) => `update-p${at}`);
    world.git("push", "-q", "origin", ...branches.map((branch) => `many:refs/heads/${branch}`));
    for (const branch of branches) {
      await forge.openReview({ branch, title: branch, body: "", labels: [], assignee: undefined });
    }
    expect((await forge.openReviews()).map(({ branch }) => branch)).toEqual(branches);
  });

  test("closed, merged and open reviews of one branch are distinguished, newest first", async () => {
    push("update-foo");
    const first = await open("update-foo");
    await forge.closeReview(first.number);
    await open("update-foo");
    world.git("push", "-q", "origin", "update-foo:main");
    expect((await forge.reviewsFrom("update-foo")).map(({ state }) => state)).toEqual(["merged", "closed"]);
    expect(await forge.openReviews()).toEqual([]);
  });

  test("closing is done once, and a closed review stays closed", async () => {
    push("update-foo");
    const { number } = await open("update-foo");
    await forge.closeReview(number);
    await forge.closeReview(number);
    expect(server.review(number)!.state).toBe("closed");
  });

  test("comments are read in the order in which people wrote them", async () => {
    push("update-foo");
    const { number } = await open("update-foo");
    await forge.comment(number, "one");
    server.review(number)!.comments.push({ author: "alice", body: "two" });
    await forge.comment(number, "three");
    expect(await forge.comments(number)).toEqual([
      { author: "sluice-bot", body: "one" },
      { author: "alice", body: "two" },
      { author: "sluice-bot", body: "three" },
    ]);
  });

  test("a branch tells whose commits are on it", async () => {
    push("update-foo");
    world.git(
      "-c",
      "user.name=x",
      "commit",
      "-q",
      "--allow-empty",
      "--author=Al <al@example.org>",
      "-m",
      "more",
    );
    world.git("push", "-q", "origin", "update-foo");
    const commits = await forge.commitsAhead("update-foo");
    expect(commits.map(({ authorEmail, committerEmail }) => [authorEmail, committerEmail])).toEqual([
      ["test@example.org", "test@example.org"],
      ["al@example.org", "test@example.org"],
    ]);
  });

  test("a commit gets a status, and the same one again", async () => {
    const commit = push("update-foo");
    const status = { name: "sluice/check", description: "x".repeat(500), url: "https://ci.example/1" };
    await forge.setStatus(commit, { ...status, state: "pending" });
    await forge.setStatus(commit, { ...status, state: "failure" });
    await forge.setStatus(commit, { ...status, state: "failure" });
    expect(server.statuses.at(-1)).toMatchObject({ commit, name: "sluice/check" });
    expect(server.statuses.at(-1)!.state).toMatch(/^fail/);
  });

  test("a token that may do everything passes the check", async () => {
    await expect(forge.checkAccess()).resolves.toBeUndefined();
    expect(server.reviews).toEqual([]);
    expect(server.statuses).toEqual([]);
  });

  test.each([undefined, "", "  "])("without a token (%j) the operator reads what to grant", async (token) => {
    const { apiUrl, project } = server;
    const opening = openForge(kind, { apiUrl, project, token, targetBranch: "main" });
    const error = await errorOf(opening);
    expect(error.code).toBe("forge-token");
    expect(error.hint).toMatch(kind === "github" ? /Pull requests: read and write/ : /scope api/);
    expect(server.seen).toEqual([]);
  });

  test("a token that the forge doesn't know is named as the cause, and not shown", async () => {
    const stranger = await connect(kind, server, "ghp_unknownunknownunknown");
    const error = await errorOf(stranger.openReviews(), "ghp_unknownunknownunknown");
    expect(error).toMatchObject({ code: "forge-token", exitCode: 2 });
    expect(error.hint).toContain("ACCESS_TOKEN");
  });

  test("a token that lacks a permission is reported by the check and by the request, with what to grant", async () => {
    const readOnly = permissions.filter((each) => !/=write$|^api$/.test(each));
    server.tokens.set("ghp_readonlyreadonly", {
      account: "sluice-bot",
      may: new Set(["read_api", ...readOnly]),
    });
    const reader = await connect(kind, server, "ghp_readonlyreadonly");
    push("update-foo");
    const review = { branch: "update-foo", title: "t", body: "", labels: [], assignee: undefined };
    for (const attempt of [() => reader.checkAccess(), () => reader.openReview(review)]) {
      const error = await errorOf(attempt(), "ghp_readonlyreadonly");
      expect(error).toMatchObject({ code: "forge-permission", exitCode: 2 });
      expect(error.hint).toMatch(kind === "github" ? /Pull requests: read and write/ : /scope api/);
    }
    expect(server.reviews).toEqual([]);
  });

  test("a project that the token can't see is said to be one", async () => {
    const options = { apiUrl: server.apiUrl, project: "acme/other", token: goodToken, targetBranch: "main" };
    const error = await errorOf((await openForge(kind, options)).openReviews());
    expect(error.code).toBe("forge-permission");
    expect(error.message).toContain("acme/other");
  });

  test.each([
    ["down", { kind: "down" }],
    ["cut off in the middle", { kind: "cut" }],
    ["silent", { kind: "silent" }],
    ["failing", { kind: "answers", status: 502, body: { message: "Bad Gateway" } }],
  ] as const)("a forge that is %s holds reviews back", async (_, fault) => {
    push("update-foo");
    forge = await connect(kind, server, goodToken, 300);
    server.fault = fault;
    expect(await errorOf(forge.openReviews())).toMatchObject({ code: "forge-unavailable", exitCode: 1 });
    expect(server.seen).toHaveLength(3);
    server.fault = fault;
    const error = await errorOf(open("update-foo"));
    expect(error.code).toBe("forge-unavailable");
  });

  test("a forge that isn't there at all holds reviews back", async () => {
    await server.stop();
    expect((await errorOf(forge.openReviews())).code).toBe("forge-unavailable");
    expect(server.seen).toEqual([]);
  });

  test("a hiccup is waited out when reading, but nothing is written twice", async () => {
    push("update-foo");
    await open("update-foo");
    server.fault = { kind: "answers", status: 503, times: 2 };
    expect(await forge.openReviews()).toHaveLength(1);
    server.fault = { kind: "cut", times: 1 };
    await errorOf(forge.comment(1, "once"));
    expect(server.review(1)!.comments).toHaveLength(1);
  });

  test("a short rate limit is waited out, a long one says for how long", async () => {
    server.fault = { kind: "answers", status: 429, headers: { "retry-after": "1" }, times: 1 };
    expect(await forge.openReviews()).toEqual([]);
    expect(server.seen).toHaveLength(2);
    server.fault = {
      kind: "answers",
      status: 429,
      headers: { "retry-after": "90" },
      body: { message: "slow" },
    };
    const error = await errorOf(forge.openReviews());
    expect(error).toMatchObject({ code: "forge-unavailable", facts: { retryAfter: 90 } });
    expect(error.message).toContain("90 seconds");
    expect(server.seen).toHaveLength(3);
  });

  test("a forge that sends the token's holder elsewhere is not followed", async () => {
    const headers = { location: "http://127.0.0.1:9/stolen" };
    server.fault = { kind: "answers", status: 301, headers };
    expect((await errorOf(forge.openReviews())).code).toBe("forge-refused");
  });

  test("something in front of the forge that answers with a web page is an outage", async () => {
    server.fault = { kind: "answers", status: 200, body: "<html>" };
    expect((await errorOf(forge.openReviews())).code).toBe("forge-unavailable");
  });

  test("a forge that echoes the token doesn't get it into an error", async () => {
    server.fault = { kind: "answers", status: 400, body: { message: `no: ${goodToken} https://x:y@host/` } };
    const error = await errorOf(forge.openReviews());
    expect(error.message).toContain("no: ***");
    expect(error.message).not.toContain("x:y@");
  });

  test("a conversation that a person has locked is that review's trouble alone", async () => {
    server.fault = { kind: "answers", status: 403, body: { message: "Unable to comment: issue is locked." } };
    expect((await errorOf(forge.comment(1, "x"))).code).toBe("forge-refused");
  });
});

test.each([
  ["github", "/repos/acme/packages/pulls?stat=open", "query parameter stat is not described"],
  ["github", "/repos/acme/packages/pulls?state=shut", "must be equal to one of the allowed values"],
  ["github", "/repos/acme/packages/merge_requests", "no such operation is described"],
  ["gitlab", "/projects/acme%2Fpackages/merge_requests?head=x", "head is not documented"],
  ["gitlab", "/projects/acme%2Fpackages/merge_requests?state=shut", "is not opened|closed"],
  ["gitlab", "/projects/acme%2Fpackages/pulls", "is not part of the stand-in"],
])("the stand-in of %s takes no request that the forge doesn't describe: %s", async (kind, path, said) => {
  const world = new ScratchWorkspace();
  const server = await standIns.find((each) => each.kind === kind)!.start(world.origin);
  await fetch(`${server.apiUrl}${path}`, { headers: { "private-token": goodToken } });
  await expect(server.stop()).rejects.toThrow(said);
  world.remove();
});

describe("GitHub's other ways of saying no", () => {
  test.each([
    [
      "primary limit",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2000000000" },
      "rate limit exceeded",
    ],
    ["secondary limit", {}, "You have exceeded a secondary rate limit."],
  ])("%s", async (_, headers, message) => {
    const world = new ScratchWorkspace();
    const server = await standIns[0]!.start(world.origin);
    const forge = await connect("github", server);
    server.fault = { kind: "answers", status: 403, headers, body: { message } };
    expect((await errorOf(forge.openReviews())).code).toBe("forge-unavailable");
    expect(server.seen).toHaveLength(1);
    await server.stop();
    world.remove();
  });

  test("a list that goes on at another address is not followed, so the token stays here", async () => {
    const world = new ScratchWorkspace();
    const server = await standIns[0]!.start(world.origin);
    const forge = await connect("github", server);
    const link = '<http://127.0.0.1:9/api?page=2>; rel="next"';
    server.fault = { kind: "answers", status: 200, headers: { link }, body: [] };
    expect((await errorOf(forge.openReviews())).message).toContain("http://127.0.0.1:9");
    await server.stop();
    world.remove();
  });

  test("workflows that may not open pull requests are reported with the box to tick", async () => {
    const world = new ScratchWorkspace();
    const server = await standIns[0]!.start(world.origin);
    const forge = await connect("github", server);
    const message = "GitHub Actions is not permitted to create or approve pull requests.";
    server.fault = { kind: "answers", status: 403, body: { message } };
    const review = { branch: "update-x", title: "t", body: "", labels: [], assignee: undefined };
    expect((await errorOf(forge.openReview(review))).hint).toContain("Allow GitHub Actions to create");
    await server.stop();
    world.remove();
  });
});

test.each([
  [{ apiUrl: "https://user:secret@host/api/v4" }, "without credentials"],
  [{ apiUrl: "ftp://host" }, "not an http(s) URL"],
  [{ project: "packages" }, "owner/name"],
  [{ project: "../../x y" }, "owner/name"],
  [{ apiUrl: "https://gitlab.com" }, "ends in /api/v4"],
])("an address that can't be right (%j) is refused before a token is sent there", async (wrong, said) => {
  const right = { apiUrl: "https://gitlab.com/api/v4", project: "a/b", token: "t", targetBranch: "main" };
  const error = await errorOf(openForge("gitlab", { ...right, ...wrong }), "secret");
  expect(error.message).toContain(said);
});
