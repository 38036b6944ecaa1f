import { SluiceError } from "../errors.ts";
import { redact } from "../git/git.ts";
import type { ForgeKind } from "./forge.ts";

/** What a token has to be allowed, in the words of the forge's own pages. */
export const forgeGrants: Record<ForgeKind, string> = {
  github:
    "a fine-grained personal access token for this repository with Contents: read and write, " +
    "Pull requests: read and write, Commit statuses: read and write " +
    "(a classic token: scope repo; a workflow's GITHUB_TOKEN: permissions contents, pull-requests and " +
    "statuses: write).",
  gitlab:
    "a project or personal access token with scope api and write_repository and at least the role Developer " +
    "(Maintainer where branches update-* are protected).",
};

/** An answer of the forge, sorted by what there is to do about it. */
export type Answer =
  | { readonly kind: "success" }
  | { readonly kind: "limited" | "outage"; readonly message: string; readonly retryAfter: number | undefined }
  | { readonly kind: "refused"; readonly error: SluiceError };

/** Sorts an answer; its text may be shown to people, so the token is taken out of it should a forge echo it. */
export function readAnswer(
  kind: ForgeKind,
  { project, token }: { readonly project: string; readonly token: string },
  { response, body }: { readonly response: Response; readonly body: string },
): Answer {
  const { status, headers } = response;
  if (status >= 200 && status < 300) {
    if (body === "" || isJson(body)) return { kind: "success" };
    return { kind: "outage", message: `${status}, but no JSON`, retryAfter: undefined };
  }
  const said = redact(messageOf(body)).replaceAll(token, "***").slice(0, 500);
  const message = `${status}${said ? ` ${said}` : ""}`;
  if (isRateLimit(status, headers, said)) {
    return { kind: "limited", message, retryAfter: retryAfter(headers) };
  }
  if (status >= 500 || status === 408) return { kind: "outage", message, retryAfter: retryAfter(headers) };
  return { kind: "refused", error: refusal(kind, project, status, headers, said) };
}

/** `forge-unavailable`, as `Forge` promises it. */
export function unavailable(url: URL, message: string, seconds: number | undefined): SluiceError {
  const when = seconds === undefined ? "" : `; it asks to come back in ${seconds} seconds`;
  return new SluiceError("forge-unavailable", `${url.host} is not available (${message})${when}`, {
    hint: "Reviews wait for a later run; nothing else depends on them.",
    facts: { host: url.host, retryAfter: seconds },
    exitCode: 1,
  });
}

/**
 * GitHub answers 403 or 429, with retry-after, with x-ratelimit-remaining: 0, or only in words
 * (https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api); GitLab answers 429.
 */
function isRateLimit(status: number, headers: Headers, said: string): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return (
    headers.has("retry-after") ||
    headers.get("x-ratelimit-remaining") === "0" ||
    /secondary rate limit|abuse detection/i.test(said)
  );
}

/** Seconds, from Retry-After (a number or a date) or the moment when the limit is reset. */
function retryAfter(headers: Headers): number | undefined {
  const asked = headers.get("retry-after");
  if (asked !== null && /^\d+$/.test(asked)) return Number(asked);
  const sent = Date.parse(headers.get("date") ?? "");
  const reset = headers.get("x-ratelimit-reset") ?? headers.get("ratelimit-reset");
  const until = asked === null ? Number(reset ?? Number.NaN) * 1000 : Date.parse(asked);
  const seconds = Math.ceil((until - sent) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function refusal(
  kind: ForgeKind,
  project: string,
  status: number,
  headers: Headers,
  said: string,
): SluiceError {
  const facts = { project, status, said };
  const reason = said ? `: ${said}` : "";
  if (status === 401) {
    return new SluiceError(
      "forge-token",
      `the forge doesn't accept the access token for ${project}${reason}`,
      {
        hint: `It may have expired. Set ACCESS_TOKEN to ${forgeGrants[kind]}`,
        facts,
      },
    );
  }
  // A conversation that somebody has locked says nothing about the token.
  if (status === 403 && !/\block(?:ed)?\b/i.test(said)) {
    return new SluiceError("forge-permission", `the access token may not do this on ${project}${reason}`, {
      hint: `${neededHere(headers, said)}Set ACCESS_TOKEN to ${forgeGrants[kind]}`,
      facts,
    });
  }
  if (status === 404) {
    return new SluiceError("forge-permission", `${project} or a part of it can't be seen with this token`, {
      hint: `Check the project's name; if it is right, set ACCESS_TOKEN to ${forgeGrants[kind]}`,
      facts,
    });
  }
  if (status >= 300 && status < 400) {
    return new SluiceError("forge-refused", `${project} has moved`, {
      hint: "Use the project's new name.",
      facts,
      exitCode: 1,
    });
  }
  return new SluiceError("forge-refused", `the forge refused a request on ${project} (${status})${reason}`, {
    hint: "What it says names the cause; the next run tries again.",
    facts,
    exitCode: 1,
  });
}

/** What the forge itself says that this very request takes. */
function neededHere(headers: Headers, said: string): string {
  if (/Actions is not permitted to create/i.test(said)) {
    return (
      'Tick "Allow GitHub Actions to create and approve pull requests" in the repository\'s settings ' +
      "(Actions, General), or use a token of its own. "
    );
  }
  const permissions = headers.get("x-accepted-github-permissions");
  const scopes = headers.get("x-accepted-oauth-scopes");
  const needed = permissions || scopes;
  return needed ? `This request takes ${needed}. ` : "";
}

/** What is in front of a forge answers with web pages of its own. */
function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

/** The forges' ways of saying why: `message` (text, list or object), `error_description`, `error`, `errors`. */
function messageOf(body: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return /^\s*</.test(body) ? "" : body.trim();
  }
  if (typeof answer !== "object" || answer === null) return "";
  const { message, error, error_description, errors } = answer as Record<string, unknown>;
  return [message, error, error_description, errors].filter(Boolean).map(plain).join(": ");
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
