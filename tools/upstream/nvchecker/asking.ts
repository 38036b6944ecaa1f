import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { Http, HttpAnswer, HttpRequest } from "../../http/http.ts";
import { libraryDatabases, type LibraryDatabase } from "../distribution/library-databases.ts";
import type { DatabaseSighting } from "../distribution/distribution.ts";
import type { Refs } from "../refs/ref-lists.ts";
import type { RemoteRefs } from "../refs/remote-refs.ts";
import type { UpstreamPorts } from "../upstream.ts";

/** How the kinds ask, one run long: what several packages ask for is asked once. */
export interface Asking {
  /**
   * What an API answers to GET, or to a POST of `question` as JSON, checked against what the kind needs of it. A forge's token is sent to its own API
   * and nowhere else.
   *
   * @throws SluiceError `unavailable`, `too-large`, or `nvchecker-answer` for an error or another form of answer.
   */
  api<T>(url: string, form: z.ZodType<T>, question?: object): Promise<T>;

  /**
   * What the AUR's RPC says of a package; undefined where it has none. What is asked for at about the same time is one
   * request. Throws as `api` does.
   */
  aurPackage(name: string): Promise<AurPackage | undefined>;

  /** An answer to a request that a recipe describes; no token is sent. Throws as `api` does. */
  page(url: string, request: HttpRequest): Promise<Page>;

  /**
   * The refs of a Git repository whose names begin with the prefix, and perhaps others. Throws SluiceError
   * `unavailable`, or another where looking again won't help.
   */
  refs(url: string, prefix: string): Promise<Refs>;

  /** The databases of CI_LIB_DB by name (`core`), or why one can't be read now. */
  databases(): Promise<ReadonlyMap<string, LibraryDatabase | SluiceError>>;
}

/** https://aur.archlinux.org/rpc/openapi.json */
const aurPackage = z.object({ Name: z.string(), Version: z.string(), LastModified: z.number() });
const aurPackages = z.object({ results: z.array(aurPackage) });
/** The server takes about 4,400 bytes of address. */
const namesAtOnce = 80;
export type AurPackage = z.infer<typeof aurPackage>;
type AurAnswer = Promise<z.infer<typeof aurPackages>>;

export type Page = HttpAnswer & { readonly body: Buffer };

/** Of a page that is searched, in bytes. The largest real ones, Debian's `Packages`, have a few megabytes. */
const largestPage = 5 * 1024 * 1024;

/** What asking needs of the run. */
export interface AskingPorts
  extends
    Pick<UpstreamPorts, "http" | "githubToken" | "gitlabToken">,
    Partial<Pick<UpstreamPorts, "scratch">> {
  readonly remoteRefs: Pick<RemoteRefs, "ask">;
  /** Looks at CI_LIB_DB. */
  readonly libraries?: () => Promise<readonly DatabaseSighting[]>;
}

export function openAsking({
  http,
  remoteRefs,
  githubToken,
  gitlabToken,
  libraries = () => Promise.resolve([]),
}: AskingPorts): Asking {
  const asked = new Map<string, Promise<Page>>();
  let databases: Promise<ReadonlyMap<string, LibraryDatabase | SluiceError>> | undefined;
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

  let names = new Set<string>();
  let batch: Promise<ReadonlyMap<string, AurAnswer>> | undefined;

  /** The answers that will tell of the names that are gathered now. */
  async function askBatch(api: Asking["api"]): Promise<ReadonlyMap<string, AurAnswer>> {
    await setImmediate();
    const gathered = [...names];
    names = new Set();
    batch = undefined;
    const told = new Map<string, AurAnswer>();
    for (let at = 0; at < gathered.length; at += namesAtOnce) {
      const some = gathered.slice(at, at + namesAtOnce);
      const query = some.map((name) => `arg[]=${encodeURIComponent(name)}`).join("&");
      const answer = api(`https://aur.archlinux.org/rpc/v5/info?${query}`, aurPackages);
      for (const name of some) told.set(name, answer);
    }
    return told;
  }

  return {
    async aurPackage(name) {
      names.add(name);
      batch ??= askBatch(this.api);
      const answer = await (await batch).get(name);
      return answer?.results.find((one) => one.Name === name);
    },
    async api(url, form, question) {
      const token = tokens.get(webAddress(url).origin);
      const headers = {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const request: HttpRequest =
        question === undefined
          ? { headers }
          : {
              method: "POST",
              headers: { ...headers, "content-type": "application/json" },
              body: JSON.stringify(question),
            };
      const answer = form.safeParse(readJson(url, await once(url, request)));
      if (answer.success) return answer.data;
      throw answerError(url, "answered in another form than this API's", answer.error);
    },
    async page(url, request) {
      return await once(webAddress(url).href, { ...request, maxBytes: largestPage });
    },
    async refs(url, prefix) {
      const answer = await remoteRefs.ask(url, [prefix]);
      if (answer.kind === "refs") return answer.refs;
      throw answer.error;
    },
    databases() {
      databases ??= libraries().then((sightings) => libraryDatabases(sightings, http));
      return databases;
    },
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
