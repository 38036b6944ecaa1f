import { createReadStream, createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request, type Dispatcher } from "undici";
import type { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { isLoopback } from "../../queue/bullmq/redis-address.ts";
import * as say from "../builder-protocol.ts";
import {
  away,
  bounded,
  isTemporary,
  parseJson,
  problemOf,
  requireProtocol,
  unreachable,
} from "./manager-answers.ts";

export interface ManagerAddress {
  /** `https://…`; `http://` on this machine alone, or at the end of a tunnel. */
  readonly url: string;
  /** A Unix socket in place of host and port: the end of a tunnel. */
  readonly socket?: string;
  readonly token: string;
}

/** What a builder asks its manager. While the manager is away, each call is tried again until `signal` ends it. */
export class ManagerClient {
  readonly #address: ManagerAddress;
  readonly #agent: Agent;
  readonly #troubled: (error: SluiceError) => void;

  /** @throws SluiceError `manager-address` */
  constructor(address: ManagerAddress, troubled: (error: SluiceError) => void) {
    requireSafe(address);
    this.#address = address;
    this.#troubled = troubled;
    this.#agent = new Agent({
      connect: { timeout: 10_000, ...(address.socket !== undefined && { socketPath: address.socket }) },
      headersTimeout: 60_000,
      bodyTimeout: 60_000,
    });
  }

  get url(): string {
    return this.#address.url;
  }

  /** For the published packages, which come the same way. */
  get dispatcher(): Dispatcher {
    return this.#agent;
  }

  hello(signal: AbortSignal): Promise<say.Welcome> {
    return this.#json("hello", {}, say.welcome, { signal });
  }

  /** Once: the next one says it again. */
  async alive(
    description: say.Description,
    builds: readonly { build: number; token: string }[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, "cancel" | "gone">>> {
    const body = { ...description, builds };
    return (await this.#once("alive", { body: JSON.stringify(body) }, say.aliveAnswer, signal)).stop;
  }

  claim(build: number, signal: AbortSignal): Promise<z.infer<typeof say.claimAnswer>> {
    return this.#json("claim", { build }, say.claimAnswer, { signal });
  }

  announce(
    claim: say.RemoteClaim,
    made: say.Announcement | say.MadeFiles,
    signal: AbortSignal,
  ): Promise<z.infer<typeof say.announceAnswer>> {
    const path = `builds/${claim.build}/${wordOf(claim)}`;
    return this.#json(path, made, say.announceAnswer, { signal, claim });
  }

  /** Brings the rest of a file of an earlier job once, to the end of what is there. */
  async download(
    claim: say.JobClaim,
    file: { readonly sha256: string; readonly path: string; readonly at: number },
    signal: AbortSignal,
  ): Promise<void> {
    const path = `builds/${claim.build}/artifacts/${file.sha256}?at=${file.at}`;
    const answer = await this.#ask(path, { claim, method: "GET" }, signal);
    if (answer.statusCode !== 200) throw problemOf(answer.statusCode, await bounded(answer.body));
    try {
      await pipeline(answer.body, createWriteStream(file.path, { flags: "a" }), { signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unreachable(this.url, error);
    }
  }

  /** @returns how much of the log is there */
  async log(claim: say.RemoteClaim, at: number, piece: Uint8Array, signal: AbortSignal): Promise<number> {
    const path = `builds/${claim.build}/log?at=${at}`;
    return (await this.#retried(path, () => ({ body: piece, claim }), say.sizeAnswer, signal)).size;
  }

  /** Sends the rest of a file once. @returns how much of it is there */
  async upload(
    claim: say.RemoteClaim,
    file: { readonly name: string; readonly path: string; readonly at: number },
    signal: AbortSignal,
  ): Promise<number> {
    const path = `builds/${claim.build}/${wordOf(claim)}/${encodeURIComponent(file.name)}?at=${file.at}`;
    const body = createReadStream(file.path, { start: file.at, highWaterMark: 2 ** 20 });
    try {
      return (await this.#once(path, { body, claim, method: "PUT" }, say.sizeAnswer, signal)).size;
    } finally {
      body.destroy();
    }
  }

  async finish(claim: say.RemoteClaim, said: say.FinishRequest, signal: AbortSignal): Promise<string> {
    for (;;) {
      const path = `builds/${claim.build}/finish`;
      const answer = await this.#json(path, said, say.finishAnswer, { signal, claim });
      if (answer.kind === "gone") return "gone";
      if (answer.kind === "finished") return `${answer.outcome}${answer.message && `: ${answer.message}`}`;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #json<T extends z.ZodType>(
    path: string,
    body: unknown,
    schema: T,
    { signal, claim }: { signal: AbortSignal; claim?: say.RemoteClaim },
  ): Promise<z.infer<T>> {
    const text = JSON.stringify(body);
    return this.#retried(path, () => ({ body: text, ...(claim && { claim }) }), schema, signal);
  }

  async #retried<T extends z.ZodType>(
    path: string,
    call: () => Sent,
    schema: T,
    signal: AbortSignal,
  ): Promise<z.infer<T>> {
    for (let pause = 250; ; pause = Math.min(2 * pause, 5000)) {
      try {
        return await this.#once(path, call(), schema, signal);
      } catch (error) {
        if (!isTemporary(error) || signal.aborted) throw error;
        this.#troubled(error);
        await sleep(pause, undefined, { signal });
      }
    }
  }

  async #once<T extends z.ZodType>(
    path: string,
    sent: Sent,
    schema: T,
    signal: AbortSignal,
  ): Promise<z.infer<T>> {
    const { url } = this.#address;
    const answer = await this.#ask(path, sent, signal);
    let text: string;
    try {
      text = await bounded(answer.body);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unreachable(url, error);
    }
    if (answer.statusCode !== 200) throw problemOf(answer.statusCode, text);
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) throw away(url, "its answer isn't a manager's");
    return parsed.data;
  }

  /** Resolves when the answer begins. */
  async #ask(
    path: string,
    { body, claim, method = "POST" }: Sent,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { url, token } = this.#address;
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(new URL(`/builder/${path}`, url), {
        method,
        body: body instanceof Uint8Array ? Buffer.from(body) : (body ?? null),
        dispatcher: this.#agent,
        signal,
        headers: {
          authorization: `Bearer ${token}`,
          [say.headers.protocol]: String(say.protocol),
          ...(claim && { [say.headers.claim]: claim.token }),
        },
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unreachable(url, error);
    }
    try {
      requireProtocol(url, answer);
    } catch (error) {
      void answer.body.dump().catch(() => undefined);
      throw error;
    }
    return answer;
  }
}

/** What a claim's files are called in addresses. */
function wordOf({ kind }: say.RemoteClaim): string {
  return kind === "job" ? "artifacts" : "packages";
}

interface Sent {
  readonly body?: string | Uint8Array | Readable;
  readonly claim?: say.RemoteClaim;
  readonly method?: "POST" | "PUT" | "GET";
}

/** Tokens and packages aren't for those who listen in. */
function requireSafe({ url, socket }: ManagerAddress): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isSafe =
    parsed?.protocol === "https:" ||
    (parsed?.protocol === "http:" && (socket !== undefined || isLoopback(parsed.hostname)));
  if (isSafe && !parsed?.username && !parsed?.password) return;
  throw new SluiceError("manager-address", "MANAGER_URL isn't an address that a token may be sent to", {
    hint: "Use https://…, or reach the manager through SSH (REDIS_SSH_HOST); http:// is for this machine alone.",
  });
}
