/**
 * The documented parameters of what reviews use of GitLab's REST API, as the tables in its manual have them
 * (https://docs.gitlab.com/api/merge_requests/, notes, commits, repositories, projects, users,
 * personal_access_tokens; pagination: https://docs.gitlab.com/api/rest/#pagination).
 */
export interface GitLabOperation {
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: RegExp;
  /** Name → the values it takes: a type, or the words themselves. A `!` marks a required one. */
  readonly parameters: Readonly<Record<string, string>>;
}

const pagination = { page: "integer", per_page: "integer" };
const mergeRequestFields = {
  allow_collaboration: "boolean",
  allow_maintainer_to_push: "boolean",
  assignee_id: "integer",
  assignee_ids: "integers",
  description: "string",
  labels: "string",
  merge_after: "string",
  milestone_id: "integer",
  remove_source_branch: "boolean",
  reviewer_ids: "integers",
  squash: "boolean",
};

export const gitlabOperations: readonly GitLabOperation[] = [
  {
    name: "list merge requests",
    method: "GET",
    path: /^\/projects\/([^/]+)\/merge_requests$/,
    parameters: {
      ...pagination,
      approved_by_ids: "integers",
      approver_ids: "integers",
      approved: "yes|no",
      assignee_id: "integer",
      author_id: "integer",
      author_username: "string",
      created_after: "string",
      created_before: "string",
      deployed_after: "string",
      deployed_before: "string",
      environment: "string",
      iids: "integers",
      in: "string",
      labels: "string",
      milestone: "string",
      my_reaction_emoji: "string",
      order_by: "created_at|updated_at|title|merged_at",
      reviewer_id: "integer",
      reviewer_username: "string",
      scope: "created_by_me|assigned_to_me|reviews_for_me|all",
      search: "string",
      sort: "asc|desc",
      source_branch: "string",
      state: "opened|closed|locked|merged|all",
      target_branch: "string",
      updated_after: "string",
      updated_before: "string",
      view: "string",
      wip: "yes|no",
      with_labels_details: "boolean",
      with_merge_status_recheck: "boolean",
    },
  },
  {
    name: "create merge request",
    method: "POST",
    path: /^\/projects\/([^/]+)\/merge_requests$/,
    parameters: {
      ...mergeRequestFields,
      source_branch: "string!",
      target_branch: "string!",
      title: "string!",
      target_project_id: "integer",
    },
  },
  {
    name: "get merge request",
    method: "GET",
    path: /^\/projects\/([^/]+)\/merge_requests\/(\d+)$/,
    parameters: {
      include_diverged_commits_count: "boolean",
      include_rebase_in_progress: "boolean",
      render_html: "boolean",
    },
  },
  {
    name: "update merge request",
    method: "PUT",
    path: /^\/projects\/([^/]+)\/merge_requests\/(\d+)$/,
    parameters: {
      ...mergeRequestFields,
      add_labels: "string",
      remove_labels: "string",
      discussion_locked: "boolean",
      state_event: "close|reopen",
      target_branch: "string",
      title: "string",
    },
  },
  {
    name: "list notes",
    method: "GET",
    path: /^\/projects\/([^/]+)\/merge_requests\/(\d+)\/notes$/,
    parameters: { ...pagination, sort: "asc|desc", order_by: "created_at|updated_at" },
  },
  {
    name: "create note",
    method: "POST",
    path: /^\/projects\/([^/]+)\/merge_requests\/(\d+)\/notes$/,
    parameters: {
      body: "string!",
      created_at: "string",
      internal: "boolean",
      merge_request_diff_head_sha: "string",
    },
  },
  {
    name: "compare",
    method: "GET",
    path: /^\/projects\/([^/]+)\/repository\/compare$/,
    parameters: {
      from: "string!",
      to: "string!",
      from_project_id: "integer",
      straight: "boolean",
      unidiff: "boolean",
    },
  },
  {
    name: "set commit status",
    method: "POST",
    path: /^\/projects\/([^/]+)\/statuses\/([^/]+)$/,
    parameters: {
      state: "pending|running|success|failed|canceled|skipped!",
      context: "string",
      name: "string",
      coverage: "string",
      description: "string",
      pipeline_id: "integer",
      ref: "string",
      target_url: "string",
    },
  },
  {
    name: "get project",
    method: "GET",
    path: /^\/projects\/([^/]+)$/,
    parameters: { license: "boolean", statistics: "boolean", with_custom_attributes: "boolean" },
  },
  {
    name: "list users",
    method: "GET",
    path: /^\/users$/,
    parameters: { ...pagination, username: "string", search: "string", active: "boolean" },
  },
  {
    name: "get token",
    method: "GET",
    path: /^\/personal_access_tokens\/self$/,
    parameters: {},
  },
];

/** https://docs.gitlab.com/api/tags/#list-all-project-repository-tags */
export const listTags: GitLabOperation = {
  name: "list tags",
  method: "GET",
  path: /^\/projects\/([^/]+)\/repository\/tags$/,
  parameters: {
    ...pagination,
    order_by: "name|updated|version",
    sort: "asc|desc",
    search: "string",
    page_token: "string",
  },
};

/** What of these values isn't as documented. */
export function checkParameters(
  parameters: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>>,
): string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const type = parameters[name];
    const problem = type === undefined ? "is not documented" : misfit(type, value);
    if (problem) problems.push(`${name} ${problem}`);
  }
  for (const [name, type] of Object.entries(parameters)) {
    if (type.endsWith("!") && values[name] === undefined) problems.push(`${name} is missing`);
  }
  return problems;
}

/** What a value has that its documented type hasn't; undefined where it fits. */
function misfit(type: string, value: unknown): string | undefined {
  const kind = type.replace(/!$/, "");
  const text = String(value);
  const fits =
    kind === "string"
      ? typeof value === "string"
      : kind === "integer"
        ? /^\d+$/.test(text)
        : kind === "integers"
          ? Array.isArray(value) && value.every((each) => /^\d+$/.test(String(each)))
          : kind === "boolean"
            ? /^(?:true|false)$/.test(text)
            : kind.split("|").includes(text);
  return fits ? undefined : `${JSON.stringify(value)} is not ${kind}`;
}
