import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { timeoutSignal } from "./timeout-signal.ts";

test("a timeout in a composed signal aborts it, whatever was collected meanwhile", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const aborted = new Set<number>();
  for (let n = 0; n < 20; n++) {
    const composed = AbortSignal.any([new AbortController().signal, timeoutSignal(100)]);
    composed.addEventListener("abort", () => aborted.add(n));
  }
  await setTimeout(20);
  collect();
  await setTimeout(500);
  expect(aborted.size).toBe(20);
});
