import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { makeRepository } from "./repository.ts";
import { endAgents } from "./runners.ts";

/** What the pipelines' clone claims to be a clone of; Git uses the local origin instead. */
const address = "git@gitlab.example.org:group/packages.git";

/** What the pipeline's inputs are where nobody fills them in. */
const emptyForm = {
  TRIGGER: "",
  PACKAGES: "",
  ADD_PACKAGES: "",
  WITH_DEPENDENCIES: "false",
  INSIST: "false",
  REQUEST_ORIGIN: "",
  REQUEST_REASON: "",
};

export interface PipelineRun {
  readonly code: number;
  readonly output: string;
  /** Job → whether it passed, warned or failed, of those that ran. */
  readonly jobs: Readonly<Record<string, string>>;
  readonly clone: string;
  /** A file of the clone; artefacts are there, too. */
  readonly read: (path: string) => string;
}

type PipelineSource = "push" | "schedule" | "web" | "merge_request_event";

/** A project on a GitLab: a repository, and pipelines that gitlab-ci-local runs on a shell as the runner would. */
export class GitlabProject {
  readonly base = mkdtempSync(join(tmpdir(), "sluice-gitlab-"));
  readonly origin = join(this.base, "origin.git");
  /** A person's clone. */
  readonly dir = join(this.base, "person");
  /** Where jobs import keys, which must not become those of the person who runs the tests. */
  private readonly gnupg = join(this.base, "gnupg");
  private runs = 0;
  /** Pipelines that GitLab's schema allows: to find that out takes longer than most jobs. */
  private readonly valid = new Set<string>();

  constructor() {
    mkdirSync(this.gnupg, { mode: 0o700 });
    makeRepository(this.origin, { bare: true });
  }

  remove(): void {
    endAgents(this.gnupg);
    rmSync(this.base, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    return execFileSync("git", ["-C", this.dir, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  }

  atOrigin(...args: string[]): string {
    return execFileSync("git", ["-C", this.origin, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    writeFileSync(join(this.dir, path), text);
  }

  push(message: string, branch = "main"): string {
    this.git("add", "-A");
    this.git("commit", "-q", "-m", message);
    this.git("push", "-q", this.origin, `HEAD:refs/heads/${branch}`);
    return this.git("rev-parse", "HEAD");
  }

  /** Runs a pipeline on a fresh clone, as GitLab starts it for `source`; by default all of its jobs. */
  async pipeline(
    source: PipelineSource,
    variables: Readonly<Record<string, string>> = {},
    { branch = "main", jobs = [] }: { branch?: string; jobs?: readonly string[] } = {},
  ): Promise<PipelineRun> {
    const clone = join(this.base, `clone-${++this.runs}`);
    execFileSync("git", ["clone", "-q", "--branch", branch, this.origin, clone]);
    execFileSync("git", ["-C", clone, "remote", "set-url", "origin", address]);
    return this.runJobs(clone, jobs, { CI_PIPELINE_SOURCE: source, ...variables });
  }

  /** The jobs that a pipeline would have. */
  async jobsOf(source: PipelineSource, variables: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const { output, code } = await this.pipeline(source, variables, { jobs: ["--list-csv"] });
    if (code !== 0) throw new Error(output);
    const rows = [...output.matchAll(/^([\w-]+);/gm)].map(([, name]) => name!);
    return rows.filter((name) => name !== "name").sort();
  }

  /** Runs the script of the job `run` alone, as `pipeline` runs it for a form that somebody filled in. */
  async form(variables: Readonly<Record<string, string>>): Promise<Omit<PipelineRun, "jobs">> {
    const clone = join(this.base, `clone-${++this.runs}`);
    execFileSync("git", ["clone", "-q", this.origin, clone]);
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: clone,
      stdio: "ignore",
    });
    const [, pipeline] = parseAllDocuments(readFileSync(join(clone, ".gitlab-ci.yml"), "utf8"));
    const lines = (pipeline!.toJS() as { run: { script: string[] } }).run.script;
    const { PATH, HOME, GIT_CONFIG_GLOBAL, GIT_CONFIG_NOSYSTEM } = process.env;
    const env = {
      PATH,
      HOME,
      GIT_CONFIG_GLOBAL,
      GIT_CONFIG_NOSYSTEM,
      GITLAB_CI: "true",
      CI_COMMIT_BRANCH: "main",
    };
    return new Promise((resolve) => {
      const options = { cwd: clone, env: { ...env, ...emptyForm, ...variables } };
      execFile("bash", ["-eo", "pipefail", "-c", lines.join("\n")], options, (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
        const output = `${stdout}${stderr}`;
        resolve({ code, output, clone, read: (path) => readFileSync(join(clone, path), "utf8") });
      });
    });
  }

  /** Runs the pipeline that a run has written, each job in a folder of its own as on runners of their own. */
  childPipeline(
    { clone }: PipelineRun,
    file: string,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<PipelineRun> {
    const args = ["--file", file, "--shell-isolation"];
    return this.runJobs(clone, args, { CI_PIPELINE_SOURCE: "parent_pipeline", ...variables });
  }

  private runJobs(
    clone: string,
    more: readonly string[],
    variables: Readonly<Record<string, string>>,
  ): Promise<PipelineRun> {
    const names = readdirSync(clone).filter((name) => name.endsWith(".yml"));
    const files = [...names, ".ci/schedule-pipeline.yml"].filter((name) => existsSync(join(clone, name)));
    const pipelines = files.map((name) => readFileSync(join(clone, name), "utf8")).join("\0");
    const isValid = this.valid.has(pipelines);
    const given = {
      CI_REPOSITORY_URL: address,
      GNUPGHOME: this.gnupg,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `url.${this.origin}.insteadOf`,
      GIT_CONFIG_VALUE_0: address,
      ...variables,
    };
    const args = [
      join(process.cwd(), "node_modules/gitlab-ci-local/dist/index.js"),
      ...more,
      "--home",
      this.base,
      "--force-shell-executor",
      "--no-color",
      ...(isValid ? ["--json-schema-validation=false"] : []),
      ...Object.entries(given).flatMap(([name, value]) => ["--variable", `${name}=${value}`]),
      "--ignore-predefined-vars",
      Object.keys(given).join(","),
    ];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: clone, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
        const output = `${stdout}${stderr}`;
        const ended = [
          ...output.matchAll(/^ (PASS|WARN|FAIL) {2}([\w@.+,-]+(?: [\w@.+,-]+)*)(?: *$| {2})/gm),
        ];
        const jobs = Object.fromEntries(ended.map(([, state, job]) => [job, state!.toLowerCase()]));
        if (output.includes("json schema validated")) this.valid.add(pipelines);
        resolve({ code, output, jobs, clone, read: (path) => readFileSync(join(clone, path), "utf8") });
      });
    });
  }
}
