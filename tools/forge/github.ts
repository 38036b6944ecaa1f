import { Octokit, type RestEndpointMethodTypes } from "@octokit/rest";
import { SluiceError } from "../errors.ts";
import { forgeGrants } from "./answers.ts";
import { branchPrefix } from "./branch-name.ts";
import type { CommitStatus, Forge, ForgeOptions, NewReview, Review, ReviewMarks } from "./forge.ts";
import type { ForgeFetch } from "./forge-fetch.ts";

type Pull = RestEndpointMethodTypes["pulls"]["list"]["response"]["data"][number];

/** GitHub.com and GitHub Enterprise Server, through `@octokit/rest`. */
export function openGitHub(options: ForgeOptions & { readonly token: string }, fetch: ForgeFetch): Forge {
  const [owner, repo] = options.project.split("/") as [string, string];
  const base = options.targetBranch;
  const here = { owner, repo };
  const octokit = new Octokit({
    auth: options.token,
    baseUrl: options.apiUrl,
    request: { fetch },
    // Its own log goes to the console, with addresses and headers in it.
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  const { pulls, issues, repos } = octokit.rest;

  async function list(filter: { state: "open" | "all"; head?: string; direction: "asc" | "desc" }) {
    const found = await octokit.paginate(pulls.list, { ...here, base, ...filter, per_page: 100 });
    return found.filter((pull) => isFromHere(pull, options.project)).map(toReview);
  }

  async function reviewsFrom(branch: string): Promise<Review[]> {
    return list({ state: "all", head: `${owner}:${branch}`, direction: "desc" });
  }

  /** Labels and assignees are an issue's, so a pull request gets them by requests of their own. */
  async function mark(number: number, { labels, assignee }: ReviewMarks): Promise<void> {
    const target = { ...here, issue_number: number };
    if (labels.length > 0) await unlessRefused(issues.addLabels({ ...target, labels: [...labels] }));
    if (assignee) await unlessRefused(issues.addAssignees({ ...target, assignees: [assignee] }));
  }

  async function open(review: NewReview): Promise<Review> {
    const { branch: head, title, body } = review;
    try {
      const { data } = await pulls.create({ ...here, base, head, title, body, maintainer_can_modify: true });
      return toReview(data);
    } catch (error) {
      if (!wasRefused(error, 422)) throw error;
      const already = (await reviewsFrom(head)).find(({ state }) => state === "open");
      if (!already) throw error;
      return already;
    }
  }

  return {
    kind: "github",

    checkAccess: () =>
      translated(async () => {
        const { data } = await repos.get(here);
        if (data.permissions?.push === false) throw readOnly(options.project);
        // What a token may write shows only by writing: a review of main into itself and the status of no commit
        // are understood and then refused.
        await unlessRefused(pulls.create({ ...here, base, head: base, title: "probe" }));
        await unlessRefused(repos.createCommitStatus({ ...here, sha: "0".repeat(40), state: "pending" }));
      }),

    openReviews: () =>
      translated(async () => {
        const reviews = await list({ state: "open", direction: "asc" });
        return reviews.filter(({ branch }) => branch.startsWith(branchPrefix));
      }),

    reviewsFrom: (branch) => translated(() => reviewsFrom(branch)),

    openReview: (review) =>
      translated(async () => {
        const opened = await open(review);
        await mark(opened.number, review);
        return opened;
      }),

    markReview: (number, marks) => translated(() => mark(number, marks)),

    editReview: (number, body) =>
      translated(async () => {
        await pulls.update({ ...here, pull_number: number, body });
      }),

    closeReview: (number) =>
      translated(async () => {
        await pulls.update({ ...here, pull_number: number, state: "closed" });
      }),

    comment: (number, body) =>
      translated(async () => {
        await issues.createComment({ ...here, issue_number: number, body });
      }),

    comments: (number) =>
      translated(async () => {
        const target = { ...here, issue_number: number, per_page: 100 };
        const comments = await octokit.paginate(issues.listComments, target);
        return comments.map(({ user, body }) => ({ author: user?.login ?? "", body: body ?? "" }));
      }),

    commitsAhead: (branch) =>
      translated(async () => {
        const basehead = `${base}...${branch}`;
        const { data } = await repos.compareCommitsWithBasehead({ ...here, basehead, per_page: 100 });
        return data.commits.map(({ sha, commit }) => ({
          id: sha,
          authorEmail: commit.author?.email ?? "",
          committerEmail: commit.committer?.email ?? "",
        }));
      }),

    setStatus: (commit, { name, state, description, url }) =>
      translated(async () => {
        await repos.createCommitStatus({
          ...here,
          sha: commit,
          state: states[state],
          context: name,
          description: description.slice(0, 140),
          ...(url !== undefined && { target_url: url }),
        });
      }),
  };
}

/** GitHub knows no other ones. */
const states = {
  pending: "pending",
  running: "pending",
  success: "success",
  failure: "failure",
  cancelled: "error",
} as const satisfies Record<CommitStatus["state"], string>;

function nothing(): void {}

/** A fork's branch may have any name, also one that looks like a review of Sluice's. */
function isFromHere({ head }: Pull, project: string): boolean {
  return head.repo?.full_name.toLowerCase() === project.toLowerCase();
}

type PullFacts = Pick<
  Pull,
  "number" | "html_url" | "state" | "merged_at" | "title" | "body" | "created_at"
> & {
  readonly head: { readonly ref: string; readonly sha: string };
  readonly user: { readonly login: string } | null;
  readonly labels: readonly { readonly name?: string }[];
};

function toReview(pull: PullFacts): Review {
  return {
    number: pull.number,
    url: pull.html_url,
    branch: pull.head.ref,
    head: pull.head.sha,
    state: pull.state === "open" ? "open" : pull.merged_at ? "merged" : "closed",
    title: pull.title,
    body: pull.body ?? "",
    author: pull.user?.login ?? "",
    labels: pull.labels.map(({ name }) => name ?? ""),
    createdAt: pull.created_at,
  };
}

/** Octokit wraps what its fetch threw, together with the request's headers; only what was thrown gets out. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw thrownBy(error) ?? error;
  }
}

function thrownBy(error: unknown): SluiceError | undefined {
  if (error instanceof SluiceError) return error;
  return error instanceof Error && error.cause instanceof SluiceError ? error.cause : undefined;
}

function wasRefused(error: unknown, status: number): boolean {
  const thrown = thrownBy(error);
  return thrown?.code === "forge-refused" && thrown.facts["status"] === status;
}

async function unlessRefused(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!wasRefused(error, 422)) throw error;
  }
}

function readOnly(project: string): SluiceError {
  return new SluiceError("forge-permission", `the access token may only read ${project}`, {
    hint: `Set ACCESS_TOKEN to ${forgeGrants.github}`,
    facts: { project },
  });
}
