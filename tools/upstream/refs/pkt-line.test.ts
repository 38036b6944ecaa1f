import { expect, test } from "vitest";
import { NotGit, packet, readPackets } from "./pkt-line.ts";

test("lines and marks are read as they were written", () => {
  const text = `${packet("command=ls-refs")}0001${packet("ü")}00000002`;
  expect(text).toBe("0014command=ls-refs\n00010007ü\n00000002");
  expect(readPackets(Buffer.from(text))).toEqual([
    { kind: "line", text: "command=ls-refs" },
    { kind: "delimiter" },
    { kind: "line", text: "ü" },
    { kind: "flush" },
    { kind: "end" },
  ]);
});

test.each(["<htm", "000", "0003", "0009abc", "00zz", "fff1", "+004", "0x04", "-001"])(
  "%s is refused",
  (text) => {
    expect(() => readPackets(Buffer.from(text))).toThrow(NotGit);
  },
);
