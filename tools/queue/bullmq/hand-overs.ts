import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { z } from "zod";
import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import { connectionOptions, prefix, redisTrouble } from "./connection.ts";
import type { RedisAddress } from "./redis-address.ts";

/** A schedule that somebody hands to the manager. It asks; what a package is, main says. */
export interface HandOver {
  /** REPO_NAME of the workspace; undefined: whichever it is. */
  readonly source?: string | undefined;
  /** BUILD_REPO, the repository that it is for. */
  readonly target: string;
  readonly arch: string;
  /** The commit that it comes from; the manager waits until main has it. */
  readonly commit?: string | undefined;
  readonly pipeline?: string | undefined;
  /** None: main is to be looked at, say since packages were removed. */
  readonly packages: readonly { readonly pkgbase: string; readonly class: string | null }[];
}

const short = z.string().min(1).max(200);

const schema: z.ZodType<HandOver> = z.strictObject({
  source: short.optional(),
  target: short,
  arch: short,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .optional(),
  pipeline: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  packages: z
    .array(z.strictObject({ pkgbase: z.string().refine(isPkgbase), class: short.nullable() }))
    .max(100_000),
});

/** A list; whoever hands over adds to its end. */
const key = `${prefix}:hand-overs`;

/** A hundred thousand packages have room in it. */
export const maxHandOverBytes = 8 * 2 ** 20;

/** @throws SluiceError `redis`, `hand-over` */
export async function sendHandOver(address: RedisAddress, handOver: HandOver): Promise<void> {
  const text = JSON.stringify(handOver);
  if (Buffer.byteLength(text) > maxHandOverBytes) {
    throw new SluiceError(
      "hand-over",
      `a schedule of more than ${maxHandOverBytes} bytes can't be handed over`,
      {
        hint: "Hand over fewer packages at a time.",
      },
    );
  }
  const redis = await open(address);
  let trouble: Error | undefined;
  redis.on("error", (error: Error) => (trouble ??= error));
  try {
    await redis.connect();
    await redis.rpush(key, text);
  } catch (error) {
    throw redisTrouble(trouble ?? error);
  } finally {
    redis.disconnect();
  }
}

export interface HandOverTaker {
  close(): Promise<void>;
}

/**
 * Takes what is handed over, one after the other. Anybody with Redis' password may have put it there, so nothing is
 * read that is too large. It stays in Redis until it is dealt with.
 *
 * @param take resolves once it is dealt with; where it rejects, that is reported and tried again for an hour, unless it
 *   isn't for this manager
 */
export async function takeHandOvers(
  address: RedisAddress,
  take: (handOver: HandOver) => Promise<void>,
  troubled: (error: unknown) => void,
): Promise<HandOverTaker> {
  const redis = await open(address);
  const over = new AbortController();
  const { signal } = over;
  const ended = new Promise<"ended">((resolve) => signal.addEventListener("abort", () => resolve("ended")));
  /** What waits for something, by its digest: since when, in milliseconds. */
  const waiting = new Map<string, number>();

  /** Whether it is done with. */
  async function dealWith(text: string): Promise<boolean> {
    const handOver = read(text);
    if (!handOver) return true;
    const digest = createHash("sha256").update(text).digest("hex");
    try {
      await take(handOver);
    } catch (error) {
      troubled(error);
      const since = waiting.get(digest) ?? performance.now();
      waiting.set(digest, since);
      const isForOthers = error instanceof SluiceError && error.code === "hand-over";
      if (!isForOthers && performance.now() - since < waitMs) return false;
    }
    waiting.delete(digest);
    return true;
  }

  async function takeAll(): Promise<void> {
    for (let at = 0; at < mostWaiting && !signal.aborted;) {
      const text = (await redis.eval(readNext, 1, key, at, maxHandOverBytes)) as string | number | null;
      if (text === null) return;
      if (typeof text === "number") {
        troubled(new SluiceError("hand-over", `what was handed over is refused: it has ${text} bytes`));
        continue;
      }
      const isDone = await Promise.race([dealWith(text), ended]);
      if (isDone === true) await redis.lrem(key, 1, text);
      else at++;
    }
  }

  const running = (async () => {
    await redis.connect().catch(() => undefined);
    while (!signal.aborted) {
      await takeAll().catch((error: unknown) => troubled(redisTrouble(error)));
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    close: async () => {
      over.abort();
      redis.disconnect();
      await running;
    },
  };
}

const lookEveryMs = 2000;

/** For a commit that main doesn't have yet. */
const waitMs = 3600_000;

/** As many are tried again; what comes after them waits until one of them is done with. */
const mostWaiting = 100;

/** The text at that place; a number where it is larger than that and was taken out. What isn't a list is deleted. */
const readNext = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'list' then
  redis.call('DEL', KEYS[1])
  return false
end
local text = redis.call('LINDEX', KEYS[1], ARGV[1])
if not text or #text <= tonumber(ARGV[2]) then return text end
redis.call('LSET', KEYS[1], ARGV[1], '')
redis.call('LREM', KEYS[1], 0, '')
return #text
`;

function read(text: string): HandOver | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function open(address: RedisAddress): Promise<Redis> {
  const { Redis } = await import("ioredis");
  const redis = new Redis({ ...(await connectionOptions(address, false)), lazyConnect: true });
  // Each command's own promise says what went wrong.
  redis.on("error", () => undefined);
  return redis;
}
