import { expect, test } from "vitest";
import { inOneLine, SluiceError, systemCode } from "./errors.ts";

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

test("what happened and what to do next are two sentences, where there is one line for both", () => {
  expect(inOneLine({ message: "no commit 1a2b", hint: "Push it." })).toBe("no commit 1a2b. Push it.");
  expect(inOneLine({ message: "The disk is full.", hint: "Make room." })).toBe(
    "The disk is full. Make room.",
  );
  expect(inOneLine({ message: "it is away", hint: undefined })).toBe("it is away");
});
