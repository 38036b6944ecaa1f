import { expect, test } from "vitest";
import { logTail } from "./log-tail.ts";

function said(...chunks: readonly (string | Buffer)[]): string {
  const log = logTail();
  for (const chunk of chunks) log.write(Buffer.from(chunk as string));
  return log.text();
}

test.each([
  ["colours and cursor movements", "\u001b[31mred\u001b[0m\u0008\r\nnext", "[31mred[0m\nnext"],
  ["text that would run backwards", "a\u202Eb\u200B", "ab"],
  [
    "GitHub's commands",
    "::add-mask::x\n  ::error::y\n##[set-env]z",
    ": :add-mask::x\n  : :error::y\n## [set-env]z",
  ],
  ["hidden GitHub commands", "\u0000::add-mask::x", ": :add-mask::x"],
  [
    "plain text",
    "\tfetched 1.2::3 from https://example.org\n",
    "\tfetched 1.2::3 from https://example.org\n",
  ],
])("a log with %s can be shown anywhere", (_, text, shown) => {
  expect(said(text)).toBe(shown);
});

test("a character that comes in two parts is whole", () => {
  const bytes = Buffer.from("ü");
  expect(said(bytes.subarray(0, 1), bytes.subarray(1))).toBe("ü");
});

test("of an endless log the end is kept, and it says so", () => {
  const text = said(...Array.from({ length: 100 }, () => "x".repeat(10_000)), "the end");
  expect(text.length).toBeLessThan(66_000);
  expect(text).toMatch(/^… \(the beginning is left out\)\nx+the end$/);
});
