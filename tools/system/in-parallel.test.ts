import { expect, test } from "vitest";
import { inParallel } from "./in-parallel.ts";

test("work runs as many at a time as is allowed, and results keep their order", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([3, 1, 2, 0], 2, async (item, index) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running--;
    return `${index}: ${item}`;
  });
  expect(results).toEqual(["0: 3", "1: 1", "2: 2", "3: 0"]);
  expect(most).toBe(2);
});

test("after a failure nothing is begun, and what was begun is waited for", async () => {
  const begun: string[] = [];
  const ended: string[] = [];
  const result = inParallel(["a", "bad", "c", "d"], 2, async (item) => {
    begun.push(item);
    if (item === "bad") throw new Error("bad");
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(item);
  });
  await expect(result).rejects.toThrow("bad");
  expect({ begun, ended }).toEqual({ begun: ["a", "bad"], ended: ["a"] });
});
