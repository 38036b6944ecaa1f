import { ForgeServer, type Reply, type StoredReview } from "./forge-server.ts";
import { checkParameters, gitlabOperations } from "./gitlab-parameters.ts";
import type { ApiRequest } from "./openapi.ts";

type Values = Readonly<Record<string, unknown>>;

/** All that reviews take: the token's scopes, and the role as `role=30`. */
export const everyGitLabPermission = ["api", "write_repository", "role=30"];

/** GitLab's REST API as far as reviews need it, held to the parameters that its manual documents. */
export class GitLabServer extends ForgeServer {
  readonly apiPath = "/api/v4";

  protected override answer(request: ApiRequest, token: string): Reply {
    const operation = gitlabOperations.find(
      ({ method, path }) => method === request.method && path.test(request.path),
    );
    if (!operation) return this.#violated([`${request.method} ${request.path} is not part of the stand-in`]);
    const values: Values = { ...fromQuery(request.query), ...(request.body as object | undefined) };
    const problems = checkParameters(operation.parameters, values);
    if (problems.length > 0) {
      return this.#violated(problems.map((problem) => `${operation.name}: ${problem}`));
    }
    const user = this.tokens.get(token);
    if (!user) return { status: 401, body: { message: "401 Unauthorized" } };
    const [, project, detail] = operation.path.exec(request.path)!;
    if (operation.name === "get token") {
      return { status: 200, body: { scopes: [...user.may].filter((scope) => !scope.startsWith("role=")) } };
    }
    if (!user.may.has("api")) return insufficientScope;
    if (operation.name === "list users") return this.#users(values);
    if (decodeURIComponent(project!) !== this.project) {
      return { status: 404, body: { message: "404 Project Not Found" } };
    }
    const role = Number([...user.may].find((may) => may.startsWith("role="))?.slice(5) ?? 0);
    if (request.method !== "GET" && role < 30) return { status: 403, body: { message: "403 Forbidden" } };
    return this.#perform(operation.name, detail, values, request, { account: user.account, role });
  }

