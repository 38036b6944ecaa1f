import { describe, expect, test } from "vitest";
import type { LogSource } from "../source.ts";
import { causeOf, failures } from "./failures.ts";
import { logIndexes } from "./log-index.ts";
import { partOf } from "./log-part.ts";
import { logSearch } from "./log-search.ts";

/** A log that counts what is read of it. */
function logOf(...texts: readonly string[]): LogSource & { grow(text: string): void; bytesRead: number } {
  let bytes = Buffer.from(texts.join(""));
  return {
    bytesRead: 0,
    grow(text) {
      bytes = Buffer.concat([bytes, Buffer.from(text)]);
    },
    size: async () => bytes.length,
    async read(from, length) {
      this.bytesRead += Math.min(length, Math.max(0, bytes.length - from));
      return bytes.subarray(from, from + length);
    },
    times: async () => [],
    async *follow() {
      yield bytes;
    },
  };
}

const numbered = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, n) => `line ${n + from}\n`).join("");

describe("a log's index", () => {
  test("knows phases and errors by their lines, and what was read isn't read again", async () => {
    const log = logOf(
      ":: begun\n==> Starting build()...\n\u001b[1m==> \u001b[0mMaking\n",
      "a.c:1: error: x\nno terror\n",
    );
    const indexes = logIndexes();
    const index = await indexes.of(1, log);
    expect(index.phases.map(({ line, text }) => [line, text])).toEqual([
      [2, "==> Starting build()..."],
      [3, "==> Making"],
    ]);
    expect(index.errors).toEqual([{ line: 4, offset: expect.any(Number), text: "a.c:1: error: x" }]);
    const before = log.bytesRead;
    log.grow("make: *** [all] Error 1\nunfinished");
    const grown = await indexes.of(1, log);
    expect([grown.lines, grown.errors.at(-1)?.line, log.bytesRead - before < 50]).toEqual([6, 6, true]);
  });

  const long = numbered(60_000);
  test.each([1, 99, 1000, 1001, 60_000])("finds line %i among many, and the end", async (line) => {
    const log = logOf(long);
    const index = await logIndexes().of(1, log);
    const part = await partOf(log, index, line);
    expect(part.lines[line - part.first]?.pieces).toEqual([[`line ${line}`, ""]]);
    const end = await partOf(log, index, undefined);
    expect([end.lines.at(-1)?.pieces[0]?.[0], end.first + end.lines.length - 1]).toEqual([
      "line 60000",
      60_000,
    ]);
  });

  test("a line without end neither stops it nor is kept", async () => {
    const log = logOf("x".repeat(3_000_000), "\nerror: here\n");
    const index = await logIndexes().of(1, log);
    expect([index.lines, index.errors.map(({ line }) => line)]).toEqual([2, [2]]);
  });

  test("of a hundred logs that are asked for together a few are read at once", async () => {
    let [reading, most] = [0, 0];
    const log = logOf(numbered(10));
    const counted = {
      ...log,
      read: async (from: number, length: number) => {
        most = Math.max(most, ++reading);
        await new Promise((resolve) => setImmediate(resolve));
        reading--;
        return log.read(from, length);
      },
    };
    const indexes = logIndexes();
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => indexes.of(n, counted)));
    expect([most, new Set(all.map(({ lines }) => lines))]).toEqual([4, new Set([10])]);
  });

  test("a search finds lines whatever their capitals, with their numbers", async () => {
    const log = logOf(long, "Größe NEEDLE\n", numbered(10));
    const index = await logIndexes().of(1, log);
    const { hits } = await logSearch()(log, index, "größe needle", new AbortController().signal);
    expect(hits.map(({ line, text }) => [line, text])).toEqual([[60_001, "Größe NEEDLE"]]);
  });

  test("a search ends when whoever asked has gone", async () => {
    const gone = new AbortController();
    let reads = 0;
    const log = logOf(numbered(300_000));
    const left = {
      ...log,
      read: async (from: number, length: number) => {
        if (++reads === 3) gone.abort();
        return log.read(from, length);
      },
    };
    const searching = logSearch()(left, await logIndexes().of(1, log), "none", gone.signal);
    await expect(searching).rejects.toMatchObject({ name: "AbortError" });
    expect(reads).toBe(3);
  });

  test("of 150 searches at once two run, twenty wait, and the others are told to come again", async () => {
    let [running, most] = [0, 0];
    const log = logOf(numbered(1000));
    const counted = {
      ...log,
      read: async (from: number, length: number) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return log.read(from, length);
      },
    };
    const search = logSearch();
    const index = await logIndexes().of(1, log);
    const signal = new AbortController().signal;
    const all = await Promise.allSettled(
      Array.from({ length: 150 }, () => search(counted, index, "line", signal)),
    );
    const refused = all.filter(({ status }) => status === "rejected");
    expect([most, refused.length]).toEqual([2, 128]);
    expect(refused[0]).toMatchObject({ reason: { statusCode: 503 } });
    expect((await search(counted, index, "line", signal)).hits).toHaveLength(100);
  });
});

describe("what a failed build says", () => {
  test("is its first error and the lines around it", async () => {
    const log = logOf(numbered(50), "main.c:1: error: no\n", numbered(50, 51), ":: failed: it ended.\n");
    const failure = await failures({ log: async () => log }, logIndexes())(1);
    expect(failure).toEqual({
      error: "main.c:1: error: no",
      line: 48,
      lines: ["line 48", "line 49", "line 50", "main.c:1: error: no", "line 51", "line 52", "line 53"],
    });
  });

  test.each([
    ["/build/foo/src/a.c:12: error: no <x.h>", "foo", "/build/bar/src/b.c:3: error: no <x.h>", "bar"],
    ["foo-1.2: error: 404", "foo", "bar-3.4: error: 404", "bar"],
  ])("%j of %s is the same cause as %j of %s", (a, foo, b, bar) => {
    expect(causeOf(a, foo)).toBe(causeOf(b, bar));
  });
});
