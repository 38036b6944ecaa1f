import type { HttpOptions, HttpRequest } from "./http.ts";
import { badRedirect, badUrl } from "./problems.ts";

/** A request on its way: what is asked now, after redirects. */
export interface Step {
  /** Without credentials. */
  readonly url: URL;
  readonly method: NonNullable<HttpRequest["method"]>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Headers that tell who asks. They're for whom they were meant for. */
const confidential = new Set(["authorization", "cookie", "private-token", "proxy-authorization"]);

/** Throws SluiceError `bad-url`. Credentials of the URL become the header that they stand for. */
export function firstStep(text: string, request: HttpRequest): Step {
  if (!URL.canParse(text)) throw badUrl(text);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw badUrl(text);
  const headers = {
    "accept-encoding": "gzip",
    "user-agent": "sluice",
    ...(url.username !== "" && { authorization: basic(text, url) }),
    ...request.headers,
  };
  return { url: bare(url), method: request.method ?? "GET", headers, body: request.body };
}

/** Where a redirect leads; undefined where the answer is none. Throws SluiceError `bad-redirect`. */
export function redirected(step: Step, status: number, location: string | undefined): Step | undefined {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  if (!URL.canParse(location, step.url.href))
    throw badRedirect(step.url, "it redirects to what is no address");
  const url = new URL(location, step.url);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && step.url.protocol === "http:")) {
    throw badRedirect(step.url, `it redirects to ${url.protocol}//, which isn't followed`);
  }
  bare(url);
  const headers =
    url.origin === step.url.origin
      ? step.headers
      : Object.fromEntries(Object.entries(step.headers).filter(([name]) => !confidential.has(name)));
  const keepsMethod = status === 307 || status === 308 || step.method === "HEAD";
  if (keepsMethod) return { ...step, url, headers };
  const { "content-type": _, ...rest } = headers;
  return { url, method: "GET", headers: step.method === "GET" ? headers : rest, body: undefined };
}

/** The address that is really asked. */
export function standInFor(url: URL, standIns: HttpOptions["standIns"]): URL {
  const standIn = standIns?.[url.origin];
  return standIn === undefined ? url : new URL(standIn.replace(/\/$/, "") + url.pathname + url.search);
}

/** Takes away what isn't sent as part of an address. */
function bare(url: URL): URL {
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

function basic(text: string, { username, password }: URL): string {
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString("base64")}`;
  } catch {
    throw badUrl(text);
  }
}
