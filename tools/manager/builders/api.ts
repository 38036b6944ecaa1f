import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { networkOf } from "../../client-address.ts";
import { SluiceError } from "../../errors.ts";
import { guessLimit } from "../../guess-limit.ts";
import {
  aliveRequest,
  announcement,
  claimRequest,
  finishRequest,
  headers,
  madeFiles,
  protocol,
} from "../builder-protocol.ts";
import type { Handler } from "../serve.ts";
import type { RemoteBuilding } from "./remote-building.ts";
import { tokenReader } from "./tokens.ts";

/** An answer other than 200. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** After how many seconds to try again. */
  readonly after: number | undefined;

  constructor(status: number, code: string, message: string, after?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.after = after;
  }
}

/** A file's bytes from one on. */
class FileAnswer {
  readonly path: string;
  readonly at: number;

  constructor(path: string, at: number) {
    this.path = path;
    this.at = at;
  }
}

interface Call {
  readonly name: string;
  readonly request: IncomingMessage;
  /** Of the build that the path names. */
  readonly build: number;
  readonly token: string;
  /** The byte at which what is sent begins. */
  readonly at: number;
  /** The last part of the path. */
  readonly file: string;
}

type Route = (building: RemoteBuilding, call: Call) => Promise<unknown>;

/** Method and path; `*` is a build's id or a file's name. */
const routes: Readonly<Record<string, Route>> = {
  "POST hello": (building, { name }) => building.welcome(name),
  "POST alive": async (building, { name, request }) => {
    const { builds, ...description } = await readJson(request, aliveRequest);
    return { stop: await building.alive(name, description, builds) };
  },
  "POST claim": async (building, { name, request }) =>
    building.claim(name, (await readJson(request, claimRequest)).build),
  "POST builds/*/log": async (building, { name, request, build, token, at }) =>
    sizeOrGone(await building.log(name, build, token, at, request)),
  "POST builds/*/packages": async (building, { name, request, build, token }) =>
    building.announce(name, build, token, await readJson(request, announcement)),
  "PUT builds/*/packages/*": async (building, { name, request, build, token, at, file }) =>
    sizeOrGone(await building.receive(name, build, token, { file, at, bytes: request })),
  "POST builds/*/artifacts": async (building, { name, request, build, token }) =>
    building.announceMade(name, build, token, await readJson(request, madeFiles, maxMadeBytes)),
  "PUT builds/*/artifacts/*": async (building, { name, request, build, token, at, file }) =>
    sizeOrGone(await building.receive(name, build, token, { file, at, bytes: request })),
  "GET builds/*/artifacts/*": async (building, { name, build, token, at, file }) => {
    const path = await building.taken(name, build, token, file);
    return path === undefined ? sizeOrGone(undefined) : new FileAnswer(path, at);
  },
  "POST builds/*/finish": async (building, { name, request, build, token }) => {
    const said = await readJson(request, finishRequest, maxMadeBytes);
    const ended = building.finish(name, build, token, said);
    // Checking may take minutes; whoever waits asks again, so that no connection has to last.
    const answer = await Promise.race([ended, sleep(answerMs, { kind: "settling" }, { ref: false })]);
    if (answer === undefined) throw new Refusal(410, "gone", "its packages aren't all there");
    return answer;
  },
};

const answerMs = 15_000;

/**
 * What builders on other machines ask the manager for, below `/builder/`.
 *
 * @returns a handler that resolves false where the request isn't for it
 */
