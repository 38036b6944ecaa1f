import { expect, test } from "vitest";
import { replyMeter } from "./reply-meter.ts";

const long = "x".repeat(90);

/** Whether it is found to be too large, however it comes in pieces. */
function isTooLarge(answers: string): boolean[] {
  return [1, 7, answers.length].map((length) => {
    const meter = replyMeter(100);
    const bytes = Buffer.from(answers);
    const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
      bytes.subarray(at * length, (at + 1) * length),
    );
    return pieces.map(meter).includes(true);
  });
}

test.each([
  ["small answers, however many", "+OK\r\n".repeat(100)],
  ["texts of the largest size, one after the other", `$90\r\n${long}\r\n`.repeat(5)],
  ["lists of texts", "*2\r\n$3\r\nfoo\r\n*1\r\n:7\r\n".repeat(20)],
  ["nothing, in both versions", "*0\r\n$-1\r\n*-1\r\n_\r\n".repeat(20)],
  ["maps, sets, and what is told unasked", "%1\r\n+a\r\n:1\r\n~1\r\n,1.5\r\n>1\r\n+b\r\n".repeat(20)],
  ["what is said about an answer before it", "|1\r\n+ttl\r\n:3600\r\n$3\r\nfoo\r\n".repeat(20)],
  ["a text that looks like an answer", `$40\r\n*9999\r\n$9999\r\n${"y".repeat(26)}\r\n`.repeat(20)],
])("%s: there is room for that", (_what, answers) => {
  expect(isTooLarge(answers)).toEqual([false, false, false]);
});

test.each([
  ["a text", `$300\r\n${long}${long}`],
  ["a list of texts that are small", `*9\r\n${`$20\r\n${"z".repeat(20)}\r\n`.repeat(6)}`],
  ["a map in a list", `*1\r\n%9\r\n${"+key\r\n+value\r\n".repeat(9)}`],
  ["an error", `-ERR ${long}${long}`],
  ["a long list of nothing", `*99\r\n${"_\r\n".repeat(50)}`],
  ["something after many small answers", `${"+OK\r\n".repeat(50)}$200\r\n${long}${long}`],
])("%s that is too large is found before its end", (_what, answers) => {
  expect(isTooLarge(answers)).toEqual([true, true, true]);
});
