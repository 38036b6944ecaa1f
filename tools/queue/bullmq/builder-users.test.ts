import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { RedisServer } from "../../../test/world/redis.ts";
import { openBuilderUsers, type BuilderUsers } from "./builder-users.ts";
import { sendHandOver } from "./hand-overs.ts";
import { openOffers, takeOffers, type Offer } from "./offers.ts";
import { redisAddress, type RedisAddress } from "./redis-address.ts";

const missing = missingPrograms("redis-server", "redis-cli").join(", ");
const token = "the-token-of-attic";
const digest = createHash("sha256").update(token).digest("hex");

describe.skipIf(missing !== "")(`a builder's own user of Redis (needs ${missing || "nothing more"})`, () => {
  let redis: RedisServer;
  let users: BuilderUsers;
  let attic: RedisAddress;
  const unexpected: Error[] = [];
  const troubled = (error: Error): void => void unexpected.push(error);
  beforeAll(async () => {
    redis = await RedisServer.start();
    const address = redisAddress(redis.env)!;
    users = openBuilderUsers(address, ["x86_64", "aarch64"], troubled);
    await users.keep(new Map([["attic", digest]]));
    attic = { ...address, username: "sluice-attic", password: token };
  });
  afterAll(async () => {
    users.close();
    await redis.close();
  });

  function asAttic(...args: string[]): string {
    return redis.commandAs({ user: "sluice-attic", password: token }, ...args);
  }

  test("takes what is offered, one after the other", async () => {
    const offers = await openOffers(redisAddress(redis.env)!, troubled);
    const made = [1, 2, 3].map((build) => ({ build, losses: 0 }));
    await offers.offer("x86_64.2", made);
    const taken: Offer[] = [];
    const all = new AbortController();
    const taker = await takeOffers(attic, {
      lines: ["x86_64.2", "aarch64.attic"],
      atOnce: 1,
      // Stalled offers are looked for meanwhile.
      lockMs: 200,
      troubled,
      take: async (offer) => void (taken.push(offer) === made.length && all.abort()),
    });
    while (!all.signal.aborted) await sleep(50);
    await taker.close();
    await offers.close();
    expect(taken).toEqual(made);
    expect(unexpected).toEqual([]);
  });

  test("hands over nothing, and reaches nothing else", async () => {
    const handOver = { target: "test", arch: "x86_64", packages: [] };
    await expect(sendHandOver(attic, handOver)).rejects.toMatchObject({
      code: "redis",
      message: expect.stringContaining("NOPERM"),
    });
    const refused = [
      ["HSET", "sluice:hand-over:1", "data", "{}"],
      ["EVAL", "return redis.call('LPUSH', 'sluice:hand-over:wait', '1')", "0"],
      ["EVAL", "return redis.call('GET', KEYS[1])", "1", "somebody-elses"],
      ["FLUSHALL"],
      ["KEYS", "*"],
      ["SCAN", "0"],
      ["CONFIG", "SET", "requirepass", ""],
      ["ACL", "LIST"],
      ["CLIENT", "LIST"],
      ["FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('x', function() return 1 end)"],
      ["PUBLISH", "anything", "x"],
      ["SHUTDOWN"],
    ];
    for (const command of refused) expect(asAttic(...command)).toMatch(/NOPERM|can't access/);
  });

  test("is there again after Redis ended, and gone with the builder", async () => {
    await redis.kill();
    await redis.start();
    while (!redis.command("ACL", "USERS").includes("sluice-attic")) {
      await sleep(50);
      await users.keep(new Map([["attic", digest]]));
    }
    expect(asAttic("PING")).toBe("PONG");
    await users.keep(new Map());
    expect(asAttic("PING")).toMatch(/WRONGPASS|NOAUTH/);
  });
});
