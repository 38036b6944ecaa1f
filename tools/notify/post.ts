import { failureOf } from "../http/problems.ts";
import { askedWait, isNotNow } from "../http/retry-policy.ts";
import { timeoutSignal } from "../timeout-signal.ts";
import { refused, unavailable, wrongSetup } from "./target.ts";

export interface Post {
  readonly url: URL;
  readonly method?: "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** What no error may hold, should an answer repeat it. */
  readonly secrets: readonly string[];
  /** What to look at where the server doesn't let it in. */
  readonly hint: string;
  /** How long the server wants to be left alone, where it says so in its answer's body; seconds. */
  readonly waitIn?: (answer: unknown) => unknown;
  /** What the server says of an error in its answer's body. */
  readonly messageIn?: (answer: unknown) => unknown;
  /** Refusals that are about the target, not about the message. */
  readonly setupSaid?: RegExp;
}

const timeoutMs = 30_000;
const longestAnswer = 64 * 1024;

/** Sends once. Nothing is sent to where a redirect points: the request holds a secret. Throws what `Target.send` does. */
export async function post(request: Post): Promise<void> {
  const { url, secrets } = request;
  const { status, headers, body } = await exchange(request);
  if (status >= 200 && status < 300) return;
  const answer = parse(body);
  const said = redact(String(request.messageIn?.(answer) ?? ""), secrets);
  const why = said === "" ? `HTTP ${status}` : `HTTP ${status}, ${said}`;
  if (isNotNow({ status, headers })) {
    const asked = askedWait({ headers }, Date.now());
    const wait = request.waitIn?.(answer);
    const seconds = typeof wait === "number" ? wait : asked === undefined ? undefined : asked / 1000;
    throw unavailable(url.host, why, seconds);
  }
  // What is wrong with the message itself; all else is the target's settings.
  const isMessage = [400, 413, 415, 422].includes(status) && !request.setupSaid?.test(said);
  if (isMessage) throw refused(url.host, why);
  throw wrongSetup(url.host, why, request.hint);
}

async function exchange({ url, method = "POST", headers, body }: Post): Promise<{
  status: number;
  headers: Record<string, string>;
  body: string;
}> {
  try {
    const response = await fetch(url, {
      method,
      headers: { "content-type": "application/json", "user-agent": "sluice", ...headers },
      body,
      redirect: "manual",
      signal: timeoutSignal(timeoutMs),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await readText(response),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // fetch keeps the system's error as the cause; its own message may hold the address, and with it a token.
    const silent = error.name === "TimeoutError" ? `no answer in ${timeoutMs / 1000} s` : undefined;
    throw unavailable(url.host, silent ?? failureOf(error.cause ?? error) ?? "the connection broke");
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > longestAnswer) break;
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** One line without secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) if (secret !== "") shown = shown.replaceAll(secret, "***");
  return shown.replaceAll(/[\p{Cc}\s]+/gu, " ").slice(0, 200);
}
