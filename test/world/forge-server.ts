import { execFileSync } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answer, FaultyServer, type Fault } from "./faulty-server.ts";
import type { ApiRequest } from "./openapi.ts";

/** A review as the forge keeps it; its head and what deleting or merging its branch does follow the Git remote. */
export interface StoredReview {
  readonly number: number;
  readonly branch: string;
  readonly target: string;
  readonly fromFork: boolean;
  readonly author: string;
  readonly createdAt: string;
  title: string;
  body: string;
  head: string;
  state: "open" | "closed" | "merged";
  labels: string[];
  assignees: string[];
  readonly comments: { readonly author: string; readonly body: string; readonly system?: boolean }[];
}

export interface StoredStatus {
  readonly commit: string;
  readonly name: string;
  state: string;
  description: string;
  url: string;
  readonly pipeline?: number | undefined;
}

export interface Reply {
  readonly status: number;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What the stand-ins of GitHub and GitLab share: a server on loopback, a real bare repository behind it, faults on
 * demand, and a list of all that a request had wrong.
 */
export abstract class ForgeServer {
  readonly project = "acme/packages";
  /** Token → who it is of and what it may do, in the forge's words. */
  readonly tokens = new Map<string, { readonly account: string; readonly may: ReadonlySet<string> }>();
  readonly users = new Set(["sluice-bot", "alice", "bob"]);
  readonly reviews: StoredReview[] = [];
  readonly statuses: StoredStatus[] = [];
  /** How many statuses a commit may have: jobs of a pipeline on GitLab, one context's on GitHub. */
  mostStatuses = 1000;
  /** What requests had that the forge's description hasn't. */
  protected readonly violations: string[] = [];
  readonly #origin: string;
  readonly #server: FaultyServer;
  #known: Branches | undefined;

  /** @param origin the bare repository that the project's branches are in */
  constructor(origin: string) {
    this.#origin = origin;
    this.#server = new FaultyServer((request, response) => this.#serve(request, response));
  }

  set faults(faults: readonly Fault[]) {
    this.#server.faults = faults;
  }

  set fault(fault: Fault | undefined) {
    this.#server.faults = fault ? [fault] : [];
  }

  /** Every request that reached it, `GET /path`, its path below the API's address. */
  get seen(): readonly string[] {
    return this.#server.asked.map((line) => line.replace(this.apiPath, "").replace(/\?.*/, ""));
  }

  abstract readonly apiPath: string;
  protected abstract answer(request: ApiRequest, token: string): Reply;
  protected tokenOf(request: IncomingMessage): string {
    const { authorization, "private-token": privateToken } = request.headers;
    return String(privateToken ?? authorization?.replace(/^(?:token|bearer) /i, "") ?? "");
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  /** Before its repository is removed. Fails the test where a request had anything that the forge's description hasn't. */
  async stop(): Promise<void> {
    await this.#server.stop();
    if (this.violations.length > 0) throw new Error(this.violations.join("\n"));
  }

  get apiUrl(): string {
    return `${this.#server.url}${this.apiPath}`;
  }

  /** A review that somebody else opened from a fork, whatever its branch is called. */
  openFromFork(branch: string, author: string): StoredReview {
    return this.store({ branch, target: "main", author, title: "from a fork", body: "", fromFork: true });
  }

  /** A review of a branch that has been pushed, opened by hand or by another program. */
  openAs(author: string, branch: string): StoredReview {
    return this.store({ branch, target: "main", author, title: branch, body: "", fromFork: false });
  }

  /** A person's click on Close. */
  refuse(number: number): void {
    this.review(number)!.state = "closed";
  }

  review(number: number): StoredReview | undefined {
    this.#follow();
    return this.reviews.find((review) => review.number === number);
  }

  /** All reviews, brought up to date with the repository. */
  current(): readonly StoredReview[] {
    this.#follow();
    return this.reviews;
  }

  protected store(
    review: Pick<StoredReview, "branch" | "target" | "author" | "title" | "body" | "fromFork">,
  ): StoredReview {
    const number = this.reviews.length + 1;
    const stored: StoredReview = {
      ...review,
      number,
      createdAt: new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString(),
      head: review.fromFork ? "f".repeat(40) : this.commitOf(review.branch)!,
      state: "open",
      labels: [],
      assignees: [],
      comments: [],
    };
    this.reviews.push(stored);
    return stored;
  }

  protected commitOf(branch: string): string | undefined {
    return this.git("for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`) || undefined;
  }

  protected commitsAhead(base: string, branch: string): { id: string; author: string; committer: string }[] {
    const range = `refs/heads/${base}..refs/heads/${branch}`;
    const log = this.git("log", "--reverse", "--format=%H %ae %ce", range);
    return log
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" ") as [string, string, string])
      .map(([id, author, committer]) => ({ id, author, committer }));
  }

  protected git(...args: string[]): string {
    return execFileSync("git", ["-C", this.#origin, ...args], { encoding: "utf8" }).trim();
  }

  /** Both forges look at every push: reviews move along, count as merged, and close with their branch. */
  #follow(): void {
    const open = this.reviews.filter(({ state, fromFork }) => state === "open" && !fromFork);
    if (open.length === 0) return;
    const { heads, merged } = this.#branches();
    for (const review of open) {
      const head = heads.get(review.branch);
      if (head === undefined) review.state = "closed";
      else if (merged.has(review.branch)) review.state = "merged";
      else review.head = head;
    }
  }

  /** Branch → commit, of all and of those that main has; computed again only after a push. */
  #branches(): Branches {
    const format = "--format=%(refname:lstrip=2) %(objectname)";
    const list = (...filter: string[]): string => this.git("for-each-ref", format, ...filter, "refs/heads");
    const listing = list();
    if (listing !== this.#known?.listing) {
      this.#known = { listing, heads: mapOf(listing), merged: mapOf(list("--merged=refs/heads/main")) };
    }
    return this.#known;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url!, this.apiUrl);
    answer(response, this.#reply(request, url, Buffer.concat(chunks)));
  }

  #reply(request: IncomingMessage, url: URL, body: Buffer): Reply {
    try {
      return this.answer(
        {
          method: request.method!,
          path: url.pathname.slice(this.apiPath.length),
          query: url.searchParams,
          body: body.length > 0 ? (JSON.parse(body.toString()) as unknown) : undefined,
        },
        this.tokenOf(request),
      );
    } catch (error) {
      this.violations.push(`the stand-in failed: ${String(error)}`);
      return { status: 500, body: { message: String(error) } };
    }
  }

  /** One page of a list, with the Link header that leads to the next. */
  protected page(list: readonly unknown[], { path, query }: ApiRequest): Reply {
    const size = Number(query.get("per_page") ?? 20);
    const page = Number(query.get("page") ?? 1);
    const next = new URLSearchParams(query);
    next.set("page", String(page + 1));
    const more = list.length > page * size;
    const link = `<${this.apiUrl}${path}?${next.toString()}>; rel="next"`;
    return {
      status: 200,
      body: list.slice((page - 1) * size, page * size),
      headers: more ? { link } : {},
    };
  }
}

interface Branches {
  readonly listing: string;
  readonly heads: ReadonlyMap<string, string>;
  readonly merged: ReadonlyMap<string, string>;
}

function mapOf(listing: string): ReadonlyMap<string, string> {
  return new Map(listing.split("\n").map((line) => line.split(" ") as [string, string]));
}
