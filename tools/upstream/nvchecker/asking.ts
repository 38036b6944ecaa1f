import type { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { Http, HttpAnswer, HttpRequest } from "../../http/http.ts";
import type { UpstreamPorts } from "../upstream.ts";

/** How the kinds ask, one run long: what several packages ask for is asked once. */
export interface Asking {
  /**
   * What an API answers to GET, checked against what the kind needs of it. A forge's token goes along to its own API
   * and nowhere else.
   *
   * @throws SluiceError `unavailable`, `too-large`, or `nvchecker-answer` for an error or another form of answer.
   */
  api<T>(url: string, form: z.ZodType<T>): Promise<T>;

  /** An answer to a request that a recipe describes; no token goes along. Throws as `api` does. */
  page(url: string, request: HttpRequest): Promise<Page>;

  /** The HEAD, branches and tags of a Git repository, in its order. Throws SluiceError `unavailable`, or another code. */
  refs(url: string): Promise<readonly GitRef[]>;
}

/** A ref and the commit that it leads to; an annotated tag's is that of its commit. */
export interface GitRef {
  /** `HEAD`, `refs/heads/main`, `refs/tags/v1.0`. */
  readonly name: string;
  readonly commit: string;
}

export type Page = HttpAnswer & { readonly body: Buffer };

/** Of a page that is searched, in bytes. The largest real ones, Debian's `Packages`, have a few megabytes. */
const largestPage = 5 * 1024 * 1024;

type Ports = Pick<UpstreamPorts, "http" | "githubToken" | "gitlabToken">;

export function openAsking({ http, githubToken, gitlabToken }: Ports): Asking {
  const asked = new Map<string, Promise<Page>>();
  const tokens = new Map([
    ["https://api.github.com", githubToken],
    ["https://gitlab.com", gitlabToken],
  ]);

  function once(url: string, request: HttpRequest): Promise<Page> {
    const key = JSON.stringify([url, request]);
    const answer = asked.get(key) ?? ask(http, url, request);
    asked.set(key, answer);
    return answer;
  }

  return {
    async api(url, form) {
      const token = tokens.get(webAddress(url).origin);
      const headers = {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const answer = form.safeParse(readJson(url, await once(url, { headers })));
      if (answer.success) return answer.data;
      throw answerError(url, "answered in another form than this API's", answer.error);
    },
    async page(url, request) {
      return await once(webAddress(url).href, { ...request, maxBytes: largestPage });
    },
    refs: () => Promise.reject(new Error("later")),
  };
}

async function ask(http: Http, url: string, request: HttpRequest): Promise<Page> {
  const answer = await http.fetch(url, request);
  if (answer.status < 400) return answer;
  throw answerError(url, `answered ${answer.status}`);
}

/** A page as JSON. Throws SluiceError `nvchecker-answer` where it's something else. */
export function readJson(url: string, { body }: Page): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw answerError(url, "answered with something else than JSON", cause);
  }
}

function webAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new SluiceError("nvchecker-option", `${JSON.stringify(text)} is no web address`);
}

/** An error about an answer; credentials and what follows `?` don't get into it. */
export function answerError(url: string, what: string, cause?: unknown): SluiceError {
  const { origin, pathname } = new URL(url);
  return new SluiceError("nvchecker-answer", `${origin}${pathname} ${what}`, {
    hint: "Look at the address in a browser and correct the recipe's nvchecker file.",
    cause,
  });
}
