import { expect, test } from "vitest";
import { SluiceError, systemCode } from "./errors.ts";

test("an expected error carries what, where and the next step", () => {
  const error = new SluiceError("no-tag", "no tag `scheduled`", {
    hint: "run sluice on-commit",
    facts: { path: "x" },
  });
  expect(error).toMatchObject({
    code: "no-tag",
    hint: "run sluice on-commit",
    facts: { path: "x" },
    exitCode: 2,
  });
});

test("a system error's code is found, and nothing is guessed for other values", () => {
  expect(systemCode(Object.assign(new Error("gone"), { code: "ENOENT" }))).toBe("ENOENT");
  expect(systemCode("ENOENT")).toBeUndefined();
});
