import type { Dispatcher } from "undici";
import { SluiceError } from "../../errors.ts";
import { failureOf } from "../../http/problems.ts";
import * as say from "../builder-protocol.ts";

/** Whether a call may succeed later. */
export function isTemporary(error: unknown): error is SluiceError {
  return error instanceof SluiceError && (error.code === "manager-away" || error.code === "landing-full");
}

export function requireProtocol(url: string, { headers, statusCode }: Dispatcher.ResponseData): void {
  const theirs = headers[say.headers.protocol];
  if (theirs === String(say.protocol)) return;
  // A proxy whose manager is away.
  if (theirs === undefined && statusCode >= 500) throw unreachable(url, new Error(`status ${statusCode}`));
  const shown = typeof theirs === "string" && /^\d{1,9}$/.test(theirs) ? `protocol ${theirs}` : "none";
  throw new SluiceError(
    "protocol",
    `the manager at ${url} speaks ${shown}, and this builder protocol ${say.protocol}`,
    { hint: "Update the older one of the two." },
  );
}

export function problemOf(status: number, text: string): SluiceError {
  const parsed = say.problem.safeParse(parseJson(text));
  const { code, message, hint } = parsed.success
    ? parsed.data
    : { code: "manager-away", message: `it answers ${status}`, hint: undefined };
  const isAway = (status >= 500 || status === 429) && code !== "landing-full";
  const hints: Readonly<Record<string, string>> = {
    "builder-unknown":
      "On the manager: sluice builders add NAME; give what it prints to this builder as BUILDER_TOKEN.",
  };
  return new SluiceError(isAway ? "manager-away" : code, `the manager says: ${message}`, {
    ...((hint ?? hints[code]) !== undefined && { hint: hint ?? hints[code]! }),
    exitCode: code === "builder-unknown" || code === "protocol" ? 2 : 1,
  });
}

export function unreachable(url: string, cause: unknown): SluiceError {
  const { message = "" } = cause as { message?: string };
  return away(url, failureOf(cause) ?? message);
}

export function away(url: string, why: string): SluiceError {
  return new SluiceError("manager-away", `the manager at ${url} can't be reached: ${why}`, {
    hint: "Does `sluice up` run there with REDIS_HOST, and is MANAGER_URL right? It is tried again.",
    exitCode: 1,
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function bounded(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > 2 ** 22) throw new Error("its answer is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
