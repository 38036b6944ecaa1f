import { SluiceError } from "../../errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a pipeline runs, as far as Sluice needs to know: GitLab's and GitHub's variables are read here alone. */
export interface Platform {
  readonly kind: "gitlab" | "github" | "local";
  /** The commit that the platform started the pipeline for; undefined on a laptop. */
  readonly commit: string | undefined;
  readonly pipelineId: string | null;
  readonly pipelineUrl: string | null;
  /** The repository's page; undefined on a laptop. */
  readonly projectUrl: string | undefined;
  /** The branch that the pipeline runs on, and the repository's main branch, where they are known. */
  readonly branch: string | undefined;
  readonly defaultBranch: string | undefined;
  /** A file whose Markdown the platform shows with the run. */
  readonly summaryFile: string | undefined;
  /** Where reviews are; undefined where there is no forge. */
  readonly forge:
    | { readonly kind: "github" | "gitlab"; readonly apiUrl: string; readonly project: string }
    | undefined;
  /** Stands in a commit's message to keep its push from starting a pipeline, where that is how it's said. */
  readonly skipMark: string;
  /** Keeps a push from starting a pipeline, where the server understands it. */
  readonly pushOptions: readonly string[];
}

export function readPlatform(env: Environment): Platform {
  if (env["GITLAB_CI"]) return gitlab(env);
  if (env["GITHUB_ACTIONS"]) return github(env);
  return {
    kind: "local",
    commit: undefined,
    pipelineId: null,
    pipelineUrl: null,
    projectUrl: undefined,
    branch: undefined,
    defaultBranch: undefined,
    summaryFile: undefined,
    forge: undefined,
    skipMark: "",
    pushOptions: [],
  };
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function gitlab(env: Environment): Platform {
  return {
    kind: "gitlab",
    commit: commitId(env, "CI_COMMIT_SHA"),
    pipelineId: env["CI_PIPELINE_ID"] ?? null,
    pipelineUrl: env["CI_PIPELINE_URL"] ?? null,
    projectUrl: env["CI_PROJECT_URL"],
    branch: env["CI_COMMIT_BRANCH"],
    defaultBranch: env["CI_DEFAULT_BRANCH"],
    summaryFile: undefined,
    forge: forgeOf("gitlab", env["CI_API_V4_URL"], env["CI_PROJECT_PATH"]),
    skipMark: "",
    pushOptions: ["ci.skip"],
  };
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function github(env: Environment): Platform {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return {
    kind: "github",
    commit: commitId(env, "GITHUB_SHA"),
    pipelineId: run ?? null,
    pipelineUrl: server && repository && run ? `${server}/${repository}/actions/runs/${run}` : null,
    projectUrl: server && repository ? `${server}/${repository}` : undefined,
    branch: env["GITHUB_REF_TYPE"] === "branch" ? env["GITHUB_REF_NAME"] : undefined,
    defaultBranch: undefined,
    summaryFile: env["GITHUB_STEP_SUMMARY"],
    forge: forgeOf("github", env["GITHUB_API_URL"], repository),
    skipMark: " [skip ci]",
    pushOptions: [],
  };
}

function forgeOf(
  kind: "github" | "gitlab",
  apiUrl: string | undefined,
  project: string | undefined,
): Platform["forge"] {
  return apiUrl && project ? { kind, apiUrl, project } : undefined;
}

function commitId(env: Environment, name: string): string | undefined {
  const value = env[name];
  if (value === undefined || /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)) return value;
  throw new SluiceError("environment", `${name} is not a commit id: ${JSON.stringify(value.slice(0, 80))}`, {
    hint: "The platform sets this variable; don't set it by hand.",
  });
}
