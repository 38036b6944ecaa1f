import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { RedisServer } from "../../../test/world/redis.ts";
import { SluiceError } from "../../errors.ts";
import { sendHandOver, takeHandOvers, type HandOver, type HandOverTaker } from "./hand-overs.ts";
import { redisAddress, type RedisAddress } from "./redis-address.ts";

const missing = missingPrograms("redis-server", "redis-cli").join(", ");
const key = "sluice:hand-overs";

const handOver = (pkgbase: string): HandOver => ({
  target: "test",
  arch: "x86_64",
  packages: [{ pkgbase, class: null }],
});

describe.skipIf(missing !== "")(`what is handed over (needs ${missing || "nothing more"})`, () => {
  let redis: RedisServer;
  let address: RedisAddress;
  let taker: HandOverTaker | undefined;
  let troubles: string[] = [];
  const troubled = (error: unknown): void => void troubles.push(String(error));
  beforeAll(async () => {
    redis = await RedisServer.start();
    address = redisAddress(redis.env)!;
  });
  afterEach(async () => {
    await taker?.close();
    redis.command("FLUSHALL");
    troubles = [];
  });
  afterAll(() => redis.close());

  /** Resolves with the packages that were taken once it is so many. */
  async function taken(count: number, take: (pkgbase: string) => void = () => undefined): Promise<string[]> {
    const found: string[] = [];
    taker = await takeHandOvers(
      address,
      async ({ packages: [first] }) => {
        take(first!.pkgbase);
        found.push(first!.pkgbase);
      },
      troubled,
    );
    while (found.length < count || redis.command("LLEN", key) !== "0") await sleep(20);
    return found;
  }

  const sent = (): number => Number(/total_net_output_bytes:(\d+)/.exec(redis.command("INFO", "stats"))![1]);

  test("is taken in its order, and what can't be dealt with yet is tried again, before nobody", async () => {
    for (const pkgbase of ["one", "early", "others", "two"]) await sendHandOver(address, handOver(pkgbase));
    let isEarly = true;
    const found = await taken(3, (pkgbase) => {
      if (pkgbase === "others") throw new SluiceError("hand-over", "it isn't for this manager");
      if (pkgbase === "early" && isEarly) {
        isEarly = false;
        throw new SluiceError("hand-over-early", "main doesn't have it yet");
      }
    });
    expect(found).toEqual(["one", "two", "early"]);
    expect(troubles).toEqual([expect.stringMatching(/have it yet/), expect.stringMatching(/isn't for this/)]);
  });

  test("and is larger than any schedule is taken out of Redis and not read", async () => {
    const fill = "for _ = 1, 3 do redis.call('RPUSH', KEYS[1], string.rep('x', 20 * 1024 * 1024)) end";
    redis.command("EVAL", fill, "1", key);
    await sendHandOver(address, handOver("small"));
    const before = sent();
    expect(await taken(1)).toEqual(["small"]);
    expect(sent() - before).toBeLessThan(2 ** 20);
    expect(troubles).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/20971520 bytes/)));
  });

  test.each([
    ["no list", ["SET", key, "garbage"]],
    ["no JSON", ["RPUSH", key, "{", ""]],
    ["no schedule", ["RPUSH", key, '{"target":"test"}', "[]", "null", '{"__proto__":{"packages":[]}}']],
    ["shell syntax", ["RPUSH", key, JSON.stringify(handOver("$(touch pwned)"))]],
  ])("and is %s is passed over", async (_what, command) => {
    redis.command(...command);
    const found = taken(1);
    await sleep(0);
    while (redis.command("EXISTS", key) !== "0") await sleep(20);
    await sendHandOver(address, handOver("real"));
    expect(await found).toEqual(["real"]);
    expect(troubles).toEqual([]);
  });

  test("is refused where it is made when it is too large", async () => {
    const packages = Array.from({ length: 300_000 }, (_, at) => ({ pkgbase: `package-${at}`, class: null }));
    await expect(sendHandOver(address, { ...handOver("x"), packages })).rejects.toThrow(/8388608 bytes/);
  });
});
