import { expect, test } from "vitest";
import { readPlatform } from "./platform.ts";

const id = "0123456789abcdef0123456789abcdef01234567";

test("on a laptop nothing is known, whatever else is set", () => {
  expect(readPlatform({ CI_COMMIT_SHA: id, GITHUB_SHA: id })).toMatchObject({
    kind: "local",
    commit: undefined,
    pipelineId: null,
    pushOptions: [],
  });
});

test("GitLab says commit, pipeline and branches, and its pushes skip the pipeline", () => {
  const env = {
    GITLAB_CI: "true",
    CI_COMMIT_SHA: id,
    CI_PIPELINE_ID: "7",
    CI_PIPELINE_URL: "https://gitlab.example/p/7",
    CI_PROJECT_URL: "https://gitlab.example/acme/packages",
    CI_COMMIT_BRANCH: "main",
    CI_DEFAULT_BRANCH: "main",
    CI_API_V4_URL: "https://gitlab.example/api/v4",
    CI_PROJECT_PATH: "acme/packages",
  };
  expect(readPlatform(env)).toEqual({
    kind: "gitlab",
    commit: id,
    pipelineId: "7",
    pipelineUrl: "https://gitlab.example/p/7",
    projectUrl: "https://gitlab.example/acme/packages",
    branch: "main",
    defaultBranch: "main",
    summaryFile: undefined,
    forge: { kind: "gitlab", apiUrl: "https://gitlab.example/api/v4", project: "acme/packages" },
    skipMark: "",
    pushOptions: ["ci.skip"],
  });
});

test("GitHub says commit, run and branch, and where a summary goes", () => {
  const env = {
    GITHUB_ACTIONS: "true",
    GITHUB_SHA: id,
    GITHUB_RUN_ID: "9",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "o/r",
    GITHUB_REF_TYPE: "branch",
    GITHUB_REF_NAME: "main",
    GITHUB_STEP_SUMMARY: "/tmp/summary",
  };
  expect(readPlatform(env)).toMatchObject({
    kind: "github",
    commit: id,
    pipelineId: "9",
    pipelineUrl: "https://github.com/o/r/actions/runs/9",
    projectUrl: "https://github.com/o/r",
    branch: "main",
    summaryFile: "/tmp/summary",
    pushOptions: [],
  });
  expect(readPlatform({ ...env, GITHUB_REF_TYPE: "tag" }).branch).toBeUndefined();
});

test.each(["main", `${id}\n`, "--help", "$(x)", id.toUpperCase(), ""])("%j is no commit id", (sha) => {
  expect(() => readPlatform({ GITLAB_CI: "true", CI_COMMIT_SHA: sha })).toThrow(
    "CI_COMMIT_SHA is not a commit id",
  );
});
