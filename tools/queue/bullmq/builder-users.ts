import type { Redis } from "ioredis";
import type { SluiceError } from "../../errors.ts";
import { connectionOptions, prefix, redisTrouble } from "./connection.ts";
import type { RedisAddress } from "./redis-address.ts";

/** Redis' user of a builder; its password is the builder's token. */
export function builderUser(name: string): string {
  return `${userPrefix}${name}`;
}

const userPrefix = `${prefix}-`;

export interface BuilderUsers {
  /** Lets these in and nobody else of that kind. Says the same thing only once, and after Redis was away again. */
  keep(builders: ReadonlyMap<string, string>): Promise<void>;
  close(): void;
}

/**
 * Users of Redis for builders, which may take offers, and neither hand over schedules nor see anything else. Redis
 * forgets them when it ends.
 *
 * @param archs what is offered to builders for
 * @param troubled where this Redis has no such users, or its own user may not make any: builders then need the
 *   manager's password
 */
export function openBuilderUsers(
  address: RedisAddress,
  archs: readonly string[],
  troubled: (error: SluiceError) => void,
): BuilderUsers {
  let client: Redis | undefined;
  let kept: ReadonlyMap<string, string> | undefined;

  async function connect(): Promise<Redis> {
    const { Redis } = await import("ioredis");
    const fresh = new Redis(await connectionOptions(address, false));
    // Who offers says what is wrong with the connection.
    fresh.on("error", () => undefined);
    fresh.on("close", () => (kept = undefined));
    await new Promise((resolve) => fresh.once("ready", resolve).once("close", resolve));
    return fresh;
  }

  async function write(redis: Redis, builders: ReadonlyMap<string, string>): Promise<void> {
    const wanted = new Set([...builders.keys()].map(builderUser));
    const users = (await redis.call("ACL", "USERS")) as string[];
    const others = users.filter((user) => user.startsWith(userPrefix) && !wanted.has(user));
    if (others.length > 0) await redis.call("ACL", "DELUSER", ...others);
    for (const [name, digest] of builders) {
      await redis.call("ACL", "SETUSER", builderUser(name), ...rulesOf(digest, archs));
    }
  }

  return {
    async keep(builders) {
      if (kept && sameEntries(kept, builders)) return;
      client ??= await connect();
      if (client.status !== "ready") return;
      kept = builders;
      try {
        await write(client, builders);
      } catch (error) {
        kept = undefined;
        troubled(redisTrouble(error));
      }
    },
    close: () => client?.disconnect(),
  };
}

/** @param digest SHA-256 of the password, hexadecimal: Redis keeps it like that, too */
function rulesOf(digest: string, archs: readonly string[]): string[] {
  return ["reset", "on", `#${digest}`, ...archs.map((arch) => `~${prefix}:${arch}.*`), ...commands];
}

/** What BullMQ's worker uses, in its scripts as well; nothing that is about the server or about other keys. */
const commands = (
  "+@read +@write +@connection -@dangerous -@keyspace -@admin -@scripting " +
  "+del +exists +type +pttl +expire +pexpire +unlink +persist +rename " +
  "+eval +evalsha +script|load +time +info +client|setname"
).split(" ");

function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, digest]) => b.get(name) === digest);
}
