import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What can be wrong with a server. `times`: for how many requests; without it until lifted. */
export type Fault = (
  | { readonly kind: "down" }
  /** Half of the answer's body arrives. */
  | { readonly kind: "cut" }
  /** It takes the request and never answers. */
  | { readonly kind: "silent" }
  /** Nothing is wrong: for requests that come before the one in trouble. */
  | { readonly kind: "none" }
  /** It answers with what was true once; how, its handler knows. */
  | { readonly kind: "stale" }
  | {
      readonly kind: "answers";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON; a text is sent as it is. */
      readonly body?: unknown;
    }
) & {
  readonly times?: number;
  /** Of requests as `GET /path?query`; without it all. */
  readonly only?: RegExp;
};

export interface Circumstances {
  readonly isStale: boolean;
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  circumstances: Circumstances,
) => unknown;

/** An HTTP server on loopback with faults on demand, which remembers what it was asked. */
export class FaultyServer {
  /** Every request that reached it, `GET /path?query`, in their order. */
  readonly asked: string[] = [];
  /** The greatest number of requests under way at once. */
  mostAtOnce = 0;
  /** When requests came, in milliseconds since 1970. */
  readonly times: number[] = [];
  /** The first one that concerns a request takes effect. */
  faults: readonly Fault[] = [];
  readonly #server: Server;
  #underWay = 0;
  #port = 0;

  constructor(handler: Handler) {
    this.#server = createServer((request, response) => void this.#serve(handler, request, response));
  }

  /** Comes back at the same address where it was stopped before. */
  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(this.#port, "127.0.0.1", done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Who connects then is refused. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #serve(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`;
    this.asked.push(line);
    this.times.push(Date.now());
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay);
    response.on("close", () => this.#underWay--);
    const fault = this.#takeFault(line);
    if (fault?.kind === "down") return void request.socket.destroy();
    if (fault?.kind === "silent") return;
    if (fault?.kind === "answers") return void request.resume().on("end", () => answer(response, fault));
    if (fault?.kind === "cut") cutHalfway(response);
    try {
      await handler(request, response, { isStale: fault?.kind === "stale" });
    } catch (error) {
      if (!response.headersSent) answer(response, { status: 500, body: String(error) });
      else response.destroy();
    }
  }

  #takeFault(line: string): Fault | undefined {
    const fault = this.faults.find(({ only }) => only === undefined || only.test(line));
    if (fault?.times === undefined) return fault;
    const left = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
    this.faults = this.faults.flatMap((other) => (other === fault ? left : [other]));
    return fault;
  }
}

/** Ends a response with a text, or anything else as JSON. */
export function answer(
  response: ServerResponse,
  {
    status,
    headers,
    body,
  }: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  },
): void {
  const text = typeof body === "string" ? body : JSON.stringify(body ?? "");
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Keeps back what is written until it's known what half of it is. */
function cutHalfway(response: ServerResponse): void {
  const chunks: Buffer[] = [];
  const write = response.write.bind(response) as (chunk: Buffer, done: () => void) => boolean;
  const keep = (chunk: unknown): boolean => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
    return true;
  };
  response.write = keep;
  response.end = (chunk?: unknown) => {
    keep(chunk);
    const whole = Buffer.concat(chunks);
    response.flushHeaders();
    write(whole.subarray(0, whole.length / 2), () => response.destroy());
    return response;
  };
}