export function builderApi(
  building: RemoteBuilding,
  state: string,
  troubled: (error: unknown) => void,
): Handler {
  const nameOf = tokenReader(state);
  const guesses = guessLimit();
  async function builderOf(
    { headers: { authorization = "" } }: IncomingMessage,
    client: string,
  ): Promise<string> {
    const token = /^Bearer (\S{1,200})$/.exec(authorization)?.[1];
    const heard = token && (await guesses.ask(networkOf(client), token, () => nameOf(token)));
    if (heard && heard.kind === "known") return heard.who;
    if (heard && heard.kind === "later") {
      const message = "too many wrong tokens came from this address; it is listened to again in a minute";
      throw new Refusal(429, "guesses", message, heard.seconds);
    }
    throw new Refusal(401, "builder-unknown", "the manager knows no builder with this token");
  }

  return async (request, response, client) => {
    const path = /^\/builder\/([^?]*)/.exec(request.url ?? "")?.[1];
    if (path === undefined) return false;
    try {
      requireProtocol(request);
      const name = await builderOf(request, client);
      const said = await answer(building, name, request, path);
      if (said instanceof FileAnswer) await sendFile(response, said);
      else send(response, 200, said);
    } catch (error) {
      if (error instanceof Refusal && error.after) response.setHeader("retry-after", error.after);
      const { status, ...body } = problemOf(error, troubled);
      send(response, status, body);
      // What it still sends is for nobody.
      if (!request.complete) request.destroy();
    }
    return true;
  };
}

async function answer(
  building: RemoteBuilding,
  name: string,
  request: IncomingMessage,
  path: string,
): Promise<unknown> {
  const parts = path.split("/");
  const pattern = parts.map((part, at) => (at === 1 || at === 3 ? "*" : part)).join("/");
  const route = routes[`${request.method} ${pattern}`];
  if (!route) throw new Refusal(404, "not-found", "there is nothing here");
  return route(building, {
    name,
    request,
    build: numberIn(parts[1] ?? "0"),
    token: String(request.headers[headers.claim] ?? ""),
    at: numberIn(new URL(request.url!, "http://manager").searchParams.get("at") ?? "0"),
    file: decode(parts[3] ?? ""),
  });
}

function requireProtocol(request: IncomingMessage): void {
  const theirs = request.headers[headers.protocol];
  if (theirs === String(protocol)) return;
  const shown = typeof theirs === "string" && /^\d{1,9}$/.test(theirs) ? theirs : "none";
  throw new Refusal(
    426,
    "protocol",
    `the builder speaks protocol ${shown}, and the manager protocol ${protocol}: update the older one`,
  );
}

function numberIn(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Refusal(400, "bad-request", "that is no number");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, "bad-request", "that is no name");
  }
}

const maxJsonBytes = 2 ** 20;

/** Ten thousand files of a job, with long names. */
const maxMadeBytes = 8 * 2 ** 20;

async function readJson<T extends z.ZodType>(
  request: IncomingMessage,
  schema: T,
  mostBytes = maxJsonBytes,
): Promise<z.infer<T>> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > mostBytes) throw new Refusal(413, "too-large", "that is too much");
    pieces.push(piece);
  }
  let data: unknown;
  try {
    data = JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    throw new Refusal(400, "bad-request", "that is no JSON");
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new Refusal(400, "bad-request", `${path.join(".") || "."}: ${message}`);
}

function sizeOrGone(size: number | undefined): { readonly size: number } {
  if (size !== undefined) return { size };
  throw new Refusal(
    410,
    "gone",
    "this build is no longer this builder's, or nothing of the kind was announced",
  );
}

function problemOf(
  error: unknown,
  troubled: (error: unknown) => void,
): { status: number; code: string; message: string; hint?: string } {
  if (error instanceof Refusal) return { status: error.status, code: error.code, message: error.message };
  if (error instanceof SluiceError) {
    const { code, message, hint } = error;
    const status = code === "landing-full" ? 507 : code.startsWith("arrival-") ? 422 : 503;
    if (status === 503) troubled(error);
    return { status, code, message, ...(hint !== undefined && { hint }) };
  }
  // A connection that ended is the sender's affair; it goes on with another.
  if (error instanceof Error && "code" in error)
    return { status: 503, code: "interrupted", message: "try again" };
  troubled(error);
  return { status: 500, code: "defect", message: "the manager has a defect; its log says more" };
}

async function sendFile(response: ServerResponse, { path, at }: FileAnswer): Promise<void> {
  const { size } = await stat(path);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": Math.max(0, size - at),
    "cache-control": "no-store",
    [headers.protocol]: String(protocol),
  });
  await pipeline(createReadStream(path, { start: at, highWaterMark: 2 ** 20 }), response);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    [headers.protocol]: String(protocol),
  });
  response.end(text);
}
