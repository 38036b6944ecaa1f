import { expect, test } from "vitest";
import { judge } from "../../tools/gate/judge.ts";
import { bumped, context, filesOf } from "./recipes.ts";

test.each([
  ["a line of a megabyte", `_x='${"curl ".repeat(180_000)}'`],
  ["many words on many lines", "_x=1 # cat |\n".repeat(60_000)],
  ["many sources full of versions", `_y=(${`'${"14.1.0 ".repeat(60)}' `.repeat(2_000)})`],
  [
    "many variables, each made of the next, and code",
    `${Array.from({ length: 20_000 }, (_, at) => `_v${at}=$_v${at + 1}`).join("\n")}\n_v20000=x\ntrue $_v0`,
  ],
  ["quotes that never pair", `# ${"'\"".repeat(100_000)}`],
  ["letters of many scripts", `# ${"a\u0430".repeat(100_000)}`],
])("%s is judged in a few seconds", (_, text) => {
  const after = `${bumped("rust")}\n${text}\n`;
  const started = performance.now();
  judge({ pkgbase: "riptool", before: filesOf("rust"), after: filesOf("rust", after) }, context);
  expect(performance.now() - started).toBeLessThan(10_000);
});
