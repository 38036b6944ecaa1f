import { readFileSync } from "node:fs";
import { join } from "node:path";
import glob from "fast-glob";
import { expect, test } from "vitest";
import { rules } from "./rules.ts";

// A rule is written beside its check; here it is seen that none is missing where all are listed.

const gate = join(import.meta.dirname, "..");
const files = glob.sync("**/*.ts", { cwd: gate, ignore: ["**/*.test.ts"] });
const tables = files.flatMap((file) => {
  const text = readFileSync(join(gate, file), "utf8");
  return [...text.matchAll(/= \{\n((?:(?!^\}).*\n)*)\} as const satisfies Rules;$/gm)].map(
    ([, table = ""]) => table,
  );
});
const names = tables.flatMap((table) =>
  [...table.matchAll(/^ {2}"?([\w-]+)"?: \{$/gm)].map(([, name]) => name),
);

test("every rule of every file is in the list, and none is there twice", () => {
  expect(names.length).toBeGreaterThan(50);
  expect(names.toSorted()).toEqual(Object.keys(rules).toSorted());
});
