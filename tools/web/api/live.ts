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

/** A message as it is sent, which many readers may share. */
export function framed({ id, event, data }: Message): Uint8Array {
  const name = event === undefined ? "" : `event: ${event}\n`;
  return Buffer.from(`${name}id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}

/**
 * Sends messages as they come, and asks for the next one when the reader has taken those before: who reads slowly
 * costs no memory.
 */
export async function sendEvents(
  reply: FastifyReply,
  messages: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  over: AbortSignal,
): Promise<void> {
  reply.hijack();
  const response = reply.raw;
  const signal = AbortSignal.any([goneSignal(reply), over]);
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // nginx would hold it back otherwise.
    "x-accel-buffering": "no",
  });
  if (reply.request.method === "HEAD") return void response.end();
  response.write("retry: 2000\n\n");
  const beat = setInterval(() => isTaken(response) && response.write(": still here\n\n"), 15_000);
  try {
    for await (const message of messages(signal)) {
      const sent = response.write(message);
      if (!sent && !signal.aborted) await once(response, "drain", { signal });
    }
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`web: ${String(error)}\n`);
  } finally {
    clearInterval(beat);
    response.end();
  }
}

/** Aborts when the answer has ended, or nobody is there any more who could take it. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  raw.once("close", () => gone.abort());
  return gone.signal;
}

const isTaken = (response: ServerResponse): boolean => response.writableLength === 0;

/** What a client that was cut off has already. */
export function lastEventId(request: FastifyRequest): number | undefined {
  const text = request.headers["last-event-id"];
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
