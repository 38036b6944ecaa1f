import type { RedisOptions } from "bullmq";
import { SluiceError, systemCode } from "../../errors.ts";
import type { RedisAddress } from "./redis-address.ts";

/** All keys in Redis begin with it. */
export const prefix = "sluice";

/** For BullMQ, which opens the connections itself. `patient`: waits for Redis to come back instead of failing. */
export function connectionOptions(address: RedisAddress, patient: boolean): RedisOptions {
  const { host, port, tls, username, password, socket } = address;
  return {
    ...(socket === undefined ? { host, port, ...(tls && { tls: {} }) } : { path: socket }),
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
  [/OOM|MISCONF|READONLY/, "Redis accepts no writes: look at its memory, its disk and its log."],
];
