import { createRequire } from "node:module";
import { ForgeServer, type Reply, type StoredReview } from "./forge-server.ts";
import { OpenApi, type ApiRequest } from "./openapi.ts";

const require = createRequire(import.meta.url);
let description: OpenApi | undefined;

/** What each operation takes of a fine-grained token, as x-accepted-github-permissions says. */
const permissions: Readonly<Record<string, string>> = {
  "repos/get": "metadata=read",
  "pulls/list": "pull_requests=read",
  "pulls/create": "pull_requests=write",
  "pulls/update": "pull_requests=write",
  "issues/list-comments": "pull_requests=read",
  "issues/create-comment": "pull_requests=write",
  "issues/add-labels": "pull_requests=write",
  "issues/add-assignees": "pull_requests=write",
  "repos/compare-commits": "contents=read",
  "repos/create-commit-status": "statuses=write",
};

/** All that reviews take. */
export const everyGitHubPermission = [
  "metadata=read",
  "contents=read",
  "contents=write",
  "pull_requests=read",
  "pull_requests=write",
  "statuses=write",
];

/** GitHub's REST API as far as reviews need it, held to GitHub's published description of it. */
export class GitHubServer extends ForgeServer {
  readonly apiPath = "/api/v3";

  protected override answer(request: ApiRequest, token: string): Reply {
    description ??= new OpenApi(require.resolve("@octokit/openapi/generated/api.github.com.json"));
    const read = description.read(request);
    if (!("operation" in read)) {
      this.violations.push(...read);
      return { status: 400, body: { message: read.join("; ") } };
    }
    const { operation, path } = read;
    const user = this.tokens.get(token);
    if (!user) return { status: 401, body: { message: "Bad credentials" } };
    if (`${path["owner"]}/${path["repo"]}` !== this.project) return notFound;
    const needed = permissions[operation];
    if (needed === undefined) throw new Error(`${operation} is not part of the stand-in`);
    if (!user.may.has(needed)) {
      return {
        status: 403,
        body: { message: "Resource not accessible by personal access token" },
        headers: { "x-accepted-github-permissions": needed },
      };
    }
    const body = (request.body ?? {}) as Readonly<Record<string, string & string[]>>;
    return this.#perform(operation, path, request, body, user.account);
  }

  #perform(
    operation: string,
    path: Readonly<Record<string, string>>,
    request: ApiRequest,
    body: Readonly<Record<string, string & string[]>>,
    account: string,
  ): Reply {
    switch (operation) {
      case "repos/get": {
        // These are the account's rights, not the token's.
        return { status: 200, body: { full_name: this.project, permissions: { pull: true, push: true } } };
      }
      case "pulls/list":
        return this.#list(request);
      case "pulls/create":
        return this.#create(body, account);
      case "repos/compare-commits":
        return this.#compare(path["base"]!, path["head"]!);
      case "repos/create-commit-status":
        if (/^0+$/.test(path["sha"]!)) return { status: 422, body: { message: "No commit found for SHA" } };
        return this.#setStatus(path["sha"]!, body);
    }
    const review = this.review(Number(path["pull_number"] ?? path["issue_number"]));
    if (!review) return notFound;
    switch (operation) {
      case "pulls/update":
        if ((body["body"] ?? "").length > 65_536)
          return invalid("body is too long (maximum is 65536 characters)");
        review.body = body["body"] ?? review.body;
        if (body["state"] === "closed" && review.state === "open") review.state = "closed";
        return { status: 200, body: this.#pull(review) };
      case "issues/list-comments": {
        const comments = review.comments.map(({ author, body }) => ({ user: { login: author }, body }));
        return this.page(comments, request);
      }
      case "issues/create-comment":
        review.comments.push({ author: account, body: body["body"]! });
        return { status: 201, body: { id: review.comments.length } };
      case "issues/add-labels":
        review.labels = [...new Set([...review.labels, ...body["labels"]!])];
        return { status: 200, body: review.labels.map((name) => ({ name })) };
      default: {
        const known = body["assignees"]!.filter((name) => this.users.has(name));
        if (known.length === 0) return { status: 422, body: { message: "Validation Failed" } };
        review.assignees.push(...known);
        return { status: 201, body: this.#pull(review) };
      }
    }
  }

  #list(request: ApiRequest): Reply {
    const { query } = request;
    const head = query.get("head");
    const owner = this.project.split("/")[0];
    const found = this.current()
      .filter(({ target }) => target === (query.get("base") ?? target))
      .filter(
        ({ state }) =>
          query.get("state") === "all" || (state === "open") === ((query.get("state") ?? "open") === "open"),
      )
      .filter(({ branch, fromFork }) => head === null || (!fromFork && head === `${owner}:${branch}`))
      .map((review) => this.#pull(review));
    return this.page(query.get("direction") === "asc" ? found : found.reverse(), request);
  }

  #create(body: Readonly<Record<string, string>>, account: string): Reply {
    const { head: branch, base: target, title } = body as { head: string; base: string; title: string };
    if (this.commitOf(branch) === undefined) return invalid("head: invalid");
    const open = this.current().some(
      (review) => review.branch === branch && review.state === "open" && !review.fromFork,
    );
    if (open) return invalid(`A pull request already exists for ${branch}.`);
    if (this.commitsAhead(target, branch).length === 0) return invalid("No commits between main and it");
    if ((body["body"] ?? "").length > 65_536)
      return invalid("body is too long (maximum is 65536 characters)");
    const review = this.store({
      branch,
      target,
      title,
      body: body["body"] ?? "",
      author: account,
      fromFork: false,
    });
    return { status: 201, body: this.#pull(review) };
  }

  #setStatus(commit: string, body: Readonly<Record<string, string & string[]>>): Reply {
    const [name, state] = [body["context"]!, body["state"]!];
    const before = this.statuses.filter((each) => each.commit === commit && each.name === name);
    if (before.length >= this.mostStatuses) {
      const message = "This SHA and context has reached the maximum number of statuses.";
      return { status: 422, body: { message: "Validation Failed", errors: [{ message }] } };
    }
    const details = { description: body["description"] ?? "", url: body["target_url"] ?? "" };
    this.statuses.push({ commit, name, state, ...details });
    return { status: 201, body: { state } };
  }

  #compare(base: string, branch: string): Reply {
    if (this.commitOf(branch) === undefined) return notFound;
    const commits = this.commitsAhead(base, branch).map(({ id, author, committer }) => ({
      sha: id,
      commit: { author: { email: author }, committer: { email: committer } },
    }));
    return { status: 200, body: { total_commits: commits.length, commits } };
  }

  #pull(review: StoredReview): unknown {
    const fork = review.fromFork ? `${review.author}/packages` : this.project;
    return {
      number: review.number,
      html_url: `https://github.example/${this.project}/pull/${review.number}`,
      state: review.state === "open" ? "open" : "closed",
      merged_at: review.state === "merged" ? review.createdAt : null,
      title: review.title,
      body: review.body,
      user: { login: review.author },
      labels: review.labels.map((name) => ({ name })),
      created_at: review.createdAt,
      head: { ref: review.branch, sha: review.head, repo: { full_name: fork } },
      base: { ref: review.target, repo: { full_name: this.project } },
    };
  }
}

function invalid(message: string): Reply {
  const errors = [{ resource: "PullRequest", code: "custom", message }];
  return { status: 422, body: { message: "Validation Failed", errors } };
}

const notFound: Reply = { status: 404, body: { message: "Not Found" } };
