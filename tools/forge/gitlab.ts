import { createRequesterFn } from "@gitbeaker/requester-utils";
import { Gitlab, type MergeRequestSchema } from "@gitbeaker/rest";
import { SluiceError } from "../errors.ts";
import { forgeGrants } from "./answers.ts";
import { branchPrefix } from "./branch-name.ts";
import type { CommitStatus, Forge, ForgeOptions, Review, ReviewMarks } from "./forge.ts";
import type { ForgeFetch } from "./forge-fetch.ts";

const apiPath = "/api/v4";
/** https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const developer = 30;

/** GitLab.com and self-managed GitLab, through `@gitbeaker/rest`. */
export function openGitLab(options: ForgeOptions & { readonly token: string }, fetch: ForgeFetch): Forge {
  const { project, token, targetBranch } = options;
  if (!options.apiUrl.endsWith(apiPath)) throw wrongAddress();
  const gitlab = new Gitlab({
    host: options.apiUrl.slice(0, -apiPath.length),
    token,
    // Timeouts and limits are the fetch's; the client's own would retry without heed to Retry-After.
    queryTimeout: null,
    rateLimits: {},
    requesterFn: requester(fetch),
  });
  const { MergeRequests, MergeRequestNotes, Projects, Repositories, Commits, Users } = gitlab;

  async function list(filter: {
    state?: "opened";
    sourceBranch?: string;
    sort: "asc" | "desc";
  }): Promise<Review[]> {
    const query = { projectId: project, targetBranch, orderBy: "created_at" as const, ...filter };
    const found = await MergeRequests.all({ ...query, perPage: 100 });
    // A fork's branch may have any name, also one that looks like a review of Sluice's.
    return found.filter((each) => each.source_project_id === each.target_project_id).map(toReview);
  }

  async function reviewsFrom(branch: string): Promise<Review[]> {
    return list({ sourceBranch: branch, sort: "desc" });
  }

  async function assigneeId({ assignee }: ReviewMarks): Promise<{ assigneeId?: number }> {
    if (!assignee) return {};
    const [user] = await Users.all({ username: assignee });
    return user ? { assigneeId: user.id } : {};
  }

  return {
    kind: "gitlab",

    checkAccess: async () => {
      const { scopes } = await gitlab.PersonalAccessTokens.show();
      if (scopes && !scopes.includes("api")) throw lacks(project, `scope api (it has ${scopes.join(", ")})`);
      const { permissions } = await Projects.show(project);
      const levels = [permissions?.project_access, permissions?.group_access]
        .filter((access) => access !== null && access !== undefined)
        .map((access) => access.access_level);
      if (levels.length > 0 && Math.max(...levels) < developer) throw lacks(project, "the role Developer");
    },

    openReviews: async () => {
      const reviews = await list({ state: "opened", sort: "asc" });
      return reviews.filter(({ branch }) => branch.startsWith(branchPrefix));
    },

    reviewsFrom,

    openReview: async (review) => {
      const { branch, title, body } = review;
      const marks = { labels: review.labels.join(","), ...(await assigneeId(review)) };
      try {
        const creation = { description: body, removeSourceBranch: true, ...marks };
        return toReview(await MergeRequests.create(project, branch, targetBranch, title, creation));
      } catch (error) {
        if (!wasRefused(error, 409)) throw error;
        const already = (await reviewsFrom(branch)).find(({ state }) => state === "open");
        if (!already) throw error;
        return already;
      }
    },

    markReview: async (number, marks) => {
      const addLabels = marks.labels.join(",");
      await MergeRequests.edit(project, number, { addLabels, ...(await assigneeId(marks)) });
    },

    editReview: async (number, body) => {
      await MergeRequests.edit(project, number, { description: body });
    },

    closeReview: async (number) => {
      try {
        await MergeRequests.edit(project, number, { stateEvent: "close" });
      } catch (error) {
        const { state } = await MergeRequests.show(project, number);
        if (state === "opened") throw error;
      }
    },

    comment: async (number, body) => {
      await MergeRequestNotes.create(project, number, body);
    },

    comments: async (number) => {
      const order = { orderBy: "created_at", sort: "asc", perPage: 100 } as const;
      const notes = await MergeRequestNotes.all(project, number, order);
      return notes
        .filter(({ system }) => !system)
        .map(({ author, body }) => ({ author: author.username, body }));
    },

    commitsAhead: async (branch) => {
      const { commits } = await Repositories.compare(project, targetBranch, branch);
      return (commits ?? []).map((commit) => ({
        id: commit.id,
        authorEmail: commit.author_email,
        committerEmail: String(commit["committer_email"] ?? ""),
      }));
    },

    setStatus: async (commit, { name, state, description, url, pipeline }) => {
      const details = {
        name,
        description: description.slice(0, 140),
        ...(url !== undefined && { targetUrl: url }),
        ...(/^\d+$/.test(pipeline ?? "") && { pipelineId: Number(pipeline) }),
      };
      try {
        await Commits.editStatus(project, commit, states[state], details);
      } catch (error) {
        // It refuses to set a state that the commit has already.
        if (!wasRefused(error, 400, "Cannot transition")) throw error;
      }
    },
  };
}

const states = {
  pending: "pending",
  running: "running",
  success: "success",
  failure: "failed",
  cancelled: "canceled",
} as const satisfies Record<CommitStatus["state"], string>;

function toReview(
  request: Pick<MergeRequestSchema, "iid" | "web_url" | "source_branch" | "sha" | "state">,
): Review {
  const { title, description, author, labels, created_at } = request as MergeRequestSchema;
  return {
    number: request.iid,
    url: request.web_url,
    branch: request.source_branch,
    head: request.sha,
    // `locked` is the moment while it is being merged.
    state: request.state === "merged" || request.state === "closed" ? request.state : "open",
    title,
    body: description ?? "",
    author: author.username,
    labels: (labels ?? []).map((label) => (typeof label === "string" ? label : label.name)),
    createdAt: created_at,
  };
}

/** What the client calls for every request, in its terms; `fetch` throws for whatever isn't a success. */
function requester(fetch: ForgeFetch): ReturnType<typeof createRequesterFn> {
  return createRequesterFn(
    async (_, request) => request,
    async (endpoint, { prefixUrl, searchParams, method, headers, body } = {}) => {
      const query = searchParams ? `?${String(searchParams)}` : "";
      const response = await fetch(`${String(prefixUrl).replace(/\/+$/, "")}/${endpoint}${query}`, {
        method: method as string,
        headers: headers as Record<string, string>,
        ...(body !== undefined && { body: body as string }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: text === "" ? null : (JSON.parse(text) as Record<string, unknown>),
      };
    },
  );
}

function wasRefused(error: unknown, status: number, saying = ""): boolean {
  if (!(error instanceof SluiceError) || error.code !== "forge-refused") return false;
  return error.facts["status"] === status && String(error.facts["said"]).includes(saying);
}

function lacks(project: string, what: string): SluiceError {
  return new SluiceError("forge-permission", `the access token for ${project} lacks ${what}`, {
    hint: `Set ACCESS_TOKEN to ${forgeGrants.gitlab}`,
    facts: { project },
  });
}

function wrongAddress(): SluiceError {
  return new SluiceError("forge-options", "the address of a GitLab API ends in /api/v4", {
    hint: "GitLab CI sets it as CI_API_V4_URL.",
  });
}
