import { expect, test } from "vitest";
import type { Notice, NoticeKind } from "../../notify/notice.ts";
import { forgePage, linksTo } from "./links.ts";
import { bunch } from "./notices.ts";

function notices(...told: readonly `${NoticeKind} ${string}`[]): Notice[] {
  const about = { at: 1, repository: "repo", arch: "x86_64", build: 1, commit: null, source: null };
  return told.map((text, seq) => {
    const [kind, pkgbase] = text.split(" ") as [NoticeKind, string];
    const nothing = { worker: null, message: "", logUrl: null, commitUrl: null, reviewUrl: null };
    return { ...about, ...nothing, kind, pkgbase, seq };
  });
}

const shown = (all: readonly Notice[]): string[] =>
  bunch(all).map(({ kind, notices: those }) => [kind, ...those.map(({ pkgbase }) => pkgbase)].join(" "));

test("what happens together is told together, each kind in one message", () => {
  expect(shown(notices("failed a", "deployed b", "failed c", "deployed d"))).toEqual([
    "failed a c",
    "deployed b d",
  ]);
});

test("what happens to one package is told in its order", () => {
  expect(shown(notices("failed b", "deployed a", "failed a", "failed c", "deployed b"))).toEqual([
    "failed b",
    "deployed a b",
    "failed a c",
  ]);
  expect(shown(notices("failed a", "deployed a", "failed a"))).toEqual([
    "failed a",
    "deployed a",
    "failed a",
  ]);
});

test("three hundred failures are one message", () => {
  const names = Array.from({ length: 300 }, (_, at) => `failed p${at}` as const);
  expect(bunch(notices(...names))).toHaveLength(1);
});

test("no message holds more than a thousand packages", () => {
  const names = Array.from({ length: 2500 }, (_, at) => `failed p${at}` as const);
  expect(bunch(notices(...names)).map(({ notices: { length } }) => length)).toEqual([1000, 1000, 500]);
});

test.each([
  ["https://gitlab.com/chaotic-aur/pkgbuilds.git", "https://gitlab.com/chaotic-aur/pkgbuilds"],
  ["https://user:token@github.com/a/b", "https://github.com/a/b"],
  ["git@github.com:a/b.git", "https://github.com/a/b"],
  ["ssh://git@gitlab.example:2222/a/b.git", "https://gitlab.example/a/b"],
  ["/srv/git/packages.git", undefined],
  ["", undefined],
])("the page of %s is %s", (remote, page) => {
  expect(forgePage(remote)).toBe(page);
});

test("links lead to chaotic-manager's page of logs where LOGS_URL names it, else to the build's page", () => {
  const build = { id: 7, pkgbase: "a+b", queuedAt: 1000 };
  const workspaces = { w: "https://gitlab.com/a/b", h: "https://github.com/a/b" };
  const chaotic = linksTo({ pages: "https://p", logs: "https://x/logs.html", workspaces });
  expect(chaotic.log(build)).toBe("https://x/logs.html?timestamp=1000&id=a%2Bb");
  expect(chaotic.commit("w", "abc1234")).toBe("https://gitlab.com/a/b/-/commit/abc1234");
  expect(chaotic.commit("h", "abc1234")).toBe("https://github.com/a/b/commit/abc1234");
  expect(chaotic.commit("h", "../../x")).toBeNull();
  expect(chaotic.commit("unknown", "abc1234")).toBeNull();
  expect(linksTo({ pages: "https://p", logs: undefined, workspaces }).log(build)).toBe("https://p/build/7");
  expect(linksTo({ pages: undefined, logs: undefined, workspaces }).log(build)).toBeNull();
});
