import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { branchName, parseBranchName } from "./branch-name.ts";

const revision = "0123456789abcdef0123";

test.each([
  ["firefox", "update-firefox-0123456789abcdef"],
  ["gtk+", "update-gtk+-0123456789abcdef"],
  ["lib32-foo_bar", "update-lib32-foo_bar-0123456789abcdef"],
  ["foo@2.x", "update-foo@2.x-0123456789abcdef"],
  ["foo..bar", "update-foo.%2Ebar-0123456789abcdef"],
  ["foo...", "update-foo.%2E%2E-0123456789abcdef"],
  ["foo.lock", "update-foo.lock-0123456789abcdef"],
  ["foo.", "update-foo.-0123456789abcdef"],
  ["@", "update-@-0123456789abcdef"],
  ["r-base-1234567890abcdef", "update-r-base-1234567890abcdef-0123456789abcdef"],
])("the branch of %s is a name that Git takes, and tells the package again", (pkgbase, branch) => {
  expect(branchName(pkgbase, revision)).toBe(branch);
  expect(parseBranchName(branch)).toEqual({ pkgbase, digest: "0123456789abcdef" });
  execFileSync("git", ["check-ref-format", "--branch", branch]);
});

test.each([
  ["update-firefox", { pkgbase: "firefox", digest: undefined }],
  ["update-gtk+-extra", { pkgbase: "gtk+-extra", digest: undefined }],
  ["update-", undefined],
  ["update--x", undefined],
  ["update-foo/bar", undefined],
  ["update-foo%20bar", undefined],
  ["main", undefined],
  ["my-update-foo", undefined],
])("%s is read from a review's branch, old ones included", (branch, expected) => {
  expect(parseBranchName(branch)).toEqual(expected);
});

test("a revision that is no digest is refused before it becomes a name", () => {
  expect(() => branchName("foo", "HEAD")).toThrow("not the digest of a revision");
});
