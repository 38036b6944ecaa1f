import { expect, test } from "vitest";
import { isRefName, readGitAddress } from "./git-address.ts";

test.each([
  ["https://GitHub.com/a/b.git", "http", "https://github.com/a/b.git"],
  ["https://example.org:443/a/b/", "http", "https://example.org/a/b"],
  ["http://example.org:8080/~me/a", "http", "http://example.org:8080/~me/a"],
  ["https://example.org/A/B", "http", "https://example.org/A/B"],
  ["https://example.org/a//", "http", "https://example.org/a//"],
  ["https://example.org/%41", "http", "https://example.org/%41"],
  ["git://git.example.org/a.git", "program", "git://git.example.org/a.git"],
  ["ssh://git@example.org/a.git", "program", "ssh://git@example.org/a.git"],
])("%s is asked by %s as %s", (text, transport, url) => {
  expect(readGitAddress(text)).toEqual({ transport, url });
});

test.each([
  ["https://example.org/a", "https://example.org/a.git"],
  ["https://example.org/a", "https://example.org/A"],
  ["https://example.org/a", "http://example.org/a"],
  ["https://example.org/a", "https://example.org/a//"],
  ["https://example.org/a", "https://me@example.org/a"],
  ["https://example.org/a%2Fb", "https://example.org/a/b"],
])("%s and %s may differ, so both are asked", (a, b) => {
  expect(readGitAddress(a).url).not.toBe(readGitAddress(b).url);
});

test.each([
  "-oProxyCommand=id",
  "--upload-pack=id",
  "ext::sh -c id",
  "https://example.org/a b",
  "https://example.org/a\tb",
  " https://example.org/a",
  "https://example.org/a\nb",
  "file:///etc",
  "/etc",
  "../a",
  "git@example.org:a",
  "ssh://-oProxyCommand=id/a",
  "ssh://-oProxyCommand=id@example.org/a",
  "ftp://example.org/a",
  "https://",
  "https://example.org/a#branch=x",
  "https://example.org\\@evil.example/a",
  "",
])("%j isn't asked", (text) => {
  expect(() => readGitAddress(text)).toThrow(expect.objectContaining({ code: "bad-url" }) as Error);
});

test("credentials aren't told", () => {
  expect(() => readGitAddress("ftp://me:secret@example.org/a")).toThrow(/ftp:\/\/\*\*\*@example\.org\/a/);
});

test.each(["HEAD", "refs/heads/main", "refs/heads/a/b", "refs/heads/ü", "refs/heads/a@b", "refs/heads/-x"])(
  "%s is a ref",
  (name) => expect(isRefName(name)).toBe(true),
);

test.each([
  "refs/heads/",
  "refs/heads/a b",
  "refs/heads/*",
  "refs/heads/a..b",
  "refs/heads/a:b",
  "a.lock",
  "a\nb",
  "a@{1}",
  ".a/b",
  "a[",
  "a\\",
  "^a",
  "",
])("%j is no ref", (name) => expect(isRefName(name)).toBe(false));
