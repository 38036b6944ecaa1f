import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";

/** One message of a stream of server-sent events. */
export interface Message {
  /** What a client that was cut off says it has. */
  readonly id: number;
  readonly event?: string;
  readonly data: unknown;
}

export type StreamLimit = (reply: FastifyReply) => (() => void) | undefined;

/** Counts open streams, so that nobody can open them without end. */
export function streamLimit(most: number): StreamLimit {
  let open = 0;
  return (reply) => {
    if (open >= most) {
      void reply
        .code(503)
        .header("retry-after", "10")
        .type("text/plain")
        .send("too many readers; try again soon\n");
      return undefined;
    }
    open++;
    return () => {
      open--;
    };
  };
}

/**
 * Sends messages as they come, and asks for the next one when the reader has taken those before: who reads slowly
 * costs no memory.
 */
export async function sendEvents(
  reply: FastifyReply,
  messages: (signal: AbortSignal) => AsyncIterable<Message>,
  over: AbortSignal,
): Promise<void> {
  reply.hijack();
  const response = reply.raw;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, over]);
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // nginx would hold it back otherwise.
    "x-accel-buffering": "no",
  });
  response.write("retry: 2000\n\n");
  const beat = setInterval(() => isTaken(response) && response.write(": still here\n\n"), 15_000);
  try {
    for await (const { id, event, data } of messages(signal)) {
      const name = event === undefined ? "" : `event: ${event}\n`;
      const sent = response.write(`${name}id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
      if (!sent && !signal.aborted) await once(response, "drain", { signal });
    }
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`web: ${String(error)}\n`);
  } finally {
    clearInterval(beat);
    response.end();
  }
}

const isTaken = (response: ServerResponse): boolean => response.writableLength === 0;

/** What a client that was cut off has already. */
export function lastEventId(request: FastifyRequest): number | undefined {
  const text = request.headers["last-event-id"];
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