  #perform(
    operation: string,
    detail: string | undefined,
    values: Values,
    request: ApiRequest,
    { account, role }: { account: string; role: number },
  ): Reply {
    switch (operation) {
      case "get project": {
        const permissions = { project_access: { access_level: role }, group_access: null };
        return { status: 200, body: { path_with_namespace: this.project, permissions } };
      }
      case "list merge requests":
        return this.#list(request);
      case "create merge request":
        return this.#create(values, account);
      case "compare":
        return this.#compare(String(values["from"]), String(values["to"]));
      case "set commit status":
        return this.#setStatus(detail!, values);
    }
    const review = this.review(Number(detail));
    if (!review) return { status: 404, body: { message: "404 Not found" } };
    switch (operation) {
      case "get merge request":
        return { status: 200, body: this.#mergeRequest(review) };
      case "update merge request":
        return this.#update(review, values);
      case "list notes": {
        const notes = review.comments.map(({ author, body, system }) => ({
          author: { username: author },
          body,
          system: system ?? false,
        }));
        return this.page(values["sort"] === "asc" ? notes : notes.reverse(), request);
      }
      default:
        review.comments.push({ author: account, body: String(values["body"]) });
        return { status: 201, body: { id: review.comments.length } };
    }
  }

  #list(request: ApiRequest): Reply {
    const { query } = request;
    const state = query.get("state") ?? "all";
    const found = this.current()
      .filter((review) => state === "all" || stateOf(review) === state)
      .filter(({ branch }) => branch === (query.get("source_branch") ?? branch))
      .filter(({ target }) => target === (query.get("target_branch") ?? target))
      .map((review) => this.#mergeRequest(review));
    return this.page(query.get("sort") === "asc" ? found : found.reverse(), request);
  }

  #create(values: Values, author: string): Reply {
    const branch = String(values["source_branch"]);
    const target = String(values["target_branch"]);
    if (this.commitOf(branch) === undefined) {
      return { status: 400, body: { message: { source_branch: ["does not exist"] } } };
    }
    const open = this.current().find(
      (each) => each.branch === branch && each.state === "open" && !each.fromFork,
    );
    if (open) {
      const message = [`Another open merge request already exists for this source branch: !${open.number}`];
      return { status: 409, body: { message } };
    }
    const texts = { title: String(values["title"]), body: String(values["description"] ?? "") };
    const review = this.store({ branch, target, author, ...texts, fromFork: false });
    this.#mark(review, values);
    return { status: 201, body: this.#mergeRequest(review) };
  }

  #update(review: StoredReview, values: Values): Reply {
    review.body = String(values["description"] ?? review.body);
    if (values["state_event"] === "close") {
      if (review.state !== "open")
        return { status: 409, body: { message: 'Cannot transition state via "close"' } };
      review.state = "closed";
      review.comments.push({ author: "sluice-bot", body: "closed", system: true });
    }
    this.#mark(review, values);
    return { status: 200, body: this.#mergeRequest(review) };
  }

  #mark(review: StoredReview, values: Values): void {
    const labels = String(values["labels"] ?? values["add_labels"] ?? "").split(",");
    review.labels = [...new Set([...review.labels, ...labels.filter(Boolean)])];
    const assignee = [...this.users][Number(values["assignee_id"] ?? 0) - 1];
    if (assignee) review.assignees.push(assignee);
  }

  #users({ username }: Values): Reply {
    const users = [...this.users].map((name, at) => ({ id: at + 1, username: name }));
    return { status: 200, body: users.filter((user) => user.username === (username ?? user.username)) };
  }

  #compare(from: string, to: string): Reply {
    if (this.commitOf(to) === undefined) return { status: 404, body: { message: "404 Ref Not Found" } };
    const commits = this.commitsAhead(from, to).map(({ id, author, committer }) => ({
      id,
      author_email: author,
      committer_email: committer,
    }));
    return { status: 200, body: { commits } };
  }

  /** A status that is over stays: the next one of that name is another job. */
  #setStatus(commit: string, values: Values): Reply {
    if (/^0+$/.test(commit)) return { status: 404, body: { message: "404 Commit Not Found" } };
    const [name, state] = [String(values["name"] ?? values["context"]), String(values["state"])];
    const details = {
      description: String(values["description"] ?? ""),
      url: String(values["target_url"] ?? ""),
    };
    const last = this.statuses.findLast((each) => each.commit === commit && each.name === name);
    const open = last && ["pending", "running"].includes(last.state) ? last : undefined;
    if (open && (state === "pending" || state === open.state)) {
      const event = { pending: "enqueue", running: "run" }[state] ?? state;
      const message = `Cannot transition status via :${event} from :${open.state}`;
      return { status: 400, body: { message } };
    }
    if (open) Object.assign(open, details, { state });
    else {
      if (this.statuses.filter((each) => each.commit === commit).length >= this.mostStatuses) {
        return { status: 422, body: { message: "The number of jobs has exceeded the limit" } };
      }
      const pipeline = values["pipeline_id"] === undefined ? undefined : Number(values["pipeline_id"]);
      this.statuses.push({ commit, name, state, ...details, pipeline });
    }
    return { status: 201, body: { status: state } };
  }

  #mergeRequest(review: StoredReview): unknown {
    return {
      iid: review.number,
      web_url: `https://gitlab.example/${this.project}/-/merge_requests/${review.number}`,
      source_branch: review.branch,
      target_branch: review.target,
      source_project_id: review.fromFork ? 8 : 7,
      target_project_id: 7,
      sha: review.head,
      state: stateOf(review),
      title: review.title,
      description: review.body,
      author: { username: review.author },
      labels: review.labels,
      created_at: review.createdAt,
    };
  }

  #violated(problems: readonly string[]): Reply {
    this.violations.push(...problems);
    return { status: 400, body: { message: problems.join("; ") } };
  }
}

const insufficientScope: Reply = {
  status: 403,
  body: {
    error: "insufficient_scope",
    error_description: "The request requires higher privileges than provided by the access token.",
    scope: "api",
  },
};

function stateOf({ state }: StoredReview): string {
  return state === "open" ? "opened" : state;
}

function fromQuery(query: URLSearchParams): Values {
  const values: Record<string, unknown> = {};
  for (const key of query.keys()) {
    values[key.replace(/\[\]$/, "")] = key.endsWith("[]") ? query.getAll(key) : query.get(key);
  }
  return values;
}
