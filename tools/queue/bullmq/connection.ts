import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { RedisOptions } from "bullmq";
import { SluiceError, systemCode } from "../../errors.ts";
import type { RedisAddress } from "./redis-address.ts";
import { replyMeter } from "./reply-meter.ts";

/** All keys in Redis begin with it. */
export const prefix = "sluice";

/** No answer that is asked for comes near it. */
export const maxReplyBytes = 16 * 2 ** 20;

/**
 * For all connections, also those that BullMQ opens itself. One in which an answer is larger than `maxReplyBytes` ends.
 *
 * @param patient waits for Redis to come back instead of failing
 */
export async function connectionOptions(address: RedisAddress, patient: boolean): Promise<RedisOptions> {
  // Loaded when needed, since that takes a tenth of a second.
  const { AbstractConnector } = await import("ioredis");
  class Connector extends AbstractConnector {
    constructor() {
      super(2000);
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const socket = open(address);
      socket.once("error", (error) => (this.firstError = error));
      const isTooLarge = replyMeter(maxReplyBytes);
      socket.on("data", (piece: Buffer) => {
        if (isTooLarge(piece)) socket.destroy(new Error(`an answer is larger than ${maxReplyBytes} bytes`));
      });
      this.stream = socket;
      return socket;
    }
  }
  const { tls, username, password } = address;
  return {
    Connector,
    ...(tls && { tls: {} }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // BullMQ demands it of workers: they wait for as long as Redis is away.
    maxRetriesPerRequest: patient ? null : 1,
    enableOfflineQueue: patient,
    retryStrategy: (attempt: number) => Math.min(100 * attempt, 2000),
    connectTimeout: 10_000,
    // A network that carries nothing tells nobody; commands that wait for something wait for less.
    socketTimeout: 30_000,
  };
}

function open({ host, port, tls, socket }: RedisAddress): Socket {
  if (socket !== undefined) return createConnection({ path: socket });
  return tls ? connectTls({ host, port }) : createConnection({ host, port });
}

/** What Redis or the way there says, without the command that it was about: that may be AUTH with the password. */
export function redisTrouble(error: unknown): SluiceError {
  const message = error instanceof Error ? error.message : "";
  const said = (systemCode(error) ?? message).split("\n")[0]!.slice(0, 200);
  const hint = hints.find(([pattern]) => pattern.test(message))?.[1];
  return new SluiceError("redis", `Redis can't be used: ${said || "the connection was closed"}`, {
    hint: hint ?? "Does Redis run, and is it reached at REDIS_HOST and REDIS_PORT? It is tried again.",
    exitCode: 1,
  });
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/NOAUTH|WRONGPASS|AUTH/, "Is REDIS_PASSWORD what requirepass in redis.conf says?"],
  [/larger than/, "Whoever may write into it has put something there that is no build: look at its keys."],
  [/OOM|MISCONF|READONLY/, "Redis accepts no writes: look at its memory, its disk and its log."],
];
