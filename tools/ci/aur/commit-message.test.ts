import { expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { aurCommitMessage } from "./commit-message.ts";
import { readPlatform, type Platform } from "../pipeline/platform.ts";

const srcinfo = parseSrcinfo("pkgbase = foo\n\tepoch = 1\n\tpkgver = 2\n\tpkgrel = 3\n\npkgname = foo\n");
const words =
  "This commit was automatically generated to reflect changes to this package in another repository.";

function message(platform: Platform, folder = "packages/foo"): string {
  return aurCommitMessage("foo", srcinfo, { commit: "c0ffee", folder, platform });
}

test("a reader in the AUR finds the history and the pipeline on GitLab", () => {
  const platform = readPlatform({
    GITLAB_CI: "true",
    CI_PROJECT_URL: "https://gitlab.example/acme/packages",
    CI_PIPELINE_URL: "https://gitlab.example/acme/packages/-/pipelines/7",
  });
  expect(message(platform, "libc++")).toBe(
    `chore: update foo to 1:2-3\n\n${words}\n\n` +
      "History: https://gitlab.example/acme/packages/-/commits/c0ffee/libc%2B%2B\n" +
      "Pipeline: https://gitlab.example/acme/packages/-/pipelines/7\nCommit: c0ffee\n",
  );
});

test("on a laptop the commit alone is named", () => {
  expect(message(readPlatform({}))).toBe(`chore: update foo to 1:2-3\n\n${words}\n\nCommit: c0ffee\n`);
});

test("credentials in an address, and what isn't one, stay out of the message", () => {
  const platform = readPlatform({
    GITLAB_CI: "true",
    CI_PROJECT_URL: "https://user:token@gitlab.example/acme",
    CI_PIPELINE_URL: "https://gitlab.example/p/7\nSigned-off-by: x",
  });
  expect(message(platform)).toBe(`chore: update foo to 1:2-3\n\n${words}\n\nCommit: c0ffee\n`);
});

test("a version that isn't one stays out of the subject", () => {
  const odd = parseSrcinfo("pkgbase = foo\n\tpkgver = 2 [skip ci]\n\tpkgrel = 3\n\npkgname = foo\n");
  const source = { commit: "c0ffee", folder: "foo", platform: readPlatform({}) };
  expect(aurCommitMessage("foo", odd, source).split("\n")[0]).toBe("chore: update foo");
});
